import AssayModel

// Whether the program says "the documents do not answer this" exactly when they do not. Precision and recall are defined
// a sample at a time, each applicable only where its denominator counts, so that the mean over the run is the value.

extension MetricEntry {
    static let abstentionAccuracy = abstention(
        "abstention_accuracy",
        summary: "Whether the answer abstains exactly when the question is unanswerable",
        formula: "1 if abstained = unanswerable, else 0"
    ) { .scored($0 == $1 ? 1 : 0) }

    static let abstentionPrecision = abstention(
        "abstention_precision",
        summary: "Share of the abstentions that are right",
        formula: "answers that abstain: 1 if the question is unanswerable, else 0; the mean is the precision"
    ) { abstained, unanswerable in
        abstained ? .scored(unanswerable ? 1 : 0) : .notApplicable(reason: "the answer does not abstain")
    }

    static let abstentionRecall = abstention(
        "abstention_recall",
        summary: "Share of the unanswerable questions on which the answer abstains",
        formula: "unanswerable questions: 1 if the answer abstains, else 0; the mean is the recall"
    ) { abstained, unanswerable in
        unanswerable ? .scored(abstained ? 1 : 0) : .notApplicable(reason: "the question is answerable")
    }

    static let abstentionRate = MetricEntry(
        name: "abstention_rate",
        summary: "Share of the answers that abstain, where nobody knows which questions can be answered",
        formula: "1 if the answer abstains, else 0",
        needs: [.answer],
        higherIsBetter: false
    ) { _, _ in
        { sample, _ in MetricResult(.scored(sample.answer?.abstained == true ? 1 : 0)) }
    }

    private static func abstention(
        _ name: String,
        summary: String,
        formula: String,
        score: @escaping @Sendable (_ abstained: Bool, _ unanswerable: Bool) -> Score
    ) -> MetricEntry {
        .pure(name, summary: summary, formula: formula, needs: [.answer]) { sample, _ in
            MetricResult(score(sample.answer?.abstained ?? false, sample.question.isUnanswerable))
        }
    }
}
