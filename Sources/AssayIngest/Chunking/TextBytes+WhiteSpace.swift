/// White space is what Unicode's White_Space property says: tab to carriage return, space, U+0085, U+00A0, U+1680, U+2000–U+200A, U+2028,
/// U+2029, U+202F, U+205F, U+3000.
extension TextBytes {
    /// Bytes of the white space scalar that starts at `offset`, 0 when another one starts there.
    @inline(__always)
    func whiteLength(at offset: Int) -> Int {
        let byte = self[offset]
        if byte < 0x80 { return isASCIIWhite(byte) ? 1 : 0 }
        return byte == 0xc2 || (byte >= 0xe1 && byte <= 0xe3) ? wideWhiteLength(at: offset) : 0
    }

    private func wideWhiteLength(at offset: Int) -> Int {
        switch scalar(at: offset) {
        case 0x85, 0xa0: 2
        case 0x1680, 0x2000...0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000: 3
        default: 0
        }
    }

    /// The first byte at or after `offset` that is not white space, `end` when there is none before it.
    @inline(__always)
    func skipWhite(from offset: Int, to end: Int) -> Int {
        var offset = offset
        while offset < end {
            let length = whiteLength(at: offset)
            if length == 0 { return offset }
            offset &+= length
        }
        return min(offset, end)
    }

    /// The end of the last scalar before `end` that is not white space, `low` when there is none after it.
    @inline(__always)
    func trimWhite(from end: Int, downTo low: Int) -> Int {
        var end = end
        while end > low {
            let last = scalarStart(atOrBefore: end &- 1)
            if last < low || whiteLength(at: last) == 0 { return end }
            end = last
        }
        return low
    }

    /// Whether the scalar before `offset` is white space; true at the start of the text.
    @inline(__always)
    func isWhite(before offset: Int) -> Bool {
        offset == 0 || whiteLength(at: scalarStart(atOrBefore: offset &- 1)) > 0
    }

    /// Whether ASCII white space or an end of the text is on the outer side of both ends of a range.
    ///
    /// Only then are the tokens in the range sure to be those of the range alone.
    @inline(__always)
    func standsFree(_ start: Int, _ end: Int) -> Bool {
        (start == 0 || isASCIIWhite(self[start &- 1])) && (end == count || isASCIIWhite(self[end]))
    }
}

/// Whether an ASCII byte is white space.
@inline(__always)
func isASCIIWhite(_ byte: UInt8) -> Bool { byte == 0x20 || byte &- 9 < 5 }
