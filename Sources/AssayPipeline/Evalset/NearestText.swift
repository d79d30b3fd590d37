import AssayModel

/// Finds the passage of a text that shares most words with a quote: what a label that no longer matches probably meant.
struct NearestText {
    /// The passage, white space collapsed, and the share of the quote's words that it has.
    struct Match: Sendable, Equatable {
        var text: String
        var overlap: Double
    }

    private let words: [(key: String, range: Range<String.Index>)]
    private let text: String

    init(_ text: String) {
        self.text = text
        words = Self.words(text)
    }

    /// The best window of about the quote's length, nil when less than a third of the quote's words are in it.
    func match(_ quote: String) -> Match? {
        let wanted = Self.words(quote).map(\.key)
        guard !wanted.isEmpty, !words.isEmpty else { return nil }
        var missing = Dictionary(wanted.map { ($0, 1) }, uniquingKeysWith: +)
        let size = min(wanted.count, words.count)
        var shared = 0
        var best = (shared: 0, start: 0)
        for end in words.indices {
            if let left = missing[words[end].key] {
                if left > 0 { shared += 1 }
                missing[words[end].key] = left - 1
            }
            if end >= size, let left = missing[words[end - size].key] {
                if left >= 0 { shared -= 1 }
                missing[words[end - size].key] = left + 1
            }
            if shared > best.shared { best = (shared, max(0, end - size + 1)) }
        }
        let overlap = Double(best.shared) / Double(wanted.count)
        guard overlap >= 1.0 / 3 else { return nil }
        let last = min(best.start + size, words.count) - 1
        let passage = text[words[best.start].range.lowerBound..<words[last].range.upperBound]
        let plain = passage.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return Match(text: plain, overlap: overlap)
    }

    /// Lower-cased runs of letters and digits with their places.
    private static func words(_ text: String) -> [(key: String, range: Range<String.Index>)] {
        var words: [(key: String, range: Range<String.Index>)] = []
        var start: String.Index?
        var index = text.startIndex
        while index < text.endIndex {
            let isWord = text[index].isLetter || text[index].isNumber
            if isWord, start == nil { start = index }
            if !isWord, let first = start {
                words.append((text[first..<index].lowercased(), first..<index))
                start = nil
            }
            index = text.index(after: index)
        }
        if let first = start { words.append((text[first...].lowercased(), first..<text.endIndex)) }
        return words
    }
}
