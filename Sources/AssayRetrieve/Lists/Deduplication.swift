package import AssayModel

extension RankedList {
    /// The best hit of each key, for example of each document or each text.
    ///
    /// - Parameter key: What hits must not share; hits of one key are repetitions.
    /// - Returns: The list without repetitions; scores and order stay.
    package func deduplicated<Key: Hashable>(by key: (Hit) -> Key) -> RankedList {
        var seen: Set<Key> = []
        return RankedList(hits.filter { seen.insert(key($0)).inserted })
    }

    /// The list without hits that are nearly the same as a better one.
    ///
    /// - Parameters:
    ///   - threshold: A hit is dropped when its cosine with a better hit that stays is at least this, 0...1.
    ///   - rows: Row of each hit's unit vector, in the order of the list.
    ///   - vectors: The vectors.
    /// - Returns: The hits that stay; scores and order stay.
    package func withoutNearDuplicates(threshold: Float, rows: [Int32], vectors: VectorMatrix) -> RankedList {
        precondition(rows.count == hits.count, "one row for each hit")
        var kept: [Int] = []
        for index in hits.indices {
            let similar = DotKernel.scores(vectors.row(Int(rows[index])), vectors, rows: kept.lazy.map { rows[$0] })
            if !similar.contains(where: { $0 >= threshold }) { kept.append(index) }
        }
        return RankedList(kept.map { hits[$0] })
    }
}
