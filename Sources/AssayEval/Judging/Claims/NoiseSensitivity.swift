import AssayModel

/// How much of the answer is wrong because a passage misled it; lower is better.
struct NoiseSensitivity: Sendable {
    let checker: StatementChecker
    let count: @Sendable (ClaimTable) -> [Bool]

    var score: JudgedScoring {
        { sample, judge, _ in
            let isCorrected = checker.mode == .corrected
            if isCorrected, sample.answer?.abstained == true { return .abstains }
            if isCorrected, sample.answer?.text.isBlank == true { return .blankAnswer }
            guard let passages = isCorrected ? sample.contextTexts : sample.recordedContextTexts else {
                return .contextMissing
            }
            if passages.isEmpty {
                return isCorrected
                    ? MetricResult(.notApplicable(reason: "the prompt has no passage"))
                    : .refusedByRagas("a sample without contexts")
            }
            let table = try await ClaimTable(.noise, of: sample, passages: passages, checker, judge)
            guard !table.answer.isEmpty else {
                return isCorrected
                    ? MetricResult(.notScored(reason: "the judge found no statement in the text"))
                    : .ragasNaN("the judge found no statement in the answer")
            }
            guard table.isComplete, table.answerInReference.count == table.answer.count else {
                return .ragasNaN("the lists of verdicts are of unequal length")
            }
            let share = count(table).share ?? 0
            return MetricResult(.scored(share), details: table.details)
        }
    }
}

extension MetricEntry {
    static let noiseSensitivityRelevant = noiseSensitivity(
        "noise_sensitivity_relevant",
        summary: "Share of the answer's statements that are wrong and come from relevant passages",
        which: "a relevant passage does"
    ) { $0.noiseOfRelevant }

    static let noiseSensitivityIrrelevant = noiseSensitivity(
        "noise_sensitivity_irrelevant",
        summary: "Share of the answer's statements that are wrong and come from irrelevant passages",
        which: "only irrelevant passages do"
    ) { $0.noiseOfIrrelevant }

    private static func noiseSensitivity(
        _ name: String,
        summary: String,
        which: String,
        count: @escaping @Sendable (ClaimTable) -> [Bool]
    ) -> MetricEntry {
        let formula =
            "statements of the answer that the reference does not support and \(which) / statements of the answer; relevant = "
            + "supports a statement of the reference, each passage judged alone; "
        return judged(
            name,
            summary: summary,
            formula: formula + "Ragas NoiseSensitivity, corrected; prompts split-statements/1, verify-statements/2",
            compat: .both(
                formula + "lists of unequal length: not scored (NaN); Ragas 0.4.3 NoiseSensitivity; prompts "
                    + "split-statements/1, ragas-nli/1"
            ),
            higherIsBetter: false,
            needs: [.answer, .reference, .judge]
        ) { options, mode in
            NoiseSensitivity(checker: try StatementChecker(&options, mode), count: count).score
        }
    }
}
