/// A score of a judge or a detector beside a person's label of the same answer.
package struct ScoredLabel: Sendable, Equatable {
    /// The score, from 0 to 1.
    package var score: Double
    /// The label on the scale of the people: 0 or 1, or a whole-number grade.
    package var label: Double
    /// Rows of one source document share a cluster: they are not independent.
    package var cluster: Int

    /// Creates a pair.
    package init(score: Double, label: Double, cluster: Int) {
        self.score = score
        self.label = label
        self.cluster = cluster
    }
}

/// A value with its 95 % interval.
package struct Estimate: Sendable, Codable, Equatable {
    /// The value.
    package var value: Double
    /// Lower end, nil where there is no interval.
    package var low: Double?
    /// Upper end.
    package var high: Double?

    /// Creates an estimate.
    package init(value: Double, low: Double? = nil, high: Double? = nil) {
        self.value = value
        self.low = low
        self.high = high
    }
}
