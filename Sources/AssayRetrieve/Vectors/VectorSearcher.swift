public import AssayModel

/// Finds the nearest vectors of a generation: indexes propose, one kernel rescores, one order decides.
///
/// Law: k results whenever k allowed live vectors exist, fewer only when fewer exist, none twice; best score first, ties by the caller's
/// order. Where every segment is scanned or has an exact index, the result equals that of a full scan bit for bit, equal vectors included.
///
/// A search blocks (memory-mapped files, FAISS, SQLite): call it through `offPool`.
public struct VectorSearcher: Sendable {
    /// The segments in the order of `VectorPosition.segment`.
    public let segments: [VectorSegment]
    /// Rows of all segments.
    public let vectors: VectorMatrix
    /// Sets of at most this many vectors are scanned without asking the index: about what one look into inverted lists costs.
    public let scanLimit: Int

    /// Creates a searcher over opened segments.
    public init(_ segments: [VectorSegment], vectors: VectorMatrix, scanLimit: Int = 2_000) {
        self.segments = segments
        self.vectors = vectors
        self.scanLimit = scanLimit
    }

    /// The `k` best vectors, best first.
    ///
    /// - Parameters:
    ///   - query: A unit vector.
    ///   - k: Results wanted.
    ///   - allowed: For each segment the ordinals that may be found, nil for all of it; nil allows everything.
    ///   - precedes: Whether the first of two vectors of equal score comes first; a strict total order (by id, descending).
    /// - Returns: The hits.
    /// - Throws: `AssayError` "index.query" for a query or filter that does not fit, or what an index throws.
    public func search(
        _ query: [Float],
        k: Int,
        allowed: [IdSet?]? = nil,
        precedes: (VectorPosition, VectorPosition) -> Bool
    ) throws -> [VectorHit] {
        try check(query, allowed)
        guard k > 0 else { return [] }
        var hits: [VectorHit] = []
        for number in segments.indices {
            let search = SegmentSearch(
                segment: segments[number],
                number: number,
                vectors: vectors,
                query: query,
                k: min(k, segments[number].rows.count),
                scanLimit: scanLimit
            )
            hits += try search.hits(allowed: allowed?[number], precedes: precedes)
        }
        return segments.count == 1 ? hits : best(k, of: hits, precedes: precedes)
    }

    private func check(_ query: [Float], _ allowed: [IdSet?]?) throws {
        guard query.count == vectors.dimension, query.allSatisfy(\.isFinite) else {
            throw AssayError(
                "index.query",
                "the query must have \(vectors.dimension) finite numbers, it has \(query.count)",
                remedy: "embed the query with the model of the index"
            )
        }
        guard let allowed else { return }
        let fits =
            allowed.count == segments.count
            && zip(allowed, segments).allSatisfy { set, segment in set.map { $0.capacity == segment.rows.count } ?? true
            }
        guard fits else { throw AssayError("index.query", "the filter was made for another generation of the index") }
    }
}

/// The first `k` of `hits` in the order that holds everywhere.
///
/// - Parameters:
///   - k: How many.
///   - hits: The hits, in any order.
///   - precedes: Order of equal scores.
/// - Returns: At most `k` hits.
func best(
    _ k: Int,
    of hits: [VectorHit],
    precedes: (VectorPosition, VectorPosition) -> Bool
) -> [VectorHit] {
    let ordered = hits.sorted {
        $0.score != $1.score ? $0.score > $1.score : precedes($0.position, $1.position)
    }
    return ordered.count > k ? Array(ordered.prefix(k)) : ordered
}
