public import AssayModel

/// A part of a generation's vectors: their rows, what was deleted since, and an index over them if there is one.
public struct VectorSegment: Sendable {
    /// The index; nil for a tail that is always scanned.
    public let index: (any VectorIndex)?
    /// `isExact` of the index's kind.
    public let isExact: Bool
    /// Row of the vector file of each ordinal.
    public let rows: [Int32]
    /// Ordinals that are not deleted; nil when all are live.
    public let live: IdSet?

    /// Creates a segment.
    ///
    /// - Parameters:
    ///   - index: An index over exactly `rows`, or nil.
    ///   - isExact: Whether the index's kind is exact.
    ///   - rows: Row of each ordinal.
    ///   - deleted: Ordinals that must not be found, with a capacity of `rows.count`.
    public init(index: (any VectorIndex)? = nil, isExact: Bool = true, rows: [Int32], deleted: IdSet? = nil) {
        precondition(index.map { $0.count == rows.count } ?? true, "the index has other rows")
        precondition(
            deleted.map { $0.capacity == rows.count } ?? true,
            "the set of deleted ordinals has another capacity"
        )
        self.index = index
        self.isExact = isExact
        self.rows = rows
        live = deleted.flatMap { $0.count == 0 ? nil : IdSet(capacity: rows.count, full: true).subtracting($0) }
    }
}

/// A vector of a generation.
public struct VectorPosition: Sendable, Hashable {
    /// Which segment, from 0.
    public var segment: Int
    /// Which of its vectors, from 0.
    public var ordinal: Int32

    /// Creates a position.
    public init(segment: Int, ordinal: Int32) {
        self.segment = segment
        self.ordinal = ordinal
    }
}

/// A vector that a search found.
public struct VectorHit: Sendable, Equatable {
    /// Where it is.
    public var position: VectorPosition
    /// Inner product with the query, by `DotKernel`.
    public var score: Float

    /// Creates a hit.
    public init(position: VectorPosition, score: Float) {
        self.position = position
        self.score = score
    }
}
