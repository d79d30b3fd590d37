import AssayModel

/// The paired permutation test: under "no difference" each difference is as likely with the other sign.
///
/// Values of one cluster are flipped together, since they are not independent. With at most `exactClusters` clusters that differ, all
/// flips are counted out; else a stated number of random ones, and p is (k + 1) / (m + 1), which is never 0 (Phipson and Smyth 2010).
package struct SignFlipTest: Sendable, Equatable {
    /// Clusters up to which all 2^C flips are counted out.
    package static let exactClusters = 14

    /// p of a mean as far from 0 as the observed one.
    package let twoSided: Double
    /// p of a mean as low as the observed one.
    package let lower: Double
    /// p of a mean as high as the observed one.
    package let upper: Double
    /// Random flips, 0 when all were counted out.
    package let flips: Int

    /// Tests whether the mean of differences is 0; nil below two clusters.
    ///
    /// - Parameters:
    ///   - differences: Candidate − baseline, one a question.
    ///   - clusters: The cluster of each difference.
    ///   - flips: Random flips where there are too many clusters to count all out, at least 1.
    ///   - seed: Seed of the random flips.
    package init?(_ differences: [Double], clusters: [Int], flips: Int = 9_999, seed: UInt64 = 1) {
        precondition(
            differences.count == clusters.count && flips > 0,
            "each difference has a cluster; flips are at least 1"
        )
        let sums = ClusterSums(differences, clusters: clusters)
        guard sums.count >= 2 else { return nil }
        // A cluster without a difference is the same in every flip.
        let moving = sums.totals.filter { $0 != 0 }
        let observed = moving.reduce(0, +)
        // Sums in another order differ in the last bits; such flips are as extreme as the observed one.
        let slack = 1e-12 * moving.reduce(0) { $0 + abs($1) }
        let table = FlipSums(moving)
        var counts = Counts()
        if moving.count <= Self.exactClusters {
            let all = 1 << moving.count
            for mask in 0..<all { counts.add(table.sum(UInt64(mask)), observed, slack) }
            self.flips = 0
            lower = Double(counts.low) / Double(all)
            upper = Double(counts.high) / Double(all)
            twoSided = Double(counts.far) / Double(all)
        } else {
            var random = SeededRandom(seed: seed)
            for _ in 0..<flips { counts.add(table.randomSum(&random), observed, slack) }
            self.flips = flips
            let m = Double(flips + 1)
            lower = Double(counts.low + 1) / m
            upper = Double(counts.high + 1) / m
            twoSided = Double(counts.far + 1) / m
        }
    }

    /// The smallest two-sided p that so many clusters can give: below it nothing can be shown.
    package static func smallestP(clusters: Int, flips: Int = 9_999) -> Double {
        if clusters < 2 { return 1 }
        let exact = 2 / Double(sign: .plus, exponent: min(clusters, 1_000), significand: 1)
        return clusters <= exactClusters ? exact : max(exact, 1 / Double(flips + 1))
    }

    private struct Counts {
        var low = 0
        var high = 0
        var far = 0

        mutating func add(_ sum: Double, _ observed: Double, _ slack: Double) {
            if sum <= observed + slack { low += 1 }
            if sum >= observed - slack { high += 1 }
            if abs(sum) >= abs(observed) - slack { far += 1 }
        }
    }
}

/// Sums of values by cluster, in the order in which clusters appear.
struct ClusterSums {
    private(set) var totals: [Double] = []
    private(set) var sizes: [Int] = []

    var count: Int { totals.count }

    init(_ values: [Double], clusters: [Int]) {
        var places: [Int: Int] = [:]
        for (value, cluster) in zip(values, clusters) {
            let place = places[cluster] ?? totals.count
            if place == totals.count {
                places[cluster] = place
                totals.append(0)
                sizes.append(0)
            }
            totals[place] += value
            sizes[place] += 1
        }
    }
}

/// The sums of values under flipped signs, eight values at a look-up.
private struct FlipSums {
    private let tables: [Double]
    private let blocks: Int

    init(_ values: [Double]) {
        blocks = (values.count + 7) / 8
        var tables = [Double](repeating: 0, count: blocks * 256)
        for block in 0..<blocks {
            let part = values[(block * 8)..<min(values.count, block * 8 + 8)]
            for mask in 0..<256 {
                var sum = 0.0
                for (bit, value) in part.enumerated() { sum += mask >> bit & 1 == 1 ? -value : value }
                tables[block * 256 + mask] = sum
            }
        }
        self.tables = tables
    }

    /// The sum where the values of set bits have the other sign; for up to 64 values.
    func sum(_ mask: UInt64) -> Double {
        var sum = 0.0
        for block in 0..<blocks { sum += tables[block * 256 + Int(mask >> (8 * UInt64(block)) & 255)] }
        return sum
    }

    func randomSum(_ random: inout SeededRandom) -> Double {
        var sum = 0.0
        var bits: UInt64 = 0
        for block in 0..<blocks {
            bits = block & 7 == 0 ? random.next() : bits >> 8
            sum += tables[block * 256 + Int(bits & 255)]
        }
        return sum
    }
}
