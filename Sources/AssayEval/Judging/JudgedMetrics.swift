package import AssayModel

// The judged metrics of Ragas in corrected form: verdicts are 0 or 1 and as many as asked for, nothing is added to a
// denominator, nothing is rounded, and a reply that is cut or misshapen is not scored instead of half scored.

extension MetricEntry {
    static let faithfulness = judged(
        "faithfulness",
        summary: "Share of the answer's statements that the passages of the prompt support",
        formula:
            "statements of the answer that the context supports / statements of the answer; abstentions: not applicable; "
            + "Ragas Faithfulness, corrected; prompts split-statements/1, verify-statements/1",
        needs: [.answer, .judge]
    ) { options in try StatementMetric.faithfulness(&options).score }

    static let contextRecall = judged(
        "context_recall",
        summary: "Share of the reference's statements that the passages of the prompt support",
        formula:
            "statements of the reference that the context supports / statements of the reference; Ragas ContextRecall, "
            + "corrected; prompts split-statements/1, verify-statements/1",
        needs: [.reference, .judge]
    ) { options in try StatementMetric.contextRecall(&options).score }

    static let contextPrecision = judged(
        "context_precision",
        summary: "Whether the useful passages of the prompt stand before the others",
        formula: "sum over useful passages of useful share up to its rank / useful passages, 0 with none; Ragas "
            + "ContextPrecision with reference, corrected; prompt rate-passage/1",
        needs: [.reference, .judge]
    ) { options in try ContextPrecision(&options).score }

    static let answerRelevancy = judged(
        "answer_relevancy",
        summary: "Closeness of the question to questions that the answer would answer",
        formula: "mean cosine of the question and questions made from the answer, not clipped, 0 if all are flagged "
            + "noncommittal or the answer abstains; right abstentions: not applicable; Ragas AnswerRelevancy, corrected; prompt "
            + "ask-back/1",
        range: -1...1,
        needs: [.answer, .judge, .similarity]
    ) { options in try AnswerRelevancy(&options).score }

    static func judged(
        _ name: String,
        summary: String,
        formula: String,
        range: ClosedRange<Double> = 0...1,
        needs: Set<MetricNeed>,
        make: @escaping @Sendable (inout OptionReader) throws -> JudgedScoring
    ) -> MetricEntry {
        MetricEntry(name: name, summary: summary, formula: formula, range: range, needs: needs) { _, options in
            let scoring = try make(&options)
            return { sample, tools in
                guard let judge = tools.judge else {
                    return MetricResult(.notScored(reason: "this run has no judge"))
                }
                let session = JudgeSession(judge: judge, panel: tools.panel, asking: tools.asking)
                do {
                    return try await scoring(sample, session, tools).adding(session.votes)
                } catch let refusal as JudgeSession.Refusal {
                    return MetricResult(.notScored(reason: refusal.reason))
                }
            }
        }
    }
}

/// How a judged metric scores; throws `JudgeSession.Refusal` for what is not scored.
typealias JudgedScoring = @Sendable (Sample, JudgeSession, MetricTools) async throws -> MetricResult

extension Sample {
    /// The texts of the passages in the prompt; nil when the record does not hold one of them.
    var contextTexts: [String]? {
        let texts = context.map(\.text)
        return texts.contains { $0.allSatisfy(\.isWhitespace) } ? nil : texts
    }
}

extension MetricResult {
    static let contextMissing = MetricResult(.notScored(reason: "the record lacks the text of a passage of the prompt"))
}

extension Metric {
    /// This metric, defined as one whose verdicts are asked for in this way: a graded score is another measure than a counted one.
    package func asked(by asking: JudgeAsking) -> any Metric {
        guard asking == .logprob, definition.needs.contains(.judge) else { return self }
        var definition = definition
        definition.formula += "; verdicts are probabilities of one token (yes against no)"
        return AskedMetric(definition: definition, base: self)
    }
}

/// A metric under a definition that says how its judge is asked.
private struct AskedMetric: Metric {
    let definition: MetricDefinition
    let base: any Metric

    func score(_ sample: Sample, tools: MetricTools) async throws -> MetricResult {
        try await base.score(sample, tools: tools)
    }
}
