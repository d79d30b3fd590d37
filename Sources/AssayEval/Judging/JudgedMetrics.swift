package import AssayModel

// The judged metrics of Ragas in corrected form: verdicts are 0 or 1 and as many as asked for, nothing is added to a
// denominator, nothing is rounded, and a reply that is cut or misshapen is not scored instead of half scored.

extension MetricEntry {
    static let faithfulness = judged(
        "faithfulness",
        summary: "Share of the answer's statements that the passages of the prompt support",
        formula:
            "statements of the answer that the context supports / statements of the answer; abstentions: not applicable; "
            + "Ragas Faithfulness, corrected; prompts split-statements/1, verify-statements/2",
        compat: .both(
            "verdicts other than 0 / verdicts returned, not the statements sent; no statement or no verdict: not scored (NaN); "
                + "Ragas 0.4.3 Faithfulness; prompts split-statements/1, ragas-nli/1"
        ),
        needs: [.answer, .judge]
    ) { options, mode in try StatementMetric.faithfulness(&options, mode).score }

    static let contextRecall = judged(
        "context_recall",
        summary: "Share of the reference's statements that the passages of the prompt support",
        formula:
            "statements of the reference that the context supports / statements of the reference; Ragas ContextRecall, "
            + "corrected; prompts split-statements/1, verify-statements/2",
        compat: [
            .legacy:
                "verdicts other than 0 / verdicts returned, split and judged in one reply; none: not scored (NaN); Ragas 0.4.3 "
                + "LLMContextRecall; prompt ragas-attribute/1",
            .collections:
                "sum of the raw verdicts / verdicts returned, split and judged in one reply; none: not scored (NaN); "
                + "Ragas 0.4.3 collections ContextRecall; prompt ragas-attribute/1",
        ],
        needs: [.reference, .judge],
        refine: MetricDefinition.widening(.collections)
    ) { options, mode in try StatementMetric.contextRecall(&options, mode).score }

    static let contextPrecision = judged(
        "context_precision",
        summary: "Whether the useful passages of the prompt stand before the others",
        formula: "sum over useful passages of useful share up to its rank / useful passages, 0 with none; Ragas "
            + "ContextPrecision with reference, corrected; prompt rate-passage/2",
        compat: PassageRatings.compat,
        needs: [.reference, .judge],
        refine: MetricDefinition.widening(.collections)
    ) { options, mode in try ContextPrecision(&options, mode).score }

    static let answerRelevancy = judged(
        "answer_relevancy",
        summary: "Closeness of the question to questions that the answer would answer",
        formula: "mean cosine of the question and questions made from the answer, not clipped, 0 if all are flagged "
            + "noncommittal or the answer abstains; right abstentions: not applicable; Ragas AnswerRelevancy, corrected; prompt "
            + "ask-back/1",
        compat: [
            .legacy:
                "mean cosine of the question and each generated question, one call each, 0 if all are flagged; a question that "
                + "is empty has no vector, so the row is not scored (NaN); Ragas 0.4.3 ResponseRelevancy; prompt ragas-ask-back/2",
            .collections:
                "mean cosine of the question and the generated questions that are not empty, one call each, 0 if all "
                + "these are flagged or all are empty; Ragas 0.4.3 collections AnswerRelevancy; prompt ragas-ask-back/2",
        ],
        range: -1...1,
        needs: [.answer, .judge, .similarity]
    ) { options, mode in try AnswerRelevancy(&options, mode).score }

    /// The line of a metric that asks a judge; with formulas of other modes (`compat`) it has the option `mode`, which is read first.
    static func judged(
        _ name: String,
        summary: String,
        formula: String,
        compat: [MetricMode: String] = [:],
        range: ClosedRange<Double> = 0...1,
        higherIsBetter: Bool = true,
        needs: Set<MetricNeed>,
        refine: @escaping Refinement = { _, _ in },
        make: @escaping @Sendable (inout OptionReader, MetricMode) throws -> JudgedScoring
    ) -> MetricEntry {
        MetricEntry(
            name: name,
            summary: summary,
            formula: formula,
            range: range,
            needs: needs,
            compat: compat,
            higherIsBetter: higherIsBetter,
            refine: refine
        ) { _, options in
            let scoring = try make(&options, try MetricMode.read(&options, among: compat))
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
