/// One question of a run.
public struct QuestionResult: Sendable, Codable, Equatable {
    /// Question, ranked list, answer.
    public var sample: Sample
    /// Results by metric name.
    public var scores: [String: MetricResult]
    /// Why the answer is missing although it was asked for, nil otherwise.
    public var failure: String?
    /// Where a question went wrong, nil when it did not or cannot be said.
    public var attribution: FailureAttribution?

    /// Creates a row.
    public init(
        sample: Sample,
        scores: [String: MetricResult] = [:],
        failure: String? = nil,
        attribution: FailureAttribution? = nil
    ) {
        self.sample = sample
        self.scores = scores
        self.failure = failure
        self.attribution = attribution
    }
}

/// The first place on the way from corpus to answer where a question went wrong.
public enum FailureAttribution: String, Sendable, Codable, CaseIterable {
    /// The corpus does not hold the evidence.
    case notInCorpus = "not_in_corpus"
    /// The evidence is there, but not among the passages of the prompt.
    case notRetrieved = "not_retrieved"
    /// The evidence was in the prompt, the answer does not use it.
    case notUsed = "retrieved_not_used"
    /// The answer uses it and is wrong.
    case usedWrong = "used_wrong"
    /// The judge gave no usable verdict.
    case judgeFailed = "judge_failed"
}
