/// Finds sentence ends by rules, from a few bytes around a mark, so that a text can be searched from either side.
///
/// A sentence ends
/// 1. after `。！？｡．`, and after `. ! ? …` and their relatives of other scripts when white space follows; more marks and closing quotes,
///    brackets and emphasis marks (`*`, `_`, `` ` ``) belong to the sentence;
/// 2. at a blank line, and at a line end that ends or begins a list item, a heading, a quote or a table row.
///
/// It does not end where a lower-case letter or `, ; :` follows, after a full stop of an abbreviation (`AbbreviationRules`), of a single
/// letter (initials), of a dotted word (`e.g.`, `U.S.`), and of a list number (`1.` at a line's start). Decimals, versions and host names have no
/// white space after their dots. In doubt the rules join rather than cut: a missed end makes a chunk's edge less tidy, never wrong.
struct SentenceScanner {
    let text: TextBytes

    /// The last place in `floor..<next` where a sentence begins after one that ends at or before `reach`.
    ///
    /// - Parameters:
    ///   - floor: The sentence before ends after it.
    ///   - reach: Where the text that may be taken ends.
    ///   - next: The first byte at or after `reach` that is not white space.
    /// - Returns: The start of the next sentence, nil when no sentence ends there.
    func lastStart(after floor: Int, reach: Int, next: Int) -> Int? {
        var offset = reach
        while offset > floor {
            offset &-= 1
            guard mayEnd(text[offset]) else { continue }
            if let end = end(at: offset, limit: text.count), end.text <= reach, end.text > floor, end.next <= next {
                return end.next
            }
            // Other line ends of the same white space, other marks of the same row give the same answer.
            let byte = text[offset]
            if byte == 0x0a { offset = text.trimWhite(from: offset, downTo: floor) }
            while byte < 0x80, offset > floor, text[offset &- 1] == byte { offset &-= 1 }
        }
        return nil
    }

    /// The first place in `low..<high` where a sentence begins.
    func firstStart(from low: Int, below high: Int) -> Int? {
        // A sentence that ends just before `low` makes `low` itself a start.
        var offset = max(0, text.trimWhite(from: low, downTo: max(0, low &- 64)) &- 8)
        while offset < high {
            if mayEnd(text[offset]), let end = end(at: offset, limit: text.count), end.next >= low {
                return end.next < high ? end.next : nil
            }
            let byte = text[offset]
            offset = byte == 0x0a ? text.skipWhite(from: offset, to: text.count) : offset &+ 1
            // Of a row of one mark only the last one is left to ask.
            while mayEnd(byte), offset &+ 1 < high, text[offset] == byte, text[offset &+ 1] == byte { offset &+= 1 }
        }
        return nil
    }

    /// The sentences of the text, trimmed of white space.
    func sentences() -> [Range<Int>] {
        var found: [Range<Int>] = []
        var start = text.skipWhite(from: 0, to: text.count)
        while start < text.count {
            let next = firstStart(from: start &+ 1, below: text.count) ?? text.count
            found.append(start..<text.trimWhite(from: next, downTo: start))
            start = next
        }
        return found
    }

    /// An end of a sentence: the end of its text, and the start of what follows.
    private struct End {
        var text: Int
        var next: Int
    }

    /// Whether a sentence's end can begin with this byte: a mark, the first byte of one, or a line feed.
    @inline(__always)
    private func mayEnd(_ byte: UInt8) -> Bool {
        if byte < 0x80 { return byte == 0x2e || byte == 0x21 || byte == 0x3f || byte == 0x0a }
        switch byte {
        case 0xe2, 0xe3, 0xef, 0xe0, 0xe1, 0xd8, 0xdb, 0xd6: return true
        default: return false
        }
    }

    private func end(at offset: Int, limit: Int) -> End? {
        if text[offset] == 0x0a { return lineEnd(at: offset, limit: limit) }
        let mark = Mark(text.scalar(at: offset))
        guard mark != .none else { return nil }
        var isUnspaced = mark == .unspaced
        var isLone = offset == 0 || Mark(text.scalar(at: text.scalarStart(atOrBefore: offset &- 1))) == .none
        var end = text.scalarEnd(after: offset)
        while end < limit {
            // A longer run is a ruled line; following it from each of its marks would cost its square.
            if end &- offset > 64 { return nil }
            let scalar = text.scalar(at: end)
            let more = Mark(scalar)
            if more == .none, !isCloser(scalar) { break }
            if more != .none { isLone = false }
            if more == .unspaced { isUnspaced = true }
            end = text.scalarEnd(after: end)
        }
        let next = text.skipWhite(from: end, to: limit)
        if next == limit || isUnspaced { return End(text: end, next: next) }
        guard next > end else { return nil }
        if hasBlankLine(end, next) { return End(text: end, next: next) }
        if continues(text[next]) { return nil }
        if isLone, text[offset] == 0x2e, isAbbreviation(stopAt: offset, next: next) { return nil }
        return End(text: end, next: next)
    }

    /// Whether what follows a mark goes on with the sentence.
    private func continues(_ byte: UInt8) -> Bool {
        (byte >= 0x61 && byte <= 0x7a) || byte == 0x2c || byte == 0x3b || byte == 0x3a
    }

    private func hasBlankLine(_ low: Int, _ high: Int) -> Bool {
        guard let last = text.lastNewline(from: low, to: high) else { return false }
        return text.lastNewline(from: low, to: last) != nil
    }
}

// MARK: full stops

extension SentenceScanner {
    /// Whether the full stop at `stop` belongs to the word or number before it.
    private func isAbbreviation(stopAt stop: Int, next: Int) -> Bool {
        var start = stop
        var partStart = stop
        var dots = 0
        var longestPart = 0
        while start > 0, stop &- start < 24, isLetter(text[start &- 1]) || text[start &- 1] == 0x2e {
            start &-= 1
            guard text[start] == 0x2e else { continue }
            dots &+= 1
            longestPart = max(longestPart, partStart &- start &- 1)
            partStart = start
        }
        if start == stop { return isListNumber(stopAt: stop) }
        // `e.g`, `U.S`, `Ph.D`, but not the end of a host or file name.
        if dots > 0 { return max(longestPart, partStart &- start) <= 3 }
        if stop &- start == 1 {
            return isCapital(text[start])
                || AbbreviationRules.precedeNumbers.contains(text, start, stop) && isDigit(text[next])
        }
        if AbbreviationRules.never.contains(text, start, stop) { return true }
        return isDigit(text[next]) && AbbreviationRules.precedeNumbers.contains(text, start, stop)
    }

    /// Whether only white space stands between the line's start and the number before the full stop.
    private func isListNumber(stopAt stop: Int) -> Bool {
        var start = stop
        while start > 0, stop &- start < 4, isDigit(text[start &- 1]) { start &-= 1 }
        if start == stop { return false }
        while start > 0, text[start &- 1] == 0x20 || text[start &- 1] == 0x09 { start &-= 1 }
        return start == 0 || text[start &- 1] == 0x0a
    }
}

// MARK: line ends

extension SentenceScanner {
    private func lineEnd(at newline: Int, limit: Int) -> End? {
        let next = text.skipWhite(from: newline, to: limit)
        if next == limit { return nil }
        let end = text.trimWhite(from: newline, downTo: 0)
        guard let last = text.lastNewline(from: end, to: next) else { return nil }
        if last > newline || text.lastNewline(from: end, to: newline) != nil { return End(text: end, next: next) }
        if beginsItem(at: next, limit: limit) { return End(text: end, next: next) }
        let line = text.lastNewline(from: max(0, end &- 1_024), to: end).map { $0 &+ 1 } ?? max(0, end &- 1_024)
        let first = text[text.skipWhite(from: line, to: end)]
        return first == 0x23 || first == 0x7c ? End(text: end, next: next) : nil
    }

    /// Whether a list item, heading, quote, table row or fence begins at `start`.
    private func beginsItem(at start: Int, limit: Int) -> Bool {
        switch text[start] {
        case 0x23, 0x7c, 0x3e: return true
        case 0x2a, 0x2b, 0x2d: return start &+ 1 < limit && isASCIIWhite(text[start &+ 1])
        case 0x60, 0x7e: return start &+ 2 < limit && text[start &+ 1] == text[start] && text[start &+ 2] == text[start]
        case 0xe2: return text.scalar(at: start) == 0x2022
        default:
            var offset = start
            while offset < limit, offset &- start < 4, isDigit(text[offset]) { offset &+= 1 }
            return offset > start && offset &+ 1 < limit && (text[offset] == 0x2e || text[offset] == 0x29)
                && isASCIIWhite(text[offset &+ 1])
        }
    }
}

/// What a scalar means for the end of a sentence.
private enum Mark {
    case none
    /// Ends one when white space follows.
    case spaced
    /// Ends one in any case.
    case unspaced

    @inline(__always)
    init(_ scalar: UInt32) {
        switch scalar {
        case 0x2e, 0x21, 0x3f: self = .spaced
        case 0...0x588: self = .none
        case 0x3002, 0xff01, 0xff1f, 0xff61, 0xff0e: self = .unspaced
        case 0x589, 0x61f, 0x6d4, 0x964, 0x965, 0x104b, 0x1362, 0x17d4, 0x2026, 0x203c, 0x2047...0x2049: self = .spaced
        default: self = .none
        }
    }
}

@inline(__always)
private func isCloser(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x22, 0x27, 0x29, 0x2a, 0x5d, 0x5f, 0x60, 0x7d, 0xbb, 0x2019, 0x201d, 0x203a, 0x300d, 0x300f, 0x3009, 0x300b,
        0x3011, 0xff09:
        true
    default: false
    }
}

@inline(__always)
private func isLetter(_ byte: UInt8) -> Bool { byte >= 0x80 || (byte | 0x20) &- 0x61 < 26 }
@inline(__always)
private func isCapital(_ byte: UInt8) -> Bool { byte &- 0x41 < 26 }
@inline(__always)
private func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
