import AssayModel

/// Average precision of the prompt's passages, each judged alone, so that no verdict depends on a neighbour or on its place.
struct ContextPrecision: Sendable {
    let reasons: Bool
    let mode: MetricMode

    /// Option: `reasons`, whether the judge says why (true).
    init(_ options: inout OptionReader, _ mode: MetricMode) throws {
        self.mode = mode
        reasons = try options.bool("reasons", default: true)
    }

    var score: JudgedScoring {
        { sample, judge, _ in
            guard mode == .corrected else {
                return try await PassageRatings.ragas(sample, against: sample.question.reference, mode, judge)
            }
            guard let passages = sample.contextTexts else { return .contextMissing }
            guard !passages.isEmpty else { return MetricResult(.scored(0)) }
            var verdicts: [Verdict] = []
            for passage in passages {
                let prompt = JudgePrompt.ratePassage(
                    passage,
                    question: sample.question.question,
                    reference: sample.question.reference,
                    reasons: reasons
                )
                let token = TokenPrompt.ratePassage(
                    passage,
                    question: sample.question.question,
                    reference: sample.question.reference
                )
                verdicts.append(try await judge.verdict(prompt, token: token))
            }
            let details = zip(sample.context, verdicts).map { $1.json(["chunk": .string($0.id)]) }
            return MetricResult(
                .scored(PassageRatings.averagePrecision(verdicts.map(\.value))),
                details: ["passages": .array(details)]
            )
        }
    }
}
