import AssayModel

/// The bias-corrected and accelerated bootstrap of a mean (Efron 1987), drawing whole clusters.
package enum ClusteredBootstrap {
    /// The interval of the mean of all values.
    ///
    /// - Parameters:
    ///   - values: The values.
    ///   - clusters: The cluster of each value.
    ///   - confidence: Share of such intervals that hold the true mean.
    ///   - resamples: Bootstrap samples, at least 1.
    ///   - seed: Seed of the draws.
    /// - Returns: nil below two clusters; a point where all clusters have one mean.
    package static func interval(
        _ values: [Double],
        clusters: [Int],
        confidence: Double = 0.95,
        resamples: Int = 9_999,
        seed: UInt64 = 1
    ) -> ClosedRange<Double>? {
        precondition(
            values.count == clusters.count && resamples > 0,
            "each value has a cluster; resamples are at least 1"
        )
        let sums = ClusterSums(values, clusters: clusters)
        guard sums.count >= 2 else { return nil }
        var random = SeededRandom(seed: seed)
        var means: [Double] = []
        means.reserveCapacity(resamples)
        for _ in 0..<resamples {
            var total = 0.0
            var size = 0
            for _ in 0..<sums.count {
                let place = random.index(below: sums.count)
                total += sums.totals[place]
                size += sums.sizes[place]
            }
            means.append(total / Double(size))
        }
        let total = sums.totals.reduce(0, +)
        let size = sums.sizes.reduce(0, +)
        let jackknife = zip(sums.totals, sums.sizes).map { (total - $0) / Double(size - $1) }
        return interval(
            distribution: means,
            observed: total / Double(size),
            jackknife: jackknife,
            confidence: confidence
        )
    }

    /// The interval from a bootstrap distribution, as scipy.stats.bootstrap makes it.
    ///
    /// - Parameters:
    ///   - distribution: The statistic of each bootstrap sample.
    ///   - observed: The statistic of the data.
    ///   - jackknife: The statistic without each of the units.
    ///   - confidence: Share of such intervals that hold the true value.
    /// - Returns: The interval.
    static func interval(
        distribution: [Double],
        observed: Double,
        jackknife: [Double],
        confidence: Double
    ) -> ClosedRange<Double> {
        let sorted = distribution.sorted()
        let below = sorted.count { $0 < observed }
        let notAbove = sorted.count { $0 <= observed }
        let share = Double(below + notAbove) / Double(2 * sorted.count)
        let middle = jackknife.reduce(0, +) / Double(jackknife.count)
        let squares = jackknife.reduce(0) { $0 + ($1 - middle) * ($1 - middle) }
        let cubes = jackknife.reduce(0) { $0 + (middle - $1) * (middle - $1) * (middle - $1) }
        // Without spread there is nothing to correct.
        guard share > 0, share < 1, squares > 0 else {
            return quantile(sorted, (1 - confidence) / 2)...quantile(sorted, (1 + confidence) / 2)
        }
        let bias = Normal.quantile(share)
        let acceleration = cubes / (6 * squares * squares.squareRoot())
        func corrected(_ p: Double) -> Double {
            let z = bias + Normal.quantile(p)
            return Normal.share(below: bias + z / (1 - acceleration * z))
        }
        let ends = [(1 - confidence) / 2, (1 + confidence) / 2].map { quantile(sorted, corrected($0)) }.sorted()
        return ends[0]...ends[1]
    }

    /// The quantile between order statistics (Hyndman and Fan's type 7, NumPy's default).
    static func quantile(_ sorted: [Double], _ p: Double) -> Double {
        let place = min(max(p, 0), 1) * Double(sorted.count - 1)
        let index = Int(place)
        guard index + 1 < sorted.count else { return sorted[sorted.count - 1] }
        return sorted[index] + (place - Double(index)) * (sorted[index + 1] - sorted[index])
    }
}
