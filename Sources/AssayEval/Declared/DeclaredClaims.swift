import AssayModel

extension DeclaredKind {
    /// `claims: answer|reference`, `against: context|reference|answer|question`: the share of the text's statements that the other
    /// text supports; `statements`, most of them (32); `reasons` (true).
    static let claims = DeclaredKind(key: "claims") { options, _ in
        let subject = try options.string("claims", oneOf: ["answer", "reference"])
        let evidence = try options.string(
            "against",
            oneOf: SampleField.allCases.map(\.rawValue).filter { $0 != subject }
        )
        let limit = try options.int("statements", default: 32, in: 2...100)
        let reasons = try options.bool("reasons", default: true)
        guard let text = SampleField(rawValue: subject), let against = SampleField(rawValue: evidence) else {
            throw AssayError("config.value", "\(options.owner) names no field", at: options.place)
        }
        return .init(
            summary: "Declared: share of the \(subject)'s statements that the \(evidence) supports",
            formula:
                "statements of the \(subject) that the \(evidence) supports / statements of the \(subject); prompts "
                + "split-statements/1, verify-statements\(reasons ? "" : "-short")/1",
            needs: SampleField.needs([text, against]).union([.judge]),
            scoring: judged { sample, judge in
                guard let evidence = against.texts(sample) else { return .contextMissing }
                let subject = text.texts(sample)?.first ?? ""
                if text == .answer, sample.answer?.abstained == true {
                    return MetricResult(.notApplicable(reason: "the answer abstains"))
                }
                guard !subject.allSatisfy(\.isWhitespace) else {
                    return MetricResult(.notScored(reason: "the \(text.rawValue) is blank"))
                }
                let question = sample.question.question
                let split = JudgePrompt.splitStatements(question: question, text: subject, limit: limit)
                let statements = try await judge.ask(split) { reply throws(StrictJSON.Fault) in
                    try JudgeReplyParser.texts(reply, "statements")
                }
                guard (1..<limit).contains(statements.count) else {
                    let reason =
                        statements.isEmpty
                        ? "the judge found no statement in the text"
                        : "the list of statements is full (\(limit)), so it may be cut"
                    return MetricResult(.notScored(reason: reason))
                }
                let passages = evidence.filter { !$0.allSatisfy(\.isWhitespace) }
                // Without evidence nothing is supported: no need to ask.
                let verdicts =
                    passages.isEmpty
                    ? statements.map { _ in Verdict(holds: false, reason: nil) }
                    : try await judge.verdicts(
                        .verifyStatements(statements, passages: passages, reasons: reasons),
                        each: statements.map { .verifyStatement($0, passages: passages) }
                    )
                let details = zip(statements, verdicts).map { $1.json(["statement": .string($0)]) }
                return MetricResult(
                    .scored(verdicts.reduce(0) { $0 + $1.value } / Double(verdicts.count)),
                    details: ["statements": .array(details)]
                )
            }
        )
    }
}
