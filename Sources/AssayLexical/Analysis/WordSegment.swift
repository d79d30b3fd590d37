/// One segment between word boundaries (UAX #29, rules WB4 to WB13b), found character by character.
struct WordSegment {
    /// Where it ends.
    private(set) var end: Int
    /// Whether it holds a letter or digit (or is a character or run that is a word by itself).
    private(set) var isWord: Bool

    /// The segment that starts at `start`.
    init(in text: UnsafeBufferPointer<UInt8>, from start: Int) {
        let (first, next) = unsafe decodeScalar(text, start)
        var last = WordClass(first)
        end = next
        isWord = last.isWordLike
        switch last {
        case .letter, .hebrew, .digit, .katakana, .connector: break
        case .single, .complex: isWord = true
        default: return
        }
        end = unsafe Self.skippingExtend(text, end)
        while let follower = unsafe Self.follower(text, of: last, at: end) {
            last = follower.kind
            end = follower.end
            isWord = isWord || last.isWordLike
        }
    }

    /// The end of what continues a segment whose last character is of class `last`, nil at a boundary.
    private static func follower(
        _ text: UnsafeBufferPointer<UInt8>,
        of last: WordClass,
        at position: Int
    ) -> (kind: WordClass, end: Int)? {
        guard let next = unsafe classified(text, position) else { return nil }
        if joins(last, next.kind) { return next }
        switch next.kind {
        case .midLetter, .midNumber, .midBoth, .doubleQuote: break
        default: return nil
        }
        // WB6, WB7, WB11, WB12, WB7b, WB7c: a mark within letters or within digits.
        if let after = unsafe classified(text, next.end), spans(last, next.kind, after.kind) { return after }
        // WB7a: an apostrophe after a Hebrew letter.
        let isQuote = unsafe text[position] == UInt8(ascii: "'")
        return last == .hebrew && isQuote ? (.other, next.end) : nil
    }

    /// WB5, WB8, WB9, WB10, WB13, WB13a, WB13b, and runs of scripts without spaces.
    private static func joins(_ left: WordClass, _ right: WordClass) -> Bool {
        switch (left, right) {
        case (.letter, .letter), (.letter, .hebrew), (.hebrew, .letter), (.hebrew, .hebrew): true
        case (.digit, .digit), (.digit, .letter), (.digit, .hebrew), (.letter, .digit), (.hebrew, .digit): true
        case (.katakana, .katakana), (.complex, .complex), (.connector, .connector): true
        case (.connector, let other), (let other, .connector): other.isWordLike
        default: false
        }
    }

    private static func spans(_ left: WordClass, _ mark: WordClass, _ right: WordClass) -> Bool {
        switch mark {
        case .midLetter: left.isLetter && right.isLetter
        case .midNumber: left == .digit && right == .digit
        case .midBoth: left.isLetter && right.isLetter || left == .digit && right == .digit
        case .doubleQuote: left == .hebrew && right == .hebrew
        default: false
        }
    }

    /// The class of the character at `position` and the end of it with all that extends it (WB4).
    private static func classified(
        _ text: UnsafeBufferPointer<UInt8>,
        _ position: Int
    ) -> (kind: WordClass, end: Int)? {
        guard position < text.count else { return nil }
        let (scalar, next) = unsafe decodeScalar(text, position)
        return (WordClass(scalar), unsafe skippingExtend(text, next))
    }

    private static func skippingExtend(_ text: UnsafeBufferPointer<UInt8>, _ position: Int) -> Int {
        var position = position
        while position < text.count, unsafe text[position] >= 0x80 {
            let (scalar, next) = unsafe decodeScalar(text, position)
            guard WordClass(scalar) == .extend else { break }
            position = next
        }
        return position
    }
}
