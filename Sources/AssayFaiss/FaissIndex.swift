import AssayModel

/// An opened FAISS index of any kind but `flat`.
struct FaissIndex: VectorIndex {
    /// What FAISS holds; nil for no vectors at all.
    let handle: FaissHandle?
    let dimension: Int
    let count: Int
    /// Whether searches may be narrowed to allowed ordinals.
    let filters: Bool
    /// Proposals for each one asked for: more than 1 where codes are so coarse that only rescoring tells.
    let factor: Int

    func candidates(_ query: [Float], k: Int, allowed: IdSet?) throws -> [Int32]? {
        try requireQuery(query, dimension: dimension, allowed: allowed, count: count)
        if allowed != nil, !filters { return nil }
        guard let handle else { return [] }
        // k is bounded by count first, so that the product cannot overflow.
        let wanted = min(count, max(0, min(k, count)) * factor)
        return try handle.search(query, k: wanted, allowed: allowed)
    }
}

/// Refuses a query or a filter that does not fit the index, before C reads through them.
///
/// - Parameters:
///   - query: The query.
///   - dimension: Numbers that it must have.
///   - allowed: The filter.
///   - count: Ordinals that it must be able to hold.
/// - Throws: `AssayError` "index.query".
func requireQuery(_ query: [Float], dimension: Int, allowed: IdSet?, count: Int) throws {
    guard query.count == dimension, query.allSatisfy(\.isFinite) else {
        throw AssayError("index.query", "the query must have \(dimension) finite numbers, it has \(query.count)")
    }
    if let allowed, allowed.capacity < count {
        throw AssayError("index.query", "the filter covers \(allowed.capacity) of \(count) vectors")
    }
}
