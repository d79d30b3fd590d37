import AssayModel

/// Makes the text of a document from UTF-8 bytes of a file: line ends become `\n`, invisible characters go and are
/// counted, everything else stays; and notes where each line came from.
///
/// Every line of the text starts a run, and so does every place where characters were left out within a line, so
/// `run.line` is exact for each byte and `run.byte + (offset - run.text)` is its place in the file.
struct TextCleaner {
    /// The text so far.
    private(set) var bytes: [UInt8] = []
    /// Where it came from so far.
    private(set) var runs: [SourceMap.Run] = []
    /// What was left out so far.
    private(set) var stripped = StrippedCharacters()
    /// Whether the text so far differs from the bytes it was made from.
    private(set) var hasChanges = false
    private let tracksBytes: Bool
    private let tracksRuns: Bool

    /// Creates a cleaner.
    ///
    /// - Parameters:
    ///   - tracksRuns: Whether a source map is wanted.
    ///   - tracksBytes: Whether runs tell bytes; false when the bytes were decoded from another encoding first.
    init(tracksRuns: Bool = true, tracksBytes: Bool = true) {
        self.tracksRuns = tracksRuns
        self.tracksBytes = tracksBytes
    }

    /// The text, without copying the bytes twice.
    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The source map; a line that would start after the last byte of the text is no run.
    var sourceMap: SourceMap {
        var runs = runs
        while let last = runs.last, last.text >= bytes.count { runs.removeLast() }
        return SourceMap(runs)
    }

    /// Whether nothing but white space was left.
    var isBlank: Bool { bytes.allSatisfy { $0 == 0x20 || $0 == 0x0A || $0 == 0x09 } }

    /// Adds the bytes `range` of a file.
    ///
    /// - Parameters:
    ///   - source: The file's bytes.
    ///   - range: Which of them.
    ///   - line: Line of the first one, from 1.
    /// - Returns: Line after the last byte.
    /// - Throws: `InvalidUTF8` with the offset of the first byte that is not UTF-8.
    @discardableResult
    mutating func append(
        _ source: UnsafeBufferPointer<UInt8>,
        range: Range<Int>,
        line: Int
    ) throws(InvalidUTF8) -> Int {
        var line = line
        var position = range.lowerBound
        // Bytes before `position` from here on are clean and wait to be copied as one piece.
        var clean = range.lowerBound
        bytes.reserveCapacity(bytes.count + range.count)
        mark(line: line, byte: position)
        while true {
            position = unsafe skipPrintableASCII(source, from: position, to: range.upperBound)
            guard position < range.upperBound else { break }
            let byte = unsafe source[position]
            if byte == 0x0A {
                position += 1
                unsafe bytes.append(contentsOf: source[clean..<position])
                clean = position
                line += 1
                mark(line: line, byte: position)
            } else if byte == 0x0D {
                hasChanges = true
                unsafe bytes.append(contentsOf: source[clean..<position])
                bytes.append(0x0A)
                position += 1
                if position < range.upperBound, unsafe source[position] == 0x0A { position += 1 }
                clean = position
                line += 1
                mark(line: line, byte: position)
            } else {
                guard let scalar = unsafe decodeScalar(source, at: position) else {
                    throw InvalidUTF8(offset: position)
                }
                guard let kind = InvisibleCharacters.kind(of: scalar.value) else {
                    position += scalar.length
                    continue
                }
                stripped.count(kind)
                hasChanges = true
                unsafe bytes.append(contentsOf: source[clean..<position])
                position += scalar.length
                clean = position
                mark(line: line, byte: position)
            }
        }
        unsafe bytes.append(contentsOf: source[clean..<range.upperBound])
        return line
    }

    /// Notes that the text from here on comes from `line` and `byte` of the file.
    private mutating func mark(line: Int, byte: Int) {
        guard tracksRuns else { return }
        let run = SourceMap.Run(text: bytes.count, line: line, byte: tracksBytes ? byte : nil)
        if let last = runs.last, last.text == run.text { runs.removeLast() }
        runs.append(run)
    }

    /// `text` without invisible characters and with `\n` line ends; what is left out is added to `stripped`.
    static func clean(_ text: String, counting stripped: inout StrippedCharacters) -> String {
        var text = text
        // A String is valid UTF-8, so the throwing branch cannot be reached; it would keep the text as it is.
        let cleaned: TextCleaner? = text.withUTF8 { bytes in
            var cleaner = TextCleaner(tracksRuns: false)
            do { unsafe try cleaner.append(bytes, range: 0..<bytes.count, line: 1) } catch { return nil }
            return cleaner
        }
        guard let cleaned, cleaned.hasChanges else { return text }
        stripped += cleaned.stripped
        return cleaned.text
    }
}

/// Bytes that are not UTF-8.
struct InvalidUTF8: Error, Equatable {
    /// Offset of the first bad byte.
    var offset: Int
}

/// The first position from `start` on that is not an ASCII character from U+0020 to U+007E or a tab; `end` when there is none.
///
/// Eight bytes at a time: most text is such characters.
func skipPrintableASCII(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int) -> Int {
    guard let base = unsafe UnsafeRawPointer(bytes.baseAddress) else { return end }
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs: UInt64 = 0x8080_8080_8080_8080
    var position = start
    while position + 8 <= end {
        let word = unsafe UInt64(littleEndian: base.loadUnaligned(fromByteOffset: position, as: UInt64.self))
        let isDelete = word ^ (ones &* 0x7F)
        // The lowest flag set is exact; higher ones may be borrow, which the next round sorts out.
        let flags = (word | ((word &- ones &* 0x20) & ~word) | ((isDelete &- ones) & ~isDelete)) & highs
        if flags == 0 {
            position += 8
            continue
        }
        position += flags.trailingZeroBitCount >> 3
        if unsafe bytes[position] != 0x09 { return position }
        position += 1
    }
    while position < end {
        let byte = unsafe bytes[position]
        guard byte == 0x09 || (byte >= 0x20 && byte < 0x7F) else { return position }
        position += 1
    }
    return end
}
