/// A set of bytes of one text as ascending ranges with a gap between each two.
struct ByteRanges: Sendable, Equatable {
    private(set) var ranges: [Range<Int>] = []

    init() {}

    /// The union of `ranges`, empty and inverted ones left out by the caller.
    init(_ ranges: some Sequence<Range<Int>>) {
        for range in ranges { insert(range) }
    }

    /// Number of bytes.
    var count: Int { ranges.reduce(0) { $0 + $1.count } }

    /// Adds bytes.
    mutating func insert(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        // The first range that touches or lies behind the new one, and the first wholly behind it.
        let low = ranges.firstIndex { $0.upperBound >= range.lowerBound } ?? ranges.count
        var high = low
        var merged = range
        while high < ranges.count, ranges[high].lowerBound <= range.upperBound {
            merged = min(merged.lowerBound, ranges[high].lowerBound)..<max(merged.upperBound, ranges[high].upperBound)
            high += 1
        }
        ranges.replaceSubrange(low..<high, with: CollectionOfOne(merged))
    }

    /// Number of bytes of `range` in the set.
    func overlap(_ range: Range<Int>) -> Int {
        ranges.reduce(0) { $0 + $1.clamped(to: range).count }
    }

    /// Number of bytes in both sets.
    func overlap(_ other: ByteRanges) -> Int {
        other.ranges.reduce(0) { $0 + overlap($1) }
    }
}
