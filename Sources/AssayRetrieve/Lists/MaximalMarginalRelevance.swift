package import AssayModel

/// Reorders a list so that near-repetitions of better hits come later.
///
/// The next hit is the one with the largest `λ·rel(d) − (1 − λ)·max cos(d, s)` over the hits s chosen so far (Carbonell, Goldstein: "The
/// Use of MMR, Diversity-Based Reranking…", SIGIR 1998). `rel` is the cosine of query and hit, or the list's own score scaled to 0...1
/// where there is no query vector; cosines are `DotKernel` products of unit vectors, kept within -1...1. Before anything is chosen the
/// maximum is −1, the least that a cosine can be, so values only fall from pick to pick and serve as the new scores: ordering the
/// result by score and id gives the order of choice. Equal values: the id that is larger by UTF-8 bytes first.
///
/// Options: `lambda` (0...1, 0.5; 1 keeps the order of relevance).
package struct MaximalMarginalRelevance: Component {
    package static let name = "mmr"
    package static let version = 1
    package static let summary = "Maximal marginal relevance: moves near-repetitions down"

    private let lambda: Double

    /// Reads `lambda`.
    package init(options: inout OptionReader, resources: Resources) throws {
        lambda = try options.double("lambda", default: 0.5, in: 0...1)
    }

    /// Chooses `depth` hits of a list.
    ///
    /// - Parameters:
    ///   - list: The candidates.
    ///   - rows: Row of each hit's vector, in the order of the list.
    ///   - vectors: Unit vectors.
    ///   - query: The query's unit vector; nil takes relevance from the list's scores.
    ///   - depth: Hits to choose.
    /// - Returns: The chosen hits with their values at the time of choice.
    package func reorder(
        _ list: RankedList,
        rows: [Int32],
        vectors: VectorMatrix,
        query: [Float]?,
        depth: Int
    ) -> RankedList {
        let hits = list.hits
        precondition(rows.count == hits.count, "one row for each hit")
        let relevance =
            query.map { DotKernel.scores($0, vectors, rows: rows).map(cosine) } ?? minMaxScaled(hits.map(\.score))
        var nearest = [Double](repeating: -1, count: hits.count)
        var left = Array(hits.indices)
        var chosen: [Hit] = []
        while chosen.count < depth, !left.isEmpty {
            var bestPlace = 0
            var best = Hit(id: "", score: -.infinity)
            for (place, index) in left.enumerated() {
                let value = lambda * relevance[index] - (1 - lambda) * nearest[index]
                let candidate = Hit(id: hits[index].id, score: value)
                if place == 0 || Hit.precedes(candidate, best) { (bestPlace, best) = (place, candidate) }
            }
            let taken = left.remove(at: bestPlace)
            chosen.append(best)
            let similar = DotKernel.scores(vectors.row(Int(rows[taken])), vectors, rows: left.lazy.map { rows[$0] })
            for (index, value) in zip(left, similar) { nearest[index] = max(nearest[index], cosine(value)) }
        }
        return RankedList(chosen)
    }

    private func cosine(_ product: Float) -> Double {
        min(1, max(-1, Double(product)))
    }
}
