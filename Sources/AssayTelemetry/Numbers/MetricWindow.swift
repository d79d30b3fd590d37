/// What happened between two snapshots of one registry.
///
/// A series that the earlier snapshot does not have began at nothing. What cannot be known is nil, never 0.
package struct MetricWindow: Sendable {
    /// Label values of a series, in the order of the metric's labels.
    package typealias Choice = ([String]) -> Bool

    private let early: MetricSnapshot
    private let late: MetricSnapshot

    package init(from early: MetricSnapshot, to late: MetricSnapshot) {
        self.early = early
        self.late = late
    }

    /// Seconds between the snapshots.
    package var seconds: Double { (late.time - early.time) / .seconds(1) }

    /// What a counter, or a histogram's sum, grew by; nil where such a series was never counted.
    package func increase(_ metric: MetricDefinition, where chosen: Choice = { _ in true }) -> Double? {
        let now = late[metric].filter { chosen($0.labels) }
        guard !now.isEmpty else { return nil }
        let before = early[metric].filter { chosen($0.labels) }
        return max(0, now.reduce(0) { $0 + $1.value } - before.reduce(0) { $0 + $1.value })
    }

    /// Observations of a histogram; nil where such a series has none since the start.
    package func observations(_ metric: MetricDefinition, where chosen: Choice = { _ in true }) -> Double? {
        buckets(metric, where: chosen).map { Double($0.reduce(0, +)) }
    }

    /// Growth a second; nil where nothing was ever counted or no time has passed.
    package func rate(_ metric: MetricDefinition, where chosen: Choice = { _ in true }) -> Double? {
        guard seconds > 0 else { return nil }
        return increase(metric, where: chosen).map { $0 / seconds }
    }

    /// Observations a second; nil as for `rate`.
    package func observationRate(_ metric: MetricDefinition, where chosen: Choice = { _ in true }) -> Double? {
        guard seconds > 0 else { return nil }
        return observations(metric, where: chosen).map { $0 / seconds }
    }

    /// The part of a counter's growth that the chosen series have; nil where it did not grow.
    package func share(_ metric: MetricDefinition, of part: Choice, in whole: Choice = { _ in true }) -> Double? {
        guard let total = increase(metric, where: whole), total > 0 else { return nil }
        return (increase(metric, where: { whole($0) && part($0) }) ?? 0) / total
    }

    /// Mean of the observations; nil without any.
    package func mean(_ metric: MetricDefinition, where chosen: Choice = { _ in true }) -> Double? {
        guard let count = observations(metric, where: chosen), count > 0 else { return nil }
        return increase(metric, where: chosen).map { $0 / count }
    }

    /// The part of the observations that are at most `bound`; nil without observations, or where no bucket ends there.
    package func shareAtMost(_ bound: Double, _ metric: MetricDefinition, where chosen: Choice) -> Double? {
        guard let last = metric.buckets.firstIndex(of: bound), let counts = buckets(metric, where: chosen) else {
            return nil
        }
        let total = counts.reduce(0, +)
        return total > 0 ? Double(counts[...last].reduce(0, +)) / Double(total) : nil
    }

    /// A quantile of the observations as PromQL's `histogram_quantile` gives it; nil without observations.
    ///
    /// The rank is interpolated linearly in its bucket, whose lower end is 0 for the first; above the highest bound that bound is all that is known.
    ///
    /// - Parameters:
    ///   - share: 0 to 1.
    ///   - metric: A histogram.
    ///   - chosen: Which of its series; they are added.
    /// - Returns: In the metric's unit.
    package func quantile(_ share: Double, _ metric: MetricDefinition, where chosen: Choice = { _ in true }) -> Double?
    {
        guard let counts = buckets(metric, where: chosen), let highest = metric.buckets.last else { return nil }
        let total = Double(counts.reduce(0, +))
        guard total > 0 else { return nil }
        let rank = share * total
        var below = 0.0
        for (bucket, bound) in metric.buckets.enumerated() {
            let inside = Double(counts[bucket])
            if inside > 0, below + inside >= rank {
                if bucket == 0, bound <= 0 { return bound }
                let start = bucket == 0 ? 0 : metric.buckets[bucket - 1]
                return start + (bound - start) * (rank - below) / inside
            }
            below += inside
        }
        return highest
    }

    /// Sum of a gauge's series now; nil where it was never set.
    package func gauge(_ metric: MetricDefinition, where chosen: Choice = { _ in true }) -> Double? {
        let now = late[metric].filter { chosen($0.labels) }
        return now.isEmpty ? nil : now.reduce(0) { $0 + $1.value }
    }

    /// The chosen label's values that a metric's series have, sorted.
    package func values(of label: Int, in metric: MetricDefinition) -> [String] {
        Set(late[metric].compactMap { label < $0.labels.count ? $0.labels[label] : nil }).sorted()
    }

    /// Observations by bucket, of all chosen series together; nil where there is no such series.
    private func buckets(_ metric: MetricDefinition, where chosen: Choice) -> [UInt64]? {
        let now = late[metric].filter { chosen($0.labels) }
        guard !now.isEmpty else { return nil }
        var sums = [UInt64](repeating: 0, count: metric.buckets.count + 1)
        for series in now {
            for (bucket, count) in series.counts.enumerated() where bucket < sums.count { sums[bucket] += count }
        }
        for series in early[metric] where chosen(series.labels) {
            for (bucket, count) in series.counts.enumerated() where bucket < sums.count {
                sums[bucket] -= min(sums[bucket], count)
            }
        }
        return sums
    }
}
