/// Agreement of scores with labels of 0 and 1; a score from one half on is a yes.
package enum BinaryAgreement {
    /// Share of rows whose yes or no is the label; nil without rows.
    package static func accuracy(_ pairs: [ScoredLabel]) -> Double? {
        pairs.isEmpty ? nil : Double(pairs.count { saysYes($0) == isYes($0) }) / Double(pairs.count)
    }

    /// Mean of the accuracy among the yes rows and among the no rows, so that a judge that always says yes has 0.5; nil unless there
    /// are both.
    package static func balancedAccuracy(_ pairs: [ScoredLabel]) -> Double? {
        let (yes, no) = split(pairs)
        guard !yes.isEmpty, !no.isEmpty else { return nil }
        return
            (Double(yes.count { saysYes($0) }) / Double(yes.count)
            + Double(no.count { !saysYes($0) }) / Double(no.count)) / 2
    }

    /// Cohen's κ (1960): agreement beyond that of two independent raters with the same shares of yes; nil where those agree always.
    package static func kappa(_ pairs: [ScoredLabel]) -> Double? {
        guard let observed = accuracy(pairs) else { return nil }
        let n = Double(pairs.count)
        let judged = Double(pairs.count { saysYes($0) }) / n
        let labelled = Double(pairs.count { isYes($0) }) / n
        let expected = judged * labelled + (1 - judged) * (1 - labelled)
        return expected >= 1 ? nil : (observed - expected) / (1 - expected)
    }

    /// Area under the ROC curve: the chance that a yes row has a higher score than a no row, ties counted one half (Mann and Whitney);
    /// nil unless there are both.
    package static func auc(_ pairs: [ScoredLabel]) -> Double? {
        let yes = Double(pairs.count { isYes($0) })
        let no = Double(pairs.count) - yes
        guard yes > 0, no > 0 else { return nil }
        let ranks = Ranks.average(pairs.map(\.score))
        let sum = zip(pairs, ranks).reduce(0) { isYes($1.0) ? $0 + $1.1 : $0 }
        return (sum - yes * (yes + 1) / 2) / (yes * no)
    }

    /// Expected calibration error (Guo and others, 2017): mean over ten bins of equal width of |mean score − share of yes|, weighted by the
    /// rows of the bin; a score of 1 is in the last bin.
    package static func calibrationError(_ pairs: [ScoredLabel], bins: Int = 10) -> Double? {
        guard !pairs.isEmpty else { return nil }
        var sums = [Double](repeating: 0, count: bins)
        for pair in pairs {
            let bin = min(bins - 1, max(0, Int(pair.score * Double(bins))))
            sums[bin] += pair.score - (isYes(pair) ? 1 : 0)
        }
        return sums.reduce(0) { $0 + abs($1) } / Double(pairs.count)
    }

    private static func saysYes(_ pair: ScoredLabel) -> Bool { pair.score >= 0.5 }
    private static func isYes(_ pair: ScoredLabel) -> Bool { pair.label >= 0.5 }

    private static func split(_ pairs: [ScoredLabel]) -> (yes: [ScoredLabel], no: [ScoredLabel]) {
        (pairs.filter(isYes), pairs.filter { !isYes($0) })
    }
}
