/// One result of a keyword search.
package struct KeywordHit: Sendable, Equatable {
    /// Which segment of the index.
    package var segment: Int
    /// The document's number in the segment.
    package var ordinal: Int
    /// BM25, above 0; a single-precision number.
    package var score: Double

    /// Creates a hit.
    package init(segment: Int, ordinal: Int, score: Double) {
        self.segment = segment
        self.ordinal = ordinal
        self.score = score
    }
}
