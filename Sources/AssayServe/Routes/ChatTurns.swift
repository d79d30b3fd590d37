import AssayModel

/// The messages of a request: the turns before a question, and the question.
///
/// All of it is data. An assistant's turn is what the client says that the service answered: nobody checks it, so it never becomes an
/// instruction, and never more than a line of the prompt that rewrites the question.
struct ChatTurns: Equatable {
    /// Oldest first, empty for a single question.
    var history: [Turn]
    var question: String

    /// Messages at most, the question included.
    static let limit = Turn.limit + 1

    /// Reads messages.
    ///
    /// - Parameters:
    ///   - messages: In OpenAI's form.
    ///   - rewrites: Whether the pipeline has a stage that rewrites questions; without it only one question is taken.
    ///   - field: Name of the field, for errors.
    ///   - kinds: Types of parts that are text.
    /// - Throws: `Failure` 400.
    init(
        _ messages: [JSONValue],
        rewrites: Bool,
        field: String = "messages",
        kinds: Set<String> = ["text"]
    ) throws(Failure) {
        guard let last = messages.last else { throw .badRequest("'\(field)' is missing or empty", param: field) }
        for message in messages {
            let role = message["role"]?.stringValue ?? ""
            if role == "system" || role == "developer" {
                throw Self.unsupported(
                    "the pipeline has its own instructions: send no message with the role '\(role)'",
                    field
                )
            }
        }
        guard rewrites || messages.count == 1 else {
            throw Self.unsupported(
                "each request is one question: send one message with the role 'user' (this pipeline takes no conversations; a section "
                    + "'rewrite' in its file allows them)",
                field
            )
        }
        guard messages.count <= Self.limit else {
            throw Self.unsupported("a conversation has at most \(Self.limit) messages, the question included", field)
        }
        guard last["role"]?.stringValue == "user" else {
            throw Self.unsupported("the last message is the question, with the role 'user'", field)
        }
        question = try Self.text(last["content"], field, kinds)
        guard question.utf8.count <= 20_000 else {
            throw .badRequest("a question has at most 20,000 bytes", code: "ask.question", param: field)
        }
        var turns: [Turn] = []
        for message in messages.dropLast() {
            guard let role = message["role"]?.stringValue.flatMap(Turn.Role.init(rawValue:)) else {
                throw Self.unsupported("the roles of a conversation are 'user' and 'assistant'", field)
            }
            if let calls = message["tool_calls"], calls != .null, calls != [] {
                throw Self.unsupported("there are no tools: a message has text only", field)
            }
            turns.append(Turn(role, try Self.text(message["content"], field, kinds)))
        }
        if let problem = Turn.problem(of: turns) {
            throw .badRequest("the messages are no conversation: \(problem)", code: "ask.history", param: field)
        }
        history = turns
    }

    private static func text(_ content: JSONValue?, _ field: String, _ kinds: Set<String>) throws(Failure) -> String {
        var text = content?.stringValue ?? ""
        for part in content?.arrayValue ?? [] {
            guard let kind = part["type"]?.stringValue, kinds.contains(kind), let piece = part["text"]?.stringValue
            else {
                let names = kinds.sorted().map { "'\($0)'" }.joined(separator: " and ")
                throw .badRequest(
                    "a message has parts of type \(names) only",
                    code: "unsupported_content",
                    param: field
                )
            }
            text += piece
        }
        guard text.contains(where: { !$0.isWhitespace }) else {
            throw .badRequest("the message has no text", param: field)
        }
        return text
    }

    private static func unsupported(_ message: String, _ field: String) -> Failure {
        .badRequest(message, code: "unsupported_message", param: field)
    }
}
