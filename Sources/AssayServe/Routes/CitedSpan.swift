/// The sentence of a passage that a cited statement most likely rests on.
///
/// A citation names a passage, not a sentence: the one that shares most words with the statement is shown. It is a help for readers,
/// not a measurement.
enum CitedSpan {
    /// The statement that a mark at byte `mark` closes: back to the end of the sentence before it.
    static func statement(before mark: Int, in answer: String) -> String {
        let bytes = Array(answer.utf8.prefix(mark))
        var end = bytes.count
        while end > 0, [0x20, 0x0A].contains(bytes[end - 1]) { end -= 1 }
        // A full stop just before the mark belongs to the statement.
        var start = max(0, end - 1)
        while start > 0 {
            let isEnd = [0x2E, 0x21, 0x3F, 0x5D, 0x0A].contains(bytes[start - 1])
            if isEnd, start < end, [0x20, 0x0A].contains(bytes[start]) || bytes[start - 1] == 0x0A { break }
            start -= 1
        }
        while start < end, [0x20, 0x0A].contains(bytes[start]) { start += 1 }
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }

    /// The sentence of `passage` that shares most words with `statement`, as a byte range; the whole passage when none shares any.
    static func find(statement: String, in passage: String) -> Range<Int> {
        let wanted = words(statement[...])
        let whole = 0..<passage.utf8.count
        guard !wanted.isEmpty else { return whole }
        var best: (range: Range<Int>, score: Double)?
        for range in sentences(passage) {
            let view = passage.utf8
            let start = view.index(view.startIndex, offsetBy: range.lowerBound)
            let found = words(passage[start..<view.index(start, offsetBy: range.count)])
            guard !found.isEmpty else { continue }
            let shared = Double(wanted.intersection(found).count)
            let score = 2 * shared / Double(wanted.count + found.count)
            if shared > 0, score > best?.score ?? 0 { best = (range, score) }
        }
        return best?.range ?? whole
    }

    /// Byte ranges of sentences: up to `.`, `!` or `?` with white space after it, or to an empty line.
    static func sentences(_ text: String) -> [Range<Int>] {
        let bytes = Array(text.utf8)
        var ranges: [Range<Int>] = []
        var start = 0
        func close(_ end: Int) {
            var first = start
            var last = end
            while first < last, bytes[first] <= 0x20 { first += 1 }
            while last > first, bytes[last - 1] <= 0x20 { last -= 1 }
            if first < last { ranges.append(first..<last) }
            start = end
        }
        for position in bytes.indices {
            let next = position + 1 < bytes.count ? bytes[position + 1] : 0x0A
            if [0x2E, 0x21, 0x3F].contains(bytes[position]), next <= 0x20 { close(position + 1) }
            if bytes[position] == 0x0A, next == 0x0A { close(position + 1) }
        }
        close(bytes.count)
        return ranges
    }

    private static func words(_ text: Substring) -> Set<String> {
        Set(text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init).filter { $0.count > 1 })
    }
}
