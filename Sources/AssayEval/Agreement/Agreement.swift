import AssayModel

/// How far scores agree with people, each measure with its 95 % interval.
package struct Agreement: Sendable, Codable, Equatable {
    /// A measure of agreement.
    package enum Measure: String, Sendable, Codable, CaseIterable {
        case accuracy
        case balancedAccuracy = "balanced_accuracy"
        case kappa
        case auc
        case calibrationError = "ece"
        case weightedKappa = "weighted_kappa"
        case pearson, spearman

        /// The measures of labels that are 0 or 1, then those of grades.
        static func all(graded: Bool) -> [Measure] {
            graded
                ? [.weightedKappa, .pearson, .spearman]
                : [.accuracy, .balancedAccuracy, .kappa, .auc, .calibrationError]
        }
    }

    /// Rows with a score and a label.
    package var rows: Int
    /// Source documents among them.
    package var clusters: Int
    /// Mean of the labels, put on 0…1.
    package var labelMean: Double
    /// Mean of the scores.
    package var scoreMean: Double
    /// Whether the labels are grades instead of 0 and 1.
    package var graded: Bool
    /// The measures by `Measure.rawValue`; one that has no value for these rows is left out.
    package var measures: [String: Estimate]

    /// Measures agreement.
    ///
    /// The intervals are percentiles of a bootstrap that draws whole clusters; there are none below two clusters. Draws in which a
    /// measure has no value (all labels equal) are passed over; where that is every other draw, the measure has no interval.
    ///
    /// - Parameters:
    ///   - pairs: Scores and labels, at least one.
    ///   - scale: Lowest and highest label.
    ///   - draws: Draws of the bootstrap.
    ///   - seed: Its seed.
    package init(_ pairs: [ScoredLabel], scale: ClosedRange<Int>, draws: Int = 2_000, seed: UInt64) {
        let width = Double(max(1, scale.upperBound - scale.lowerBound))
        let n = Double(max(1, pairs.count))
        rows = pairs.count
        graded = scale != 0...1
        labelMean = pairs.reduce(0) { $0 + ($1.label - Double(scale.lowerBound)) / width } / n
        scoreMean = pairs.reduce(0) { $0 + $1.score } / n
        let measures = Measure.all(graded: graded)
        let values = measures.map { Self.value($0, pairs, scale) }
        let groups = Dictionary(grouping: pairs, by: \.cluster).sorted { $0.key < $1.key }.map(\.value)
        clusters = groups.count
        let drawn = Self.bootstrap(groups, draws: draws, seed: seed) { sample in
            measures.map { Self.value($0, sample, scale) }
        }
        var estimates: [String: Estimate] = [:]
        for (position, measure) in measures.enumerated() {
            guard let value = values[position] else { continue }
            let sorted = drawn.compactMap { $0[position] }.sorted()
            let interval = sorted.count * 2 > drawn.count ? Self.percentiles(sorted) : nil
            estimates[measure.rawValue] = Estimate(value: value, low: interval?.low, high: interval?.high)
        }
        self.measures = estimates
    }

    /// An estimate by its measure.
    package subscript(measure: Measure) -> Estimate? { measures[measure.rawValue] }

    /// Whether the rows show more than chance: the interval of the AUC lies above one half, of grades that of Spearman's correlation
    /// above 0.
    ///
    /// Both look at the order of the scores only, so a judge is not refused because one half is the wrong place to cut.
    package var isBetterThanChance: Bool {
        graded ? (self[.spearman]?.low ?? -1) > 0 : (self[.auc]?.low ?? 0) > 0.5
    }

    private static func value(_ measure: Measure, _ pairs: [ScoredLabel], _ scale: ClosedRange<Int>) -> Double? {
        switch measure {
        case .accuracy: BinaryAgreement.accuracy(pairs)
        case .balancedAccuracy: BinaryAgreement.balancedAccuracy(pairs)
        case .kappa: BinaryAgreement.kappa(pairs)
        case .auc: BinaryAgreement.auc(pairs)
        case .calibrationError: BinaryAgreement.calibrationError(pairs)
        case .weightedKappa: GradedAgreement.weightedKappa(pairs, scale: scale)
        case .pearson: GradedAgreement.pearson(pairs)
        case .spearman: GradedAgreement.spearman(pairs)
        }
    }

    private static func bootstrap(
        _ groups: [[ScoredLabel]],
        draws: Int,
        seed: UInt64,
        _ measure: ([ScoredLabel]) -> [Double?]
    ) -> [[Double?]] {
        guard groups.count > 1 else { return [] }
        var random = SeededRandom(seed: seed)
        return (0..<draws).map { _ in
            var sample: [ScoredLabel] = []
            for _ in groups { sample += groups[random.index(below: groups.count)] }
            return measure(sample)
        }
    }

    /// The 2.5th and 97.5th percentile, by linear interpolation between order statistics.
    private static func percentiles(_ sorted: [Double]) -> (low: Double, high: Double) {
        func at(_ share: Double) -> Double {
            let place = share * Double(sorted.count - 1)
            let below = Int(place)
            let above = min(sorted.count - 1, below + 1)
            return sorted[below] + (sorted[above] - sorted[below]) * (place - Double(below))
        }
        return (at(0.025), at(0.975))
    }
}
