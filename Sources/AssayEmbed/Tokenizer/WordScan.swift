/// One pass over a text: finds words, normalises them, splits them into pieces.
///
/// Words of ASCII letters and digits take a short way; a word with any other character is gone through scalar by scalar.
@safe struct WordScan<Sink: TokenSink> {
    // Classes of bytes in the fold table; letters and digits have their lower case instead, which is above all of these.
    private static var drop: UInt8 { 0 }
    private static var space: UInt8 { 1 }
    private static var punctuation: UInt8 { 2 }
    private static var bracket: UInt8 { 3 }
    private static var wide: UInt8 { 4 }
    private static var firstLetter: UInt8 { UInt8(ascii: "0") }

    private let text: UnsafePointer<UInt8>
    private let count: Int
    private let fold: UnsafePointer<UInt8>
    private let vocabulary: WordPieceVocabulary
    private let normalization = BertNormalization.uncased
    private let pieces: WordPieces
    private var sink: Sink
    private var word = PendingWord()

    init(
        text: UnsafePointer<UInt8>,
        count: Int,
        fold: UnsafePointer<UInt8>,
        vocabulary: WordPieceVocabulary,
        sink: consuming Sink
    ) {
        unsafe self.text = unsafe text
        self.count = count
        unsafe self.fold = unsafe fold
        self.vocabulary = vocabulary
        pieces = WordPieces()
        self.sink = sink
    }

    /// What each byte is: a letter's lower case, or its class.
    static func foldTable() -> [UInt8] {
        (0..<256).map { value in
            let byte = UInt8(value)
            if byte >= 0x80 { return wide }
            if byte == UInt8(ascii: "[") { return bracket }
            let entry = BertNormalization.uncased[UInt32(value)]
            switch entry.kind {
            case .space: return space
            case .punctuation: return punctuation
            case .drop, .dropStarter: return drop
            case .mapped: return UInt8(truncatingIfNeeded: entry.payload)
            default: return byte
            }
        }
    }

    /// Goes through the whole text.
    mutating func run() {
        var position = 0
        while position < count {
            let folded = unsafe fold[Int(text[position])]
            if folded >= Self.firstLetter {
                position = plainWord(from: position)
            } else if folded == Self.space || folded == Self.drop {
                position += 1
            } else if folded == Self.wide {
                position = anyWord(from: position)
            } else if folded == Self.bracket, let token = spelledToken(at: position) {
                sink.add(token.id, position, position + token.length)
                position += token.length
            } else {
                unsafe pieces.bytes[0] = unsafe text[position]
                split(1, plainStart: position)
                position += 1
            }
        }
    }

    /// Gives back the sink and frees the buffers.
    consuming func finish() -> Sink {
        pieces.deallocate()
        return sink
    }

    /// A word of ASCII letters and digits from `start`; returns the position after it.
    private mutating func plainWord(from start: Int) -> Int {
        var position = start
        var hash = TokenTable.seed
        var folded = unsafe fold[Int(text[position])]
        repeat {
            let length = position - start
            if length < WordPieces.characterLimit {
                unsafe pieces.bytes[length] = folded
                hash = TokenTable.add(folded, to: hash)
            }
            position += 1
            folded = position < count ? unsafe fold[Int(text[position])] : Self.space
        } while folded >= Self.firstLetter
        if folded == Self.drop || (folded == Self.wide && !endsWord(at: position)) { return anyWord(from: start) }
        let length = position - start
        if length > WordPieces.characterLimit {
            sink.add(vocabulary.unknown, start, position)
        } else if let id = unsafe vocabulary.beginnings.id(of: pieces.bytes, count: length, hash: hash) {
            sink.add(id, start, position)
        } else {
            split(length, plainStart: start)
        }
        return position
    }

    /// Whether the scalar at `position` ends an ASCII word that stands before it.
    private func endsWord(at position: Int) -> Bool {
        let entry = normalization[scalar(at: position).value]
        return entry.kind == .space || entry.kind == .punctuation || entry.isIdeograph
    }

    /// Words from `start` up to the next white space or ASCII punctuation, scalar by scalar; returns the position there.
    private mutating func anyWord(from start: Int) -> Int {
        var position = start
        while position < count {
            let folded = unsafe fold[Int(text[position])]
            if folded == Self.space || folded == Self.punctuation || folded == Self.bracket { break }
            let (value, length) = scalar(at: position)
            let end = position + length
            let entry = normalization[value]
            switch entry.kind {
            case .space: flush()
            case .drop: break
            case .dropStarter: word.endRun()
            case .hangul: addSyllable(value, position, end)
            case .keep, .mapped:
                let result = entry.kind == .keep ? value : entry.payload
                if entry.isIdeograph { flush() }
                word.add(result, position, end, combiningClass: entry.combiningClass)
                if entry.isIdeograph { flush() }
            case .punctuation: addResult(value, position, end)
            case .sequence:
                for result in normalization.sequence(entry) { addResult(result, position, end) }
            }
            position = end
        }
        flush()
        return position
    }

    /// A scalar that normalization gave: it stays, but may be punctuation or a mark.
    private mutating func addResult(_ value: UInt32, _ start: Int, _ end: Int) {
        let entry = normalization[value]
        if entry.kind == .punctuation { flush() }
        word.add(value, start, end, combiningClass: entry.combiningClass)
        if entry.kind == .punctuation { flush() }
    }

    /// Hangul syllables fall apart into two or three jamo (The Unicode Standard, section 3.12).
    private mutating func addSyllable(_ value: UInt32, _ start: Int, _ end: Int) {
        let index = value - 0xac00
        word.add(0x1100 + index / 588, start, end, combiningClass: 0)
        word.add(0x1161 + index % 588 / 28, start, end, combiningClass: 0)
        if index % 28 > 0 { word.add(0x11a7 + index % 28, start, end, combiningClass: 0) }
    }

    /// Splits the word gone through so far and begins a new one.
    private mutating func flush() {
        if word.count == 0 { return }
        if word.count > WordPieces.characterLimit {
            sink.add(vocabulary.unknown, word.start, word.end)
        } else {
            let length = word.encode(into: pieces)
            split(length, plainStart: nil)
        }
        word.clear()
    }

    /// Longest match first over the first `length` bytes of `pieces`; with `plainStart` byte i stands there + i in the text.
    private mutating func split(_ length: Int, plainStart: Int?) {
        let found = pieces.split(length, vocabulary)
        if found == 0 {
            if let plainStart {
                sink.add(vocabulary.unknown, plainStart, plainStart + length)
            } else {
                sink.add(vocabulary.unknown, word.start, word.end)
            }
            return
        }
        var from = 0
        for index in 0..<found {
            let to = unsafe Int(pieces.ends[index])
            if let plainStart {
                unsafe sink.add(pieces.ids[index], plainStart + from, plainStart + to)
            } else {
                unsafe sink.add(pieces.ids[index], pieces.sourceStarts[from], pieces.sourceEnds[to - 1])
            }
            from = to
        }
    }

    private func spelledToken(at position: Int) -> (id: UInt32, length: Int)? {
        for token in vocabulary.spelled where token.bytes.count <= count - position {
            var same = true
            for (offset, byte) in token.bytes.enumerated() where unsafe text[position + offset] != byte { same = false }
            if same { return (token.id, token.bytes.count) }
        }
        return nil
    }

    /// The scalar at `position`; U+FFFD, which is dropped, for a byte that begins none.
    @inline(__always)
    private func scalar(at position: Int) -> (value: UInt32, length: Int) {
        let first = unsafe UInt32(text[position])
        if first < 0x80 { return (first, 1) }
        let length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
        guard first >= 0xc2, first < 0xf5, position + length <= count else { return (0xfffd, 1) }
        var value = first & (0x7f >> UInt32(length))
        for offset in 1..<length {
            let next = unsafe UInt32(text[position + offset])
            guard next & 0xc0 == 0x80 else { return (0xfffd, 1) }
            value = value << 6 | next & 0x3f
        }
        guard value < 0x110000, value < 0xd800 || value > 0xdfff else { return (0xfffd, 1) }
        return (value, length)
    }
}
