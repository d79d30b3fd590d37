package import AssayModel

/// Puts the user's last questions before this one: no model, and a search that knows what the conversation is about.
///
/// More turns find more of what is left unsaid and more of what is no longer asked: a question that changes the topic gets worse.
///
/// Older questions are left out until the query fits its 2,000 bytes. What the assistant said is left out always: it is long, and
/// wrong where an answer was.
///
/// Options: `turns` (1...20, 1): questions of the user that are put before this one.
package struct PreviousTurns: QueryRewriter {
    package static let name = "previous"
    package static let version = 1
    package static let summary = "The user's last questions before this one, without a model"

    private let turns: Int

    /// Reads `turns`.
    package init(options: inout OptionReader, resources: Resources) throws {
        turns = try options.int("turns", default: 1, in: 1...20)
    }

    init(turns: Int) {
        self.turns = turns
    }

    package var engine: String? { nil }
    package var prompt: String? { nil }
    package var estimatedTokens: Int { 0 }

    /// Nothing is asked.
    package func request(_ question: String, after history: [Turn], safe: (String) -> String) -> ChatRequest? { nil }

    /// The questions in one line, oldest first.
    package func query(_ question: String, after history: [Turn], reply: RewriteReply?) -> QueryRewrite {
        guard !ConversationText.standsAlone(question, history) else { return QueryRewrite(text: question) }
        let asked = ConversationText.line(question)
        var parts = [asked]
        var size = asked.utf8.count
        for turn in history.reversed() where turn.role == .user && parts.count <= turns {
            let text = ConversationText.line(turn.text)
            guard !text.isEmpty else { continue }
            size += text.utf8.count + 1
            guard size <= ConversationText.queryBytes else { break }
            parts.append(text)
        }
        let text = parts.reversed().filter { !$0.isEmpty }.joined(separator: " ")
        // A question and turns of nothing that can be seen: the caller refuses such, the law holds nevertheless.
        return QueryRewrite(text: text.isEmpty ? "?" : text)
    }
}
