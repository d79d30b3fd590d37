import AssayModel

/// How many questions an evalset must have for a wanted effect to be shown.
///
/// Two-sided at 5 %, with 80 % power: effect = (t₀.₉₇₅ + t₀.₈) · SE with C − 1 degrees of freedom, C clusters; the standard error falls
/// with the root of the number of questions as long as clusters keep their size (Cohen 1988, ch. 2; cluster-robust SE as in
/// `ClusteredMean`).
package struct RequiredSize: Sendable, Equatable {
    /// What the standard error rests on.
    package enum Basis: Sendable, Equatable {
        /// The differences of two runs, question by question.
        case differences
        /// The scores of one run; two runs are taken to correlate by this much.
        case scores(correlation: Double)
        /// Nothing known: a metric of 0 or 1 with mean one half, and the same assumptions.
        case worstCase(correlation: Double)
    }

    /// Questions behind the standard error.
    package let questions: Int
    /// Clusters behind it.
    package let clusters: Int
    /// Standard error of a difference of two runs.
    package let standardError: Double
    /// What it rests on.
    package let basis: Basis

    /// From scores of one run, or differences of two; nil below two clusters, or when all values are equal.
    ///
    /// - Parameters:
    ///   - values: One a question.
    ///   - clusters: The cluster of each.
    ///   - basis: `.differences`, or `.scores` with the correlation to assume.
    package init?(_ values: [Double], clusters: [Int], basis: Basis) {
        guard let mean = ClusteredMean(values, clusters: clusters), let error = mean.standardError, error > 0 else {
            return nil
        }
        self.init(mean, error: error, basis: basis)
    }

    private init(_ mean: ClusteredMean, error: Double, basis: Basis) {
        questions = mean.count
        clusters = mean.clusters
        self.basis = basis
        switch basis {
        case .differences: standardError = error
        case .scores(let correlation), .worstCase(let correlation):
            standardError = error * (2 * (1 - correlation)).squareRoot()
        }
    }

    /// For an evalset without a run: a metric of 0 or 1 with mean one half, whose intra-cluster correlation is `icc`; nil below two clusters.
    ///
    /// - Parameters:
    ///   - clusters: The cluster of each question.
    ///   - icc: Intra-cluster correlation to assume.
    ///   - correlation: Correlation of two runs to assume.
    package init?(worstCaseFor clusters: [Int], icc: Double, correlation: Double) {
        let sizes = Dictionary(grouping: clusters) { $0 }.values.map { Double($0.count) }
        guard sizes.count > 1 else { return nil }
        let count = Double(clusters.count)
        // Kish: sum of squared sizes over the sum of sizes is the size that a question sees.
        let effect = 1 + (sizes.reduce(0) { $0 + $1 * $1 } / count - 1) * icc
        questions = clusters.count
        self.clusters = sizes.count
        standardError = (0.25 / count * effect * 2 * (1 - correlation)).squareRoot()
        basis = .worstCase(correlation: correlation)
    }

    /// The smallest effect that this set shows with 80 % power.
    package var detectable: Double { DetectableEffect.factor(clusters: clusters) * standardError }

    /// Questions needed for `effect`, clusters growing with them; at least 2.
    package func needed(for effect: Double) -> Int {
        guard effect > 0 else { return .max }
        var needed = Double(questions)
        // The multiplier depends on the number of clusters that comes out: a few rounds settle it.
        for _ in 0..<20 {
            let clusters = max(2, Int((Double(clusters) * needed / Double(questions)).rounded()))
            let ratio = DetectableEffect.factor(clusters: clusters) * standardError / effect
            let next = Double(questions) * ratio * ratio
            if abs(next - needed) < 0.5 { break }
            needed = min(next, 1e9)
        }
        return max(2, Int(needed.rounded(.up)))
    }
}
