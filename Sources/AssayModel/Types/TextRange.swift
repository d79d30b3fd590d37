/// A half-open range of a document's extracted text, in UTF-8 bytes and in Unicode scalars.
public struct TextRange: Sendable, Codable, Hashable {
    /// First byte.
    public var start: Int
    /// Byte after the last one.
    public var end: Int
    /// First Unicode scalar.
    public var scalarStart: Int
    /// Scalar after the last one.
    public var scalarEnd: Int

    /// Creates a range.
    public init(start: Int, end: Int, scalarStart: Int, scalarEnd: Int) {
        self.start = start
        self.end = end
        self.scalarStart = scalarStart
        self.scalarEnd = scalarEnd
    }

    /// The byte range.
    public var bytes: Range<Int> { start..<end }
}

extension String {
    /// The text at a range of UTF-8 bytes; bytes that cut a scalar are repaired to U+FFFD, ranges are clamped.
    public func slice(bytes: Range<Int>) -> String {
        let view = utf8
        let low = view.index(view.startIndex, offsetBy: Swift.min(Swift.max(0, bytes.lowerBound), view.count))
        let high = view.index(
            view.startIndex,
            offsetBy: Swift.min(Swift.max(bytes.lowerBound, bytes.upperBound), view.count)
        )
        return String(decoding: view[low..<high], as: UTF8.self)
    }
}
