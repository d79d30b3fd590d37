import AssayModel

/// A mean of people's labels, estimated from few labels and many scores of a judge.
///
/// PPI++ for means (Angelopoulos, Duchi, Zrnic 2023, "PPI++: Efficient Prediction-Powered Inference"):
/// θ = λ · mean of the scores of the unlabelled rows + mean over the labelled rows of (label − λ · score). Whatever the judge is worth,
/// θ estimates the mean of the labels; a good judge makes its interval short. λ is chosen to make the variance smallest,
/// λ = Cov(label, score) / ((1 + n / N) · Var(score)), kept within 0…1; with λ = 0 the unlabelled rows are not used at all.
package struct PredictionPoweredMean: Sendable, Codable, Equatable {
    /// The corrected mean.
    package var mean: Estimate
    /// The mean of the labels alone, with its interval.
    package var labelledOnly: Estimate
    /// The uncorrected mean of all scores.
    package var judged: Double
    /// How far the judge is believed, from 0 to 1.
    package var lambda: Double
    /// Labelled rows.
    package var labelled: Int
    /// Rows with a score alone.
    package var unlabelled: Int

    /// Estimates a mean; labels and scores are on one scale; nil with fewer than two rows of either part.
    ///
    /// The rows of both parts are draws from one population, independent of each other. Intervals are by Student's t with n − 1
    /// degrees of freedom.
    ///
    /// - Parameters:
    ///   - labelled: Rows with a label and a score, at least two.
    ///   - unlabelled: Scores of rows without a label, at least two.
    package init?(labelled: [(label: Double, score: Double)], unlabelled: [Double]) {
        guard labelled.count > 1, unlabelled.count > 1 else { return nil }
        let n = Double(labelled.count)
        let m = Double(unlabelled.count)
        let labels = labelled.map(\.label)
        let scores = labelled.map(\.score)
        let pooled = Self.moments(scores + unlabelled).variance
        let (labelMean, scoreMean) = (Self.moments(labels).mean, Self.moments(scores).mean)
        let covariance =
            zip(labels, scores).reduce(0) { $0 + ($1.0 - labelMean) * ($1.1 - scoreMean) } / (n - 1)
        lambda = pooled > 0 ? min(1, max(0, covariance / ((1 + n / m) * pooled))) : 0
        let rectified = Self.moments(zip(labels, scores).map { [lambda] in $0 - lambda * $1 })
        let judgedPart = Self.moments(unlabelled)
        let t = StudentT.quantile(0.975, freedom: n - 1)
        let error = (lambda * lambda * judgedPart.variance / m + rectified.variance / n).squareRoot()
        let centre = lambda * judgedPart.mean + rectified.mean
        mean = Estimate(value: centre, low: centre - t * error, high: centre + t * error)
        let plain = (Self.moments(labels).variance / n).squareRoot()
        labelledOnly = Estimate(value: labelMean, low: labelMean - t * plain, high: labelMean + t * plain)
        judged = Self.moments(scores + unlabelled).mean
        self.labelled = labelled.count
        self.unlabelled = unlabelled.count
    }

    private static func moments(_ values: [Double]) -> (mean: Double, variance: Double) {
        let mean = values.reduce(0, +) / Double(values.count)
        return (mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1))
    }
}
