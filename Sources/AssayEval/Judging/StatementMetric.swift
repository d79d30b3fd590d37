import AssayModel

/// The share of a text's statements that the context supports: of the answer (faithfulness), of the reference (context recall).
struct StatementMetric: Sendable {
    /// Whose statements they are.
    enum Subject: Sendable {
        case answer
        case reference
    }

    let subject: Subject
    /// Statements at most; a full list may be a cut one and is not scored.
    let limit: Int
    /// Whether the judge gives reasons: better verdicts of small judges, for some more tokens.
    let reasons: Bool

    static func faithfulness(_ options: inout OptionReader) throws -> StatementMetric {
        try StatementMetric(.answer, &options)
    }

    static func contextRecall(_ options: inout OptionReader) throws -> StatementMetric {
        try StatementMetric(.reference, &options)
    }

    /// Options: `statements`, most statements of a text (32); `reasons`, whether the judge says why (true).
    private init(_ subject: Subject, _ options: inout OptionReader) throws {
        self.subject = subject
        limit = try options.int("statements", default: 32, in: 2...100)
        reasons = try options.bool("reasons", default: true)
    }

    var score: JudgedScoring {
        { sample, judge, _ in
            let text = subject == .answer ? sample.answer?.text ?? "" : sample.question.reference
            if subject == .answer, sample.answer?.abstained == true {
                return MetricResult(.notApplicable(reason: "the answer abstains"))
            }
            guard !text.allSatisfy(\.isWhitespace) else {
                return MetricResult(.notScored(reason: "the answer is blank"))
            }
            guard let passages = sample.contextTexts else { return .contextMissing }
            let split = JudgePrompt.splitStatements(question: sample.question.question, text: text, limit: limit)
            let statements = try await judge.ask(split) { reply throws(StrictJSON.Fault) in
                try JudgeReplyParser.texts(reply, "statements")
            }
            guard !statements.isEmpty else {
                return MetricResult(.notScored(reason: "the judge found no statement in the text"))
            }
            guard statements.count < limit else {
                return MetricResult(.notScored(reason: "the list of statements is full (\(limit)), so it may be cut"))
            }
            return try await verified(statements, passages, judge)
        }
    }

    private func verified(
        _ statements: [String],
        _ passages: [String],
        _ judge: JudgeSession
    ) async throws -> MetricResult {
        // Without passages nothing is supported: no need to ask.
        let verdicts =
            passages.isEmpty
            ? statements.map { _ in Verdict(holds: false, reason: nil) }
            : try await judge.verdicts(
                .verifyStatements(statements, passages: passages, reasons: reasons),
                each: statements.map { .verifyStatement($0, passages: passages) }
            )
        let supported = verdicts.reduce(0) { $0 + $1.value }
        let details = zip(statements, verdicts).map { statement, verdict in
            verdict.json(["statement": .string(statement)])
        }
        return MetricResult(
            .scored(supported / Double(verdicts.count)),
            details: ["statements": .array(details)]
        )
    }
}

extension Verdict {
    /// The verdict beside what it is about.
    func json(_ about: [String: JSONValue] = [:]) -> JSONValue {
        var members = about
        members["verdict"] = .int(holds ? 1 : 0)
        if let reason { members["reason"] = .string(reason) }
        if let probability { members["probability"] = .double(probability) }
        return .object(members)
    }
}
