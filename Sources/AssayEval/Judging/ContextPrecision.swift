import AssayModel

/// Average precision of the prompt's passages, each judged alone, so that no verdict depends on a neighbour or on its place.
struct ContextPrecision: Sendable {
    let reasons: Bool

    /// Option: `reasons`, whether the judge says why (true).
    init(_ options: inout OptionReader) throws {
        reasons = try options.bool("reasons", default: true)
    }

    var score: JudgedScoring {
        { sample, judge, _ in
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
                .scored(Self.averagePrecision(verdicts.map(\.value))),
                details: ["passages": .array(details)]
            )
        }
    }

    /// Mean over the useful places of the useful share up to there, each place weighted by how useful it is; 0 without any.
    static func averagePrecision(_ useful: [Double]) -> Double {
        var found = 0.0
        var sum = 0.0
        for (index, weight) in useful.enumerated() where weight > 0 {
            found += weight
            sum += weight * found / Double(index + 1)
        }
        return found == 0 ? 0 : sum / found
    }
}
