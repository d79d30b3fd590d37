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

    /// Trains a model whose every feature counts in its own direction.
    ///
    /// Features overlap, so a free fit gives some of them weights of the wrong sign that hold for the corruptions and nowhere else. The
    /// one with the largest such weight is left out and the rest is trained again until none is left.
    ///
    /// - Parameters:
    ///   - rows: Features.
    ///   - labels: Whether the passages support the answer; both must occur.
    ///   - ridge: Strength of the penalty on standardised features.
    package init(training rows: [SupportFeatures], labels: [Bool], ridge: Double = 1) {
        let count = Double(rows.count)
        let signs = SupportFeatures.directions.map(\.sign)
        let means = signs.indices.map { place in rows.reduce(0) { $0 + $1.values[place] } / count }
        let deviations = signs.indices.map { place in
            let squares = rows.reduce(0) { $0 + ($1.values[place] - means[place]) * ($1.values[place] - means[place]) }
            return max((squares / count).squareRoot(), 1e-9)
        }
        self.means = means
        self.deviations = deviations
        var used = Array(signs.indices)
        while true {
            let model = LogisticRegression(
                rows: rows.map { row in used.map { (row.values[$0] - means[$0]) / deviations[$0] } },
                labels: labels,
                ridge: ridge
            )
            let wrong = used.indices.filter { model.weights[$0] * signs[used[$0]] < 0 }
            if let worst = wrong.max(by: { abs(model.weights[$0]) < abs(model.weights[$1]) }) {
                used.remove(at: worst)
                continue
            }
            var weights = [Double](repeating: 0, count: signs.count)
            for (place, weight) in zip(used, model.weights) { weights[place] = weight }
            regression = LogisticRegression(weights: weights, intercept: model.intercept)
            return
        }
    }

    /// Probability that the passages support the answer, where supported and unsupported answers are equally common.
    package func probability(_ features: SupportFeatures) -> Double {
        regression.probability(
            features.values.indices.map { (features.values[$0] - means[$0]) / deviations[$0] }
        )
    }
}
