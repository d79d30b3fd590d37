import AssayModel

/// A text's UTF-8 bytes, for reading by offset.
///
/// Marked safe although it holds a pointer, because of two rules: every read is checked against `count`, and a value never leaves the
/// closure of `lend`, in which the bytes stay where they are.
@safe
struct TextBytes {
    private let bytes: UnsafeRawBufferPointer
    /// Number of bytes.
    let count: Int

    private init(_ buffer: UnsafeBufferPointer<UInt8>) {
        unsafe bytes = UnsafeRawBufferPointer(buffer)
        count = buffer.count
    }

    /// Lends the bytes of `text` to `body`; no copy is made of native strings.
    static func lend<Result>(_ text: String, to body: (TextBytes) throws -> Result) rethrows -> Result {
        var text = text
        return try text.withUTF8 { try unsafe body(TextBytes($0)) }
    }

    /// The byte at `offset`.
    subscript(offset: Int) -> UInt8 {
        @inline(__always) get {
            precondition(UInt(bitPattern: offset) < UInt(bitPattern: count), "offset outside the text")
            return unsafe bytes[offset]
        }
    }

    /// Eight bytes from `offset`, the first in the lowest bits.
    @inline(__always)
    func word(at offset: Int) -> UInt64 {
        precondition(offset >= 0 && offset &+ 8 <= count, "offset outside the text")
        return unsafe UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// Number of scalars that start in `low..<high`: the bytes that do not continue one.
    func scalarCount(from low: Int, to high: Int) -> Int {
        precondition(low >= 0 && low <= high && high <= count, "range outside the text")
        var offset = low
        var continuations = 0
        while high &- offset >= 8 {
            // One count a byte lane, summed before a sum of eight lanes can pass 255.
            let words = min((high &- offset) / 8, 31)
            var lanes: UInt64 = 0
            for index in 0..<words {
                let word = unsafe UInt64(
                    littleEndian: bytes.loadUnaligned(fromByteOffset: offset &+ index &* 8, as: UInt64.self)
                )
                lanes &+= (word >> 7) & (~word >> 6) & ones
            }
            continuations &+= Int((lanes &* ones) >> 56)
            offset &+= words &* 8
        }
        while offset < high {
            if isContinuation(self[offset]) { continuations &+= 1 }
            offset &+= 1
        }
        return high &- low &- continuations
    }

    /// A copy of a range as a string; `range` lies on scalar boundaries.
    func string(_ range: Range<Int>) -> String {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "range outside the text")
        return unsafe String(decoding: UnsafeRawBufferPointer(rebasing: bytes[range]), as: UTF8.self)
    }

    /// The tokens of a range, with offsets from the range's start.
    func tokens(of range: Range<Int>, by tokenizer: any TextTokenizer) -> TokenRanges {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "range outside the text")
        return unsafe UnsafeRawBufferPointer(rebasing: bytes[range]).withMemoryRebound(to: UInt8.self) {
            unsafe tokenizer.tokenRanges(of: $0)
        }
    }
}

private let ones: UInt64 = 0x0101_0101_0101_0101
private let lowSevenBits: UInt64 = 0x7f7f_7f7f_7f7f_7f7f
private let newlines: UInt64 = 0x0a0a_0a0a_0a0a_0a0a

/// The highest bit of every byte of `word` that is a line feed, exactly (no borrow from byte to byte).
@inline(__always)
private func newlineBits(_ word: UInt64) -> UInt64 {
    let other = word ^ newlines
    return ~(((other & lowSevenBits) &+ lowSevenBits) | other | lowSevenBits)
}

extension TextBytes {
    /// The first line feed at or after `start`, nil when there is none before `end`.
    func firstNewline(from start: Int, to end: Int) -> Int? {
        var offset = start
        while offset &+ 8 <= end {
            let bits = newlineBits(word(at: offset))
            if bits != 0 { return offset &+ bits.trailingZeroBitCount / 8 }
            offset &+= 8
        }
        while offset < end {
            if self[offset] == 0x0a { return offset }
            offset &+= 1
        }
        return nil
    }

    /// The last line feed in `low..<high`.
    func lastNewline(from low: Int, to high: Int) -> Int? {
        var offset = high
        while offset &- 8 >= low {
            let bits = newlineBits(word(at: offset &- 8))
            if bits != 0 { return offset &- 1 &- bits.leadingZeroBitCount / 8 }
            offset &-= 8
        }
        while offset > low {
            offset &-= 1
            if self[offset] == 0x0a { return offset }
        }
        return nil
    }

    /// The start of the scalar that byte `offset` belongs to; `count` stays.
    @inline(__always)
    func scalarStart(atOrBefore offset: Int) -> Int {
        var offset = offset
        while offset > 0, offset < count, isContinuation(self[offset]) { offset &-= 1 }
        return offset
    }

    /// The first scalar boundary after `offset`.
    @inline(__always)
    func scalarEnd(after offset: Int) -> Int {
        var offset = offset &+ 1
        while offset < count, isContinuation(self[offset]) { offset &+= 1 }
        return min(offset, count)
    }

    /// The scalar that starts at `offset` as a number; the text is valid UTF-8.
    func scalar(at offset: Int) -> UInt32 {
        let lead = UInt32(self[offset])
        if lead < 0x80 { return lead }
        let second = UInt32(self[offset &+ 1] & 0x3f)
        if lead < 0xe0 { return (lead & 0x1f) << 6 | second }
        let third = UInt32(self[offset &+ 2] & 0x3f)
        if lead < 0xf0 { return (lead & 0x0f) << 12 | second << 6 | third }
        return (lead & 0x07) << 18 | second << 12 | third << 6 | UInt32(self[offset &+ 3] & 0x3f)
    }
}

@inline(__always)
private func isContinuation(_ byte: UInt8) -> Bool { byte & 0xc0 == 0x80 }
