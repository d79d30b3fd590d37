/// Agreement of scores with labels on a scale of whole-number grades.
package enum GradedAgreement {
    /// Pearson's correlation; nil below two rows or where either side is constant.
    package static func pearson(_ pairs: [ScoredLabel]) -> Double? {
        correlation(pairs.map(\.score), pairs.map(\.label))
    }

    /// Spearman's correlation: Pearson's of the ranks, ties given their mean rank.
    package static func spearman(_ pairs: [ScoredLabel]) -> Double? {
        correlation(Ranks.average(pairs.map(\.score)), Ranks.average(pairs.map(\.label)))
    }

    /// Cohen's κ with quadratic weights (Cohen 1968): a miss by two grades counts four times a miss by one.
    ///
    /// Scores from 0 to 1 are spread over the scale and rounded to its grades first.
    ///
    /// - Parameters:
    ///   - pairs: Scores and grades.
    ///   - scale: Lowest and highest grade.
    /// - Returns: κ, nil without rows or where chance alone would agree always.
    package static func weightedKappa(_ pairs: [ScoredLabel], scale: ClosedRange<Int>) -> Double? {
        guard !pairs.isEmpty, scale.count > 1 else { return nil }
        let width = Double(scale.upperBound - scale.lowerBound)
        let judged = pairs.map { (min(1, max(0, $0.score)) * width).rounded() }
        let labelled = pairs.map { $0.label - Double(scale.lowerBound) }
        let observed = zip(judged, labelled).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        // Σ over all pairs (i, j) of (judgedᵢ − labelledⱼ)² by the sums alone.
        let n = Double(pairs.count)
        func sums(_ values: [Double]) -> (Double, Double) {
            (values.reduce(0, +), values.reduce(0) { $0 + $1 * $1 })
        }
        let (judgedSum, judgedSquares) = sums(judged)
        let (labelledSum, labelledSquares) = sums(labelled)
        let expected = (n * judgedSquares + n * labelledSquares - 2 * judgedSum * labelledSum) / n
        return expected <= 0 ? nil : 1 - observed / expected
    }

    private static func correlation(_ x: [Double], _ y: [Double]) -> Double? {
        guard x.count > 1 else { return nil }
        let means = (x.reduce(0, +) / Double(x.count), y.reduce(0, +) / Double(y.count))
        var products = (xy: 0.0, xx: 0.0, yy: 0.0)
        for (a, b) in zip(x, y) {
            products.xy += (a - means.0) * (b - means.1)
            products.xx += (a - means.0) * (a - means.0)
            products.yy += (b - means.1) * (b - means.1)
        }
        let scale = products.xx.squareRoot() * products.yy.squareRoot()
        return scale > 0 ? max(-1, min(1, products.xy / scale)) : nil
    }
}

/// Ranks of values.
enum Ranks {
    /// The rank of each value from 1, the smallest first; equal values share the mean of their ranks.
    static func average(_ values: [Double]) -> [Double] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var ranks = [Double](repeating: 0, count: values.count)
        var start = 0
        while start < order.count {
            var end = start + 1
            while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
            for place in start..<end { ranks[order[place]] = Double(start + end + 1) / 2 }
            start = end
        }
        return ranks
    }
}
