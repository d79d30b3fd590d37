import AssayModel

/// One search in one segment.
struct SegmentSearch {
    let segment: VectorSegment
    let number: Int
    let vectors: VectorMatrix
    let query: [Float]
    let k: Int
    let scanLimit: Int

    /// The `k` best allowed live vectors, best first.
    func hits(allowed: IdSet?, precedes: (VectorPosition, VectorPosition) -> Bool) throws -> [VectorHit] {
        let filter = allowed.map { segment.live?.intersection($0) ?? $0 } ?? segment.live
        let available = filter?.count ?? segment.rows.count
        guard available > 0, k > 0 else { return [] }
        if let index = segment.index, available > scanLimit {
            let found = try proposed(by: index, filter, available, mayDrop: allowed == nil, precedes)
            if let found { return found }
        }
        return best(k, of: scanned(filter), precedes: precedes)
    }

    /// Asks the index for more and more until the result is certain, or nil when a scan is due.
    ///
    /// A kind that cannot filter still serves a segment whose only filter is its deleted vectors: they are dropped here.
    private func proposed(
        by index: any VectorIndex,
        _ filter: IdSet?,
        _ available: Int,
        mayDrop: Bool,
        _ precedes: (VectorPosition, VectorPosition) -> Bool
    ) throws -> [VectorHit]? {
        let needed = min(k, available)
        // Exact kinds need some to tell the k-th from what they left out; for the others each proposal costs a row from memory.
        var wanted = segment.isExact ? k + max(32, k / 2) : k + max(4, k / 4)
        while wanted < available / 2 {
            let asked = wanted
            var proposals = try index.candidates(query, k: asked, allowed: filter)
            if proposals == nil, let filter, mayDrop {
                proposals = try index.candidates(query, k: asked, allowed: nil)?.filter { filter.contains(Int($0)) }
            }
            guard let ordinals = proposals else { return nil }
            let scored = rescored(ordinals)
            let found = best(k, of: scored, precedes: precedes)
            if found.count == needed, !segment.isExact || isComplete(found, scored) { return found }
            wanted *= 4
        }
        return nil
    }

    /// Whether no vector that an exact index left out can belong to the result.
    ///
    /// What was left out is, by the index's sums, not better than the worst proposal. Index and kernel each differ from the true product by
    /// at most γ(n)·|x|·|y| (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section 3.1), a squared distance by twice
    /// that; so what was left out is at most `slack` better than the worst proposal.
    private func isComplete(_ found: [VectorHit], _ scored: [VectorHit]) -> Bool {
        guard let last = found.last, let worst = scored.min(by: { $0.score < $1.score }) else { return false }
        let roundings = Float(query.count) * 0x1p-24
        let gamma = roundings / (1 - roundings)
        // 2e-6: lengths of unit vectors in single precision are not exactly 1, which distances notice.
        let slack = 2 * (3 * gamma + 2e-6)
        return last.score > worst.score + slack
    }

    private func rescored(_ ordinals: [Int32]) -> [VectorHit] {
        let scores = DotKernel.scores(query, vectors, rows: ordinals.lazy.map { segment.rows[Int($0)] })
        return zip(ordinals, scores).map { hit($0, $1) }
    }

    private func hit(_ ordinal: Int32, _ score: Float) -> VectorHit {
        VectorHit(position: VectorPosition(segment: number, ordinal: ordinal), score: score)
    }

    /// The hits among which the `k` best are: all whose score is at least the k-th best one, ties included.
    private func scanned(_ filter: IdSet?) -> [VectorHit] {
        let ordinals = filter.map { $0.members.map(Int32.init) }
        let scores =
            ordinals.map { chosen in DotKernel.scores(query, vectors, rows: chosen.lazy.map { segment.rows[Int($0)] }) }
            ?? DotKernel.scores(query, vectors, rows: segment.rows)
        let threshold = LargestScores.threshold(k, of: scores)
        var hits: [VectorHit] = []
        for (index, score) in scores.enumerated() where score >= threshold {
            hits.append(hit(ordinals?[index] ?? Int32(index), score))
        }
        return hits
    }
}

/// The k largest of many numbers.
enum LargestScores {
    /// The k-th largest of `scores`, -∞ when there are fewer.
    static func threshold(_ k: Int, of scores: [Float]) -> Float {
        guard k > 0, scores.count > k else { return -.infinity }
        // A heap of the k largest so far, the smallest of them on top.
        var heap = Array(scores.prefix(k))
        for start in stride(from: k / 2 - 1, through: 0, by: -1) { sink(start, &heap) }
        for score in scores.dropFirst(k) where score > heap[0] {
            heap[0] = score
            sink(0, &heap)
        }
        return heap[0]
    }

    private static func sink(_ start: Int, _ heap: inout [Float]) {
        var parent = start
        while true {
            var smallest = parent
            let left = 2 * parent + 1
            if left < heap.count, heap[left] < heap[smallest] { smallest = left }
            if left + 1 < heap.count, heap[left + 1] < heap[smallest] { smallest = left + 1 }
            if smallest == parent { return }
            heap.swapAt(parent, smallest)
            parent = smallest
        }
    }
}
