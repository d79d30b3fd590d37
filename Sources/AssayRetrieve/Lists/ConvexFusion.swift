package import AssayModel

/// Convex combination of normalised scores: `score(d) = Σ wᵢ/Σw · (sᵢ(d) − minᵢ) / (maxᵢ − minᵢ)`.
///
/// Minimum and maximum are those of the list. A list that does not hold d gives it 0; a list whose scores are all equal gives 1 to each
/// of its hits. A score that is not finite counts as missing. Bruch, Gai, Ingber: "An Analysis of Fusion Functions for Hybrid Retrieval"
/// (ACM TOIS 2023), section 3, with min-max scaling.
///
/// Options: `weights` (one number a list, equal when absent).
package struct ConvexFusion: Fusion {
    package static let name = "convex"
    package static let version = 1
    package static let summary = "Weighted mean of min-max scaled scores"

    private let weights: FusionWeights

    /// Reads `weights`.
    package init(options: inout OptionReader, resources: Resources) throws {
        weights = try FusionWeights(&options)
    }

    /// Fuses by scores scaled to 0...1.
    package func fuse(_ lists: [RankedList], depth: Int) throws -> RankedList {
        let weights = try weights.weights(for: lists.count)
        let total = weights.reduce(0, +)
        let shares = zip(lists, weights).map { list, weight in
            zip(list.hits, minMaxScaled(list.hits.map(\.score))).map { hit, scaled in
                (id: hit.id, value: weight / total * scaled)
            }
        }
        return summed(shares, depth: depth)
    }
}

/// Scores mapped to 0...1 by their own minimum and maximum; all 1 when they are equal, 0 where they are not finite.
func minMaxScaled(_ scores: [Double]) -> [Double] {
    let finite = scores.filter(\.isFinite)
    guard let low = finite.min(), let high = finite.max() else { return scores.map { _ in 0 } }
    return scores.map { score in
        guard score.isFinite else { return 0 }
        return high > low ? (score - low) / (high - low) : 1
    }
}
