/// One result of a keyword search.
public struct KeywordHit: Sendable, Equatable {
    /// Which segment of the index.
    public var segment: Int
    /// The document's number in the segment.
    public var ordinal: Int
    /// BM25, above 0; a single-precision number.
    public var score: Double

    /// Creates a hit.
    public init(segment: Int, ordinal: Int, score: Double) {
        self.segment = segment
        self.ordinal = ordinal
        self.score = score
    }
}
