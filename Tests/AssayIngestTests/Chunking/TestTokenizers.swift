import AssayModel

/// Words and punctuation in pieces of at most four scalars; words of more than `longest` scalars are one token, as in WordPiece.
struct PieceTokenizer: TextTokenizer {
    var limit = 256
    var specialTokens = 2
    var longest = Int.max

    func tokenRanges(of text: UnsafeBufferPointer<UInt8>) -> TokenRanges {
        var ranges = TokenRanges()
        var word: [Int] = []  // starts of the scalars of the open word
        var offset = 0
        while offset < text.count {
            let byte = unsafe text[offset]
            let length = byte < 0xc0 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4
            let kind = byte < 0x80 ? Self.ascii[Int(byte)] : unsafe Self.isWideWhite(text, offset) ? .white : .ink
            if kind != .ink { close(&word, at: offset, &ranges) }
            if kind == .mark { close([offset], at: offset + 1, &ranges) }
            if kind == .ink { word.append(offset) }
            offset += length
        }
        close(&word, at: offset, &ranges)
        return ranges
    }

    private enum Kind { case white, mark, ink }

    private static let ascii: [Kind] = (0..<128).map { byte in
        let scalar = Unicode.Scalar(UInt8(byte))
        if scalar.properties.isWhitespace { return .white }
        return scalar.properties.isAlphabetic || (48...57).contains(byte) ? .ink : .mark
    }

    private static func isWideWhite(_ text: UnsafeBufferPointer<UInt8>, _ offset: Int) -> Bool {
        let byte = unsafe text[offset]
        if byte != 0xc2, !(0xe1...0xe3).contains(byte) { return false }
        let scalar = unsafe String(decoding: text[offset..<min(offset + 3, text.count)], as: UTF8.self).unicodeScalars
            .first
        return scalar?.properties.isWhitespace ?? false
    }

    private func close(_ word: inout [Int], at end: Int, _ ranges: inout TokenRanges) {
        close(word, at: end, &ranges)
        word.removeAll(keepingCapacity: true)
    }

    private func close(_ word: [Int], at end: Int, _ ranges: inout TokenRanges) {
        var first = 0
        while first < word.count {
            let past = word.count > longest ? word.count : min(first + 4, word.count)
            ranges.starts.append(UInt32(word[first]))
            ranges.ends.append(UInt32(past < word.count ? word[past] : end))
            first = past
        }
    }

    func count(_ text: String) -> Int {
        var text = text
        return text.withUTF8 { unsafe tokenRanges(of: $0).count }
    }
}

/// Every byte that is not ASCII white space is a token, as a byte-level tokenizer does at worst: tokens cut scalars.
struct ByteTokenizer: TextTokenizer {
    var limit = 64
    var specialTokens = 1

    func tokenRanges(of text: UnsafeBufferPointer<UInt8>) -> TokenRanges {
        var ranges = TokenRanges()
        for (offset, byte) in unsafe Array(text).enumerated() where byte != 32 && !(9...13).contains(byte) {
            ranges.starts.append(UInt32(offset))
            ranges.ends.append(UInt32(offset) + 1)
        }
        return ranges
    }

    func count(_ text: String) -> Int { text.utf8.count { $0 != 32 && !(9...13).contains($0) } }
}
