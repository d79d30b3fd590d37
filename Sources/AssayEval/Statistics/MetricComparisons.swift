package import AssayModel

extension MetricComparison {
    /// Compares one metric of two sets of rows, paired by question id.
    ///
    /// Only questions scored on both sides count; the others lower the coverage. `holm` is `pValue` until several tests are corrected
    /// together by `corrected(_:level:)`.
    ///
    /// - Parameters:
    ///   - definition: What was computed; the caller has checked that it is the same on both sides.
    ///   - baseline: Rows of the baseline, one list a replicate run; the first decides the order.
    ///   - candidate: Rows of the candidate.
    ///   - options: How to compare.
    package init(
        of definition: MetricDefinition,
        baseline: [[QuestionResult]],
        candidate: [[QuestionResult]],
        options: ComparisonOptions = ComparisonOptions()
    ) {
        let questions = (baseline.first ?? []).map(\.sample.question)
        self.init(
            of: definition,
            questions: questions,
            clusters: QuestionClusters(questions).indices,
            baseline: ScoreColumn(definition, baseline),
            candidate: ScoreColumn(definition, candidate),
            options: options
        )
    }

    /// Compares two columns of scores over questions whose clusters are known.
    init(
        of definition: MetricDefinition,
        questions: [Question],
        clusters: [Int],
        baseline: ScoreColumn,
        candidate: ScoreColumn,
        options: ComparisonOptions
    ) {
        var changes: [Change] = []
        var pairs: [(before: [VarianceSplit.Cell], after: [VarianceSplit.Cell])] = []
        for (question, cluster) in zip(questions, clusters) {
            guard let before = baseline.cells[question.id], let after = candidate.cells[question.id] else { continue }
            changes.append(
                Change(question: question.id, before: before.mean, after: after.mean, cluster: cluster)
            )
            pairs.append((before, after))
        }
        let ids = questions.map(\.id)
        let deltas = changes.map(\.delta)
        let owners = changes.map(\.cluster)
        let mean = ClusteredMean(deltas, clusters: owners)
        let test = SignFlipTest(deltas, clusters: owners, flips: options.flips, seed: options.seed)
        let interval =
            switch options.interval {
            case .student: mean?.interval()
            case .bootstrap:
                ClusteredBootstrap.interval(deltas, clusters: owners, resamples: options.resamples, seed: options.seed)
            }
        let sign: Double = definition.higherIsBetter ? 1 : -1
        let n = Double(changes.count)
        let before = VarianceSplit(pairs.map(\.before))
        let after = VarianceSplit(pairs.map(\.after))
        self.init(
            definition: definition,
            n: changes.count,
            clusters: mean?.clusters ?? 0,
            baselineMean: changes.isEmpty ? nil : changes.reduce(0) { $0 + $1.before } / n,
            candidateMean: changes.isEmpty ? nil : changes.reduce(0) { $0 + $1.after } / n,
            difference: mean?.mean,
            standardError: mean?.standardError,
            low: interval?.lowerBound,
            high: interval?.upperBound,
            interval: options.interval,
            pValue: test?.twoSided,
            flips: test?.flips ?? 0,
            wins: deltas.count { sign * $0 > Self.tie },
            ties: deltas.count { abs($0) <= Self.tie },
            losses: deltas.count { sign * $0 < -Self.tie },
            judgeNoise: Self.judgeNoise(pairs, before, after),
            baselineVariance: before.components,
            candidateVariance: after.components,
            baselineCoverage: baseline.coverage(of: ids),
            candidateCoverage: candidate.coverage(of: ids),
            changes: changes.sorted(by: Self.isLarger)
        )
        correct(holm: pValue, tests: 1, level: options.level)
    }

    /// Scores that differ by no more are equal.
    private static let tie = 1e-9

    private static func isLarger(_ one: Change, _ two: Change) -> Bool {
        let (a, b) = (abs(one.delta), abs(two.delta))
        return a == b ? two.question.utf8.lexicographicallyPrecedes(one.question.utf8) : a > b
    }

    /// Half the width of the 95 % interval that the mean difference would have if only the judge varied.
    private static func judgeNoise(
        _ pairs: [(before: [VarianceSplit.Cell], after: [VarianceSplit.Cell])],
        _ before: VarianceSplit,
        _ after: VarianceSplit
    ) -> Double? {
        let freedom = before.judgeFreedom + after.judgeFreedom
        // One judge judged both sides: a side without repeats has the other side's variance.
        guard freedom > 0, let one = before.judge ?? after.judge, let two = after.judge ?? before.judge else {
            return nil
        }
        let variance = pairs.reduce(0) { sum, pair in
            sum + VarianceSplit.judgeVariance(of: pair.before, judge: one)
                + VarianceSplit.judgeVariance(of: pair.after, judge: two)
        }
        return StudentT.quantile(0.975, freedom: Double(freedom)) * variance.squareRoot() / Double(pairs.count)
    }

    /// Corrects comparisons that are read together: Holm over all p values, and what follows from it.
    ///
    /// - Parameters:
    ///   - comparisons: All tests made; those without a p do not count.
    ///   - level: Share of false alarms among all.
    /// - Returns: The comparisons in the same order.
    package static func corrected(_ comparisons: [MetricComparison], level: Double) -> [MetricComparison] {
        let adjusted = Holm.adjusted(comparisons.map(\.pValue))
        let tests = adjusted.count { $0 != nil }
        return zip(comparisons, adjusted).map { comparison, holm in
            var comparison = comparison
            comparison.correct(holm: holm, tests: tests, level: level)
            return comparison
        }
    }

    private mutating func correct(holm: Double?, tests: Int, level: Double) {
        self.holm = holm
        // The level that Holm's first step demands: an effect in one metric alone must pass it.
        detectableEffect = DetectableEffect.of(
            standardError: standardError,
            clusters: clusters,
            level: level / Double(max(1, tests))
        )
        guard let holm, let gain else {
            verdict = .untested
            return
        }
        if holm > level {
            verdict = .notShown
        } else if let judgeNoise, abs(gain) <= judgeNoise {
            verdict = .judgeNoise
        } else {
            verdict = gain > 0 ? .better : .worse
        }
    }

    /// p of "worse by no more than a margin": small when the candidate is shown to be worse than that.
    ///
    /// - Parameters:
    ///   - margin: Loss that is allowed, at least 0, in the metric's unit and its own direction.
    ///   - options: Flips and seed.
    /// - Returns: One-sided p of the sign-flip test over clusters, nil below two.
    package func pWorse(margin: Double = 0, options: ComparisonOptions = ComparisonOptions()) -> Double? {
        shifted(margin, options)?.lower
    }

    /// p of "worse by the margin or more": small when the candidate is shown to be not that much worse.
    ///
    /// - Parameters:
    ///   - margin: Loss that is allowed, at least 0, in the metric's unit and its own direction.
    ///   - options: Flips and seed.
    /// - Returns: One-sided p of the sign-flip test over clusters, nil below two.
    package func pNotWorse(margin: Double, options: ComparisonOptions = ComparisonOptions()) -> Double? {
        shifted(margin, options)?.upper
    }

    private func shifted(_ margin: Double, _ options: ComparisonOptions) -> SignFlipTest? {
        let sign: Double = definition.higherIsBetter ? 1 : -1
        return SignFlipTest(
            changes.map { sign * $0.delta + margin },
            clusters: changes.map(\.cluster),
            flips: options.flips,
            seed: options.seed
        )
    }
}

/// The scores of one metric by question, over the replicate runs of a side.
struct ScoreColumn {
    /// Judged answers of each question that is scored in at least one run.
    private(set) var cells: [String: [VarianceSplit.Cell]] = [:]
    private var missing: Set<String> = []

    init(_ definition: MetricDefinition, _ runs: [[QuestionResult]]) {
        for row in runs.joined() {
            let id = row.sample.question.id
            let result = row.scores[definition.name]
            switch result?.score {
            case .scored(let value) where value.isFinite:
                if let result { cells[id, default: []].append(VarianceSplit.Cell(result, score: value)) }
            case .notApplicable: break
            case .scored, .notScored, nil: missing.insert(id)
            }
        }
    }

    /// Scored share of the questions that the metric applies to, 1 when it applies to none.
    func coverage(of ids: [String]) -> Double {
        let scored = ids.count { cells[$0] != nil }
        let applies = scored + ids.count { cells[$0] == nil && missing.contains($0) }
        return applies == 0 ? 1 : Double(scored) / Double(applies)
    }
}

extension [VarianceSplit.Cell] {
    /// The question's score: the mean over the runs.
    fileprivate var mean: Double { reduce(0) { $0 + $1.score } / Double(count) }
}
