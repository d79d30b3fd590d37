import AssayModel

/// Splits texts into statements and checks the statements against other texts, in the way of a mode.
///
/// A text is split by a call of its own, which is the same whatever it is checked against, so that the metrics that need it
/// share the call through the journal.
struct StatementChecker: Sendable {
    let mode: MetricMode
    /// Statements at most; a full list may be a cut one and is not scored.
    let limit: Int
    /// Whether the judge gives reasons.
    let reasons: Bool

    init(mode: MetricMode, limit: Int, reasons: Bool) {
        self.mode = mode
        self.limit = limit
        self.reasons = reasons
    }

    /// Options: `statements`, most statements of a text (32); `reasons`, whether the judge says why (true).
    init(_ options: inout OptionReader, _ mode: MetricMode) throws {
        self.init(
            mode: mode,
            limit: try options.int("statements", default: 32, in: 2...100),
            reasons: try options.bool("reasons", default: true)
        )
    }

    /// The statements of a text; in corrected mode each said once.
    ///
    /// - Throws: `JudgeSession.Refusal` when the list is full or the judge gives none that can be read.
    func split(_ text: String, question: String, _ judge: JudgeSession) async throws -> [String] {
        let prompt = JudgePrompt.splitStatements(question: question, text: text, limit: limit)
        guard mode == .corrected else {
            return try await judge.ask(prompt) { reply throws(StrictJSON.Fault) in RagasReply.texts(reply, "statements")
            }
        }
        let statements = try await judge.ask(prompt) { reply throws(StrictJSON.Fault) in
            try JudgeReplyParser.texts(reply, "statements")
        }
        guard statements.count < limit else {
            throw JudgeSession.Refusal(reason: "the list of statements is full (\(limit)), so it may be cut")
        }
        return statements
    }

    /// Whether each statement is supported by the passages together.
    ///
    /// In corrected mode there is one verdict a statement, and without statements or passages nobody is asked. In compat modes there
    /// are as many verdicts as the judge returned.
    func verdicts(_ statements: [String], passages: [String], _ judge: JudgeSession) async throws -> [Verdict] {
        guard mode == .corrected else {
            let context = passages.joined(separator: "\n")
            return try await judge.ask(.ragasNLI(statements, context: context)) { reply throws(StrictJSON.Fault) in
                try RagasReply.wholes(reply, "statements", "verdict").map { Verdict(holds: $0 != 0, reason: nil) }
            }
        }
        if statements.isEmpty || passages.isEmpty { return statements.map { _ in Verdict(holds: false, reason: nil) } }
        return try await judge.verdicts(
            .verifyStatements(statements, passages: passages, reasons: reasons),
            each: statements.map { .verifyStatement($0, passages: passages) }
        )
    }
}
