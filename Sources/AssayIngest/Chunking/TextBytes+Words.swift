/// Places where a word may begin or, when a single word must be cut, where it may be cut.
extension TextBytes {
    /// The last word start in `low<..hi`, nil when one word fills it all.
    func lastWordStart(after low: Int, upTo high: Int) -> Int? {
        var offset = high
        while offset > low {
            if isWordStart(offset) { return offset }
            offset = scalarStart(atOrBefore: offset &- 1)
        }
        return nil
    }

    /// The first word start in `low..<high`.
    func firstWordStart(from low: Int, below high: Int) -> Int? {
        var offset = low
        while offset < high {
            if isWordStart(offset) { return offset }
            offset = scalarEnd(after: offset)
        }
        return nil
    }

    /// Whether a word starts at `offset`, a scalar boundary: after white space, or beside an East Asian character, since those
    /// scripts set no spaces, as long as no line may not begin or end so (closing marks, opening marks).
    @inline(__always)
    func isWordStart(_ offset: Int) -> Bool {
        if offset == 0 || offset >= count { return true }
        let before = self[offset &- 1]
        let next = self[offset]
        if before < 0x80, isASCIIWhite(before) { return whiteLength(at: offset) == 0 }
        if before < 0x80, next < 0xe3 { return false }
        return isWideWordStart(offset)
    }

    private func isWideWordStart(_ offset: Int) -> Bool {
        if whiteLength(at: offset) > 0 { return false }
        let last = scalarStart(atOrBefore: offset &- 1)
        if whiteLength(at: last) > 0 { return true }
        let before = scalar(at: last)
        let next = scalar(at: offset)
        guard isEastAsian(before) || isEastAsian(next) else { return false }
        return !mayNotBegin(next) && !mayNotEnd(before)
    }

    /// The last place in `low<..high` between two grapheme clusters, or `high` when a single cluster fills the last 96 bytes.
    func clusterBoundary(after low: Int, upTo high: Int) -> Int {
        if high >= count || (self[high] < 0x80 && self[high &- 1] < 0x80) { return high }
        let from = scalarStart(atOrBefore: max(low, high &- 96))
        let near = string(from..<scalarStart(atOrBefore: min(count, high &+ 32)))
        var boundary = high
        var offset = from
        for character in near {
            // The first cluster may have begun before `from`, so its start is no boundary to rely on.
            if offset > from, offset > low { boundary = offset }
            offset &+= character.utf8.count
            if offset > high { break }
        }
        return boundary
    }
}

/// Han, kana and the marks of their block, without Hangul, which sets spaces.
private func isEastAsian(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x2e80...0x9fff, 0xf900...0xfaff, 0xff01...0xff65, 0x20000...0x3ffff: true
    default: false
    }
}

/// Closing marks and marks that combine with the character before.
private func mayNotBegin(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x3001, 0x3002, 0x3009, 0x300b, 0x300d, 0x300f, 0x3011, 0x3015, 0x3017, 0x302a...0x302f, 0x3099...0x309c,
        0x30fc,
        0xff01, 0xff09, 0xff0c, 0xff0e, 0xff1a, 0xff1b, 0xff1f, 0xff3d, 0xff5d, 0xff61, 0xff63, 0xff64, 0x300...0x36f,
        0x200d, 0xfe00...0xfe0f, 0xe0100...0xe01ef, 0x2019, 0x201d:
        true
    default: false
    }
}

/// Opening marks.
private func mayNotEnd(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x3008, 0x300a, 0x300c, 0x300e, 0x3010, 0x3014, 0x3016, 0xff08, 0xff3b, 0xff5b, 0xff62, 0x2018, 0x201c: true
    default: false
    }
}
