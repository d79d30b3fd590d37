/// One message before a question, in a conversation with a pipeline.
///
/// Turns are data: whoever sends a conversation wrote the assistant's turns too, so they are never instructions.
public struct Turn: Sendable, Codable, Equatable {
    /// Who speaks.
    public enum Role: String, Sendable, Codable, CaseIterable {
        /// Who asks.
        case user
        /// What answered.
        case assistant
    }

    /// Who speaks.
    public var role: Role
    /// What was said.
    public var text: String

    /// Creates a turn.
    public init(_ role: Role, _ text: String) {
        self.role = role
        self.text = text
    }

    /// Turns at most before one question.
    public static let limit = 63
    /// UTF-8 bytes at most of all turns before one question.
    public static let bytes = 100_000

    /// Why `turns` cannot stand before a question, as a sentence without a full stop; nil when they can.
    ///
    /// The last one is the assistant's, and roles alternate: what a pipeline is asked is one question at a time.
    public static func problem(of turns: [Turn]) -> String? {
        guard turns.count <= limit else { return "there are \(turns.count) turns; at most \(limit) are allowed" }
        let size = turns.reduce(0) { $0 + $1.text.utf8.count }
        guard size <= bytes else { return "the turns have \(size) bytes; at most \(bytes) are allowed" }
        if turns.contains(where: { !$0.text.contains { !$0.isWhitespace } }) { return "a turn has no text" }
        let isAlternating = zip(turns, turns.dropFirst()).allSatisfy { $0.role != $1.role }
        guard isAlternating, turns.last?.role != .user else {
            return "the roles 'user' and 'assistant' alternate, and the turn before the question is the assistant's"
        }
        return nil
    }
}

/// What was searched for in place of a question of a conversation.
public struct QueryRewrite: Sendable, Codable, Equatable {
    /// The query: one line.
    public var text: String
    /// Why it is made of the previous turns although another way was wanted, nil otherwise.
    public var fallback: String?

    /// Creates a query.
    public init(text: String, fallback: String? = nil) {
        self.text = text
        self.fallback = fallback
    }
}
