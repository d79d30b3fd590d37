/// Finds the words of UTF-8 text as Lucene's `StandardTokenizer` does (UAX #29 word boundaries; segments without letter or digit
/// are no words; a word ends after 255 characters), in lower case and without the English possessive `'s`.
///
/// Text that is plain ASCII around a word takes a path of its own; both paths give the same words.
@safe struct WordScanner: ~Copyable {
    /// Characters of a word at most; the rest is the next word, as in Lucene.
    static let longestWord = 255

    /// Four bytes a character.
    private let word: UnsafeMutablePointer<UInt8>
    private let classes: UnsafeMutablePointer<UInt8>
    /// For tests: never takes the ASCII path.
    private let onlySlow: Bool

    init(onlySlow: Bool = false) {
        self.onlySlow = onlySlow
        unsafe word = .allocate(capacity: Self.longestWord * 4 + 8)
        unsafe classes = .allocate(capacity: 256)
        for byte in 0..<256 {
            unsafe classes[byte] = byte < 128 ? WordClass.ascii[byte].rawValue : Self.notASCII
        }
    }

    deinit {
        unsafe word.deallocate()
        unsafe classes.deallocate()
    }

    private static let notASCII: UInt8 = 255

    /// Calls `body` with the bytes of each word; the buffer is valid during the call only.
    @inline(__always)
    func forEachWord(in text: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) throws -> Void) rethrows
    {
        guard let bytes = text.baseAddress else { return }
        var position = 0
        while position < text.count {
            let kind = unsafe classes[Int(bytes[position])]
            if kind == WordClass.letter.rawValue || kind == WordClass.digit.rawValue
                || kind == WordClass.connector.rawValue
            {
                let end = unsafe onlySlow ? nil : asciiEnd(bytes, position, text.count)
                if let end {
                    try unsafe emitASCII(bytes, position, end.position, hasWord: end.hasWord, body)
                    position = end.position
                } else {
                    position = try unsafe scanSlowly(text, from: position, body)
                }
            } else if kind == Self.notASCII {
                position = try unsafe scanSlowly(text, from: position, body)
            } else {
                position &+= 1
            }
        }
    }

    /// Where the word that starts at `start` ends, nil when other than ASCII has a say in it.
    @inline(__always)
    private func asciiEnd(
        _ bytes: UnsafePointer<UInt8>,
        _ start: Int,
        _ count: Int
    ) -> (position: Int, hasWord: Bool)? {
        let letter = WordClass.letter.rawValue
        let digit = WordClass.digit.rawValue
        var position = start
        var last: UInt8 = 0
        var hasWord = false
        while position < count {
            let kind = unsafe classes[Int(bytes[position])]
            switch kind {
            case letter, digit:
                hasWord = true
            case WordClass.connector.rawValue:
                break
            case Self.notASCII:
                return nil
            case WordClass.midBoth.rawValue, WordClass.midLetter.rawValue, WordClass.midNumber.rawValue:
                guard position &+ 1 < count else { return (position, hasWord) }
                let next = unsafe classes[Int(bytes[position &+ 1])]
                if next == Self.notASCII { return nil }
                let joins =
                    last == next
                    && (last == letter && kind != WordClass.midNumber.rawValue
                        || last == digit && kind != WordClass.midLetter.rawValue)
                if !joins { return (position, hasWord) }
            default:
                return (position, hasWord)
            }
            last = kind
            position &+= 1
        }
        return (position, hasWord)
    }

    @inline(__always)
    private func emitASCII(
        _ bytes: UnsafePointer<UInt8>,
        _ start: Int,
        _ end: Int,
        hasWord: Bool,
        _ body: (UnsafeBufferPointer<UInt8>) throws -> Void
    ) rethrows {
        guard hasWord else { return }
        var from = start
        while from < end {
            let count = min(end &- from, Self.longestWord)
            for offset in 0..<count {
                let byte = unsafe bytes[from &+ offset]
                let isUpper = byte &- UInt8(ascii: "A") < 26
                unsafe word[offset] = isUpper ? byte | 0x20 : byte
            }
            try unsafe body(UnsafeBufferPointer(start: word, count: withoutPossessive(count)))
            from &+= count
        }
    }

    /// The length of `word` without `'s`, `’s` or `＇s` at its end (Lucene's `EnglishPossessiveFilter`).
    @inline(__always)
    private func withoutPossessive(_ count: Int) -> Int {
        guard count >= 2, unsafe word[count &- 1] == UInt8(ascii: "s") else { return count }
        if unsafe word[count &- 2] == UInt8(ascii: "'") { return count &- 2 }
        guard count >= 4 else { return count }
        let mark = unsafe (word[count &- 4], word[count &- 3], word[count &- 2])
        return mark == (0xe2, 0x80, 0x99) || mark == (0xef, 0xbc, 0x87) ? count &- 4 : count
    }

    /// Handles one segment that starts at `start` with any characters; returns where it ends.
    @inline(never)
    private func scanSlowly(
        _ text: UnsafeBufferPointer<UInt8>,
        from start: Int,
        _ body: (UnsafeBufferPointer<UInt8>) throws -> Void
    ) rethrows -> Int {
        let segment = unsafe WordSegment(in: text, from: start)
        guard segment.isWord else { return segment.end }
        var position = start
        var characters = 0
        var count = 0
        while position < segment.end {
            let (scalar, next) = unsafe decodeScalar(text, position)
            for byte in lowercased(scalar) {
                unsafe word[count] = byte
                count += 1
            }
            characters += 1
            position = next
            if characters == Self.longestWord || position == segment.end {
                try unsafe body(UnsafeBufferPointer(start: word, count: withoutPossessive(count)))
                characters = 0
                count = 0
            }
        }
        return segment.end
    }
}

/// The UTF-8 bytes of the simple lower case of `scalar`, at most four, as Java's `Character.toLowerCase` has it.
private func lowercased(_ scalar: Unicode.Scalar) -> Unicode.UTF8.EncodedScalar {
    let mapped = scalar.properties.lowercaseMapping.unicodeScalars
    // Only U+0130 has a longer mapping: i and a combining dot, of which the simple mapping keeps the i.
    let lower = mapped.first ?? scalar
    return Unicode.UTF8.encode(lower) ?? Unicode.UTF8.encodedReplacementCharacter
}

/// The character at `position` and where the next one starts; broken UTF-8 reads as U+FFFD.
@inline(__always)
func decodeScalar(_ text: UnsafeBufferPointer<UInt8>, _ position: Int) -> (Unicode.Scalar, Int) {
    let first = UInt32(unsafe text[position])
    if first < 0x80 { return (Unicode.Scalar(UInt8(first)), position + 1) }
    let length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
    guard first >= 0xc2, position + length <= text.count else { return ("\u{fffd}", position + 1) }
    var value = first & (0x7f >> UInt32(length))
    for offset in 1..<length {
        let byte = UInt32(unsafe text[position + offset])
        guard byte & 0xc0 == 0x80 else { return ("\u{fffd}", position + 1) }
        value = value << 6 | byte & 0x3f
    }
    return (Unicode.Scalar(value) ?? "\u{fffd}", position + length)
}
