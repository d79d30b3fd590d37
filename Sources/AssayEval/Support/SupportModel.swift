/// The detector of unsupported answers: a logistic model over `SupportFeatures`.
package struct SupportModel: Sendable, Equatable {
    /// Mean of each feature over the training rows.
    package let means: [Double]
    /// Standard deviation of each feature over the training rows.
    package let deviations: [Double]
    /// The model over standardised features.
    package let regression: LogisticRegression

    /// Creates a model from checked-in coefficients.
    package init(means: [Double], deviations: [Double], weights: [Double], intercept: Double) {
        self.means = means
        self.deviations = deviations
        regression = LogisticRegression(weights: weights, intercept: intercept)
    }

    /// Trains a model.
    ///
    /// - Parameters:
    ///   - rows: Features.
    ///   - labels: Whether the passages support the answer; both must occur.
    ///   - ridge: Strength of the penalty on standardised features.
    package init(training rows: [SupportFeatures], labels: [Bool], ridge: Double = 1) {
        let count = Double(rows.count)
        let width = SupportFeatures.names.count
        let means = (0..<width).map { place in rows.reduce(0) { $0 + $1.values[place] } / count }
        let deviations = (0..<width).map { place in
            let squares = rows.reduce(0) { $0 + ($1.values[place] - means[place]) * ($1.values[place] - means[place]) }
            return max((squares / count).squareRoot(), 1e-9)
        }
        self.means = means
        self.deviations = deviations
        regression = LogisticRegression(
            rows: rows.map { row in (0..<width).map { (row.values[$0] - means[$0]) / deviations[$0] } },
            labels: labels,
            ridge: ridge
        )
    }

    /// Probability that the passages support the answer, where supported and unsupported answers are equally common.
    package func probability(_ features: SupportFeatures) -> Double {
        regression.probability(
            features.values.indices.map { (features.values[$0] - means[$0]) / deviations[$0] }
        )
    }
}
