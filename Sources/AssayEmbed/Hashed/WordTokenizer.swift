package import AssayModel

/// Words and punctuation marks as tokens: runs of letters, digits and marks, and every other visible scalar by itself.
package struct WordTokenizer: TextTokenizer {
    /// Tokens at most in one embedded text.
    package let limit: Int
    /// None.
    package var specialTokens: Int { 0 }

    /// Creates a tokenizer.
    package init(limit: Int) { self.limit = limit }

    /// Byte ranges of the tokens of `text`, in order.
    package func tokenRanges(of text: UnsafeBufferPointer<UInt8>) -> TokenRanges {
        precondition(text.count < UInt32.max, "a text has fewer than 4 GiB")
        var ranges = TokenRanges()
        var position = 0
        var wordStart: Int?
        func endWord(_ end: Int) {
            guard let start = wordStart else { return }
            // Repaired bytes are longer than those they stand for: ranges stay inside the text all the same.
            ranges.starts.append(UInt32(min(start, text.count)))
            ranges.ends.append(UInt32(min(end, text.count)))
            wordStart = nil
        }
        for scalar in unsafe String(decoding: text, as: UTF8.self).unicodeScalars {
            let length = UTF8.width(scalar)
            if scalar.properties.isAlphabetic || scalar.properties.numericType != nil || Self.isMark(scalar) {
                if wordStart == nil { wordStart = position }
            } else {
                endWord(position)
                if !scalar.properties.isWhitespace {
                    wordStart = position
                    endWord(position + length)
                }
            }
            position += length
        }
        endWord(position)
        return ranges
    }

    /// Number of tokens of `text`.
    package func count(_ text: String) -> Int {
        var text = text
        return text.withUTF8 { unsafe tokenRanges(of: $0).count }
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: true
        default: false
        }
    }
}
