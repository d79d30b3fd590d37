package import AssayModel

/// How two runs are compared.
package struct ComparisonOptions: Sendable {
    /// Which parts of the questions are compared on their own.
    package enum Slicing: Sendable, Equatable {
        /// By first tag, which names the kind.
        case kind
        /// By every tag; a question may be in several slices.
        case tags
        /// Questions with this tag, and the rest.
        case tag(String)
    }

    /// How intervals of the difference are made.
    package var interval: MetricComparison.IntervalMethod = .student
    /// Share of false alarms that all tests together may have.
    package var level = 0.05
    /// Seed of random flips and bootstrap samples.
    package var seed: UInt64 = 1
    /// Random flips of the permutation test where they cannot all be counted out.
    package var flips = 9_999
    /// Bootstrap samples.
    package var resamples = 9_999
    /// Slices, nil for none.
    package var slicing: Slicing?
    /// Whether runs over different versions of a corpus are compared: sound only where the change of the corpus is part of the question.
    package var acrossCorpora = false
    /// Further runs of the baseline's spec; scores are averaged by question.
    package var baselineReplicates: [RunResults] = []
    /// Further runs of the candidate's spec.
    package var candidateReplicates: [RunResults] = []

    /// The defaults.
    package init() {}
}
