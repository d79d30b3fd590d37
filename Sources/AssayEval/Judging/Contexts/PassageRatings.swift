import AssayModel

/// Average precision over passages that are rated one by one.
enum PassageRatings {
    /// Ragas's formulas, with and without reference.
    static let compat: [MetricMode: String] = [
        .legacy:
            "sum over k of v_k (sum of v up to k) / k, divided by (sum of v + 1e-10), v = 1 for any verdict other than 0; 0 "
            + "without passages; Ragas 0.4.3 LLMContextPrecision; prompt ragas-rate-passage/2",
        .collections:
            "sum over k of v_k (sum of v up to k) / k, divided by (sum of v + 1e-10), v = the raw verdict; without "
            + "passages not scored; Ragas 0.4.3 collections ContextPrecision; prompt ragas-rate-passage/2",
    ]

    /// Sum over the ranks of what is found there times the share found so far, over what is found in all.
    ///
    /// - Parameters:
    ///   - found: What is found at each rank, 0 or more.
    ///   - epsilon: Added to the denominator, as Ragas does; it keeps 1 out of reach.
    /// - Returns: 0 when nothing is found.
    static func averagePrecision(_ found: [Double], epsilon: Double = 0) -> Double {
        var soFar = 0.0
        var sum = 0.0
        for (index, value) in found.enumerated() {
            soFar += value
            sum += value * soFar / Double(index + 1)
        }
        return soFar == 0 ? 0 : sum / (soFar + epsilon)
    }

    /// As Ragas asks and scores.
    ///
    /// - Parameters:
    ///   - sample: The sample.
    ///   - target: What a useful passage helps to reach: the reference, or the answer.
    ///   - mode: A compat mode.
    ///   - judge: Whom to ask.
    /// - Returns: The score; not scored where Ragas refuses.
    /// - Throws: `JudgeSession.Refusal` for a reply that cannot be read; what the judge throws.
    static func ragas(
        _ sample: Sample,
        against target: String,
        _ mode: MetricMode,
        _ judge: JudgeSession
    ) async throws -> MetricResult {
        guard let passages = sample.recordedContextTexts else { return .contextMissing }
        if passages.isEmpty {
            return mode == .legacy ? MetricResult(.scored(0)) : .refusedByRagas("a sample without contexts")
        }
        var found: [Double] = []
        for passage in passages {
            let prompt = JudgePrompt.ratePassage(
                passage,
                question: sample.question.question,
                reference: target,
                reasons: true
            )
            let schema = ReplySchema.mapping([
                "reason": .text(maxLength: JudgePrompt.reasonLength, optional: true), "verdict": .loose,
            ])
            let verdict = try await judge.ask(prompt.loosened(schema)) { reply throws(StrictJSON.Fault) in
                try RagasReply.whole(reply["verdict"])
            }
            found.append(Double(mode == .legacy ? min(1, verdict) : verdict))
        }
        return MetricResult(
            .scored(averagePrecision(found, epsilon: 1e-10)),
            details: [
                "passages": .array(
                    zip(sample.context, found).map { ["chunk": .string($0.id), "verdict": .double($1)] }
                )
            ]
        )
    }
}
