package import AssayModel

/// Reciprocal rank fusion: `score(d) = Σ wᵢ / (k + rankᵢ(d))` over the lists that hold d.
///
/// The best hit of a list has rank `base`. Cormack, Clarke, Büttcher: "Reciprocal Rank Fusion outperforms Condorcet and individual Rank
/// Learning Methods" (SIGIR 2009), with their k = 60 and ranks from 1; some systems count from 0, which `base: 0` reproduces. Equal scores
/// within a list have different ranks, by the order that holds everywhere. Weights are taken as they are.
///
/// Options: `k` (0...100000, 60), `base` (0 or 1, 1), `weights` (one number a list, all 1). `k` and `base` are not both 0.
package struct ReciprocalRankFusion: Fusion {
    package static let name = "rrf"
    package static let version = 1
    package static let summary = "Reciprocal rank fusion: sums weight / (k + rank)"

    private let k: Double
    private let base: Int
    private let weights: FusionWeights

    /// Reads `k`, `base` and `weights`.
    package init(options: inout OptionReader, resources: Resources) throws {
        k = try options.double("k", default: 60, in: 0...100_000)
        base = try options.int("base", default: 1, in: 0...1)
        weights = try FusionWeights(&options)
        if k == 0, base == 0 {
            throw AssayError(
                "config.value",
                "\(options.owner): k and base are both 0, which divides by 0",
                at: options.place
            )
        }
    }

    /// Fuses by rank alone; scores of the lists do not matter.
    package func fuse(_ lists: [RankedList], depth: Int) throws -> RankedList {
        let weights = try weights.weights(for: lists.count)
        let shares = zip(lists, weights).map { list, weight in
            list.hits.enumerated().map { rank, hit in (id: hit.id, value: weight / (k + Double(base + rank))) }
        }
        return summed(shares, depth: depth)
    }
}
