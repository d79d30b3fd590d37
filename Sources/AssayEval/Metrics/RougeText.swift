/// ROUGE as Google's `rouge-score` computes it with `use_stemmer=False` (Lin 2004).
enum RougeText {
    /// Runs of a–z and 0–9 of the lower-cased text.
    static func tokens(_ text: String) -> [Substring] {
        text.lowercased().unicodeScalars.split { scalar in
            switch scalar.value {
            case 97...122, 48...57: false
            default: true
            }
        }.map { Substring($0) }
    }

    /// F1 of n-grams, clipped to how often each occurs in both; 0 when a text has none.
    static func ngramF1(_ answer: [Substring], _ reference: [Substring], n: Int) -> Double {
        let answer = ngrams(answer, n)
        let reference = ngrams(reference, n)
        return f1(shared: sharedCount(answer, reference), answer.count, reference.count)
    }

    /// F1 of the longest common subsequence of tokens.
    static func longestCommonF1(_ answer: [Substring], _ reference: [Substring]) -> Double {
        f1(shared: longestCommon(answer, reference), answer.count, reference.count)
    }

    /// Length of the longest common subsequence, 64 cells of a row at once (Hyyrö 2004), so that pages of text stay cheap.
    static func longestCommon<Element: Hashable>(_ left: [Element], _ right: [Element]) -> Int {
        var places: [Element: [Int]] = [:]
        for (index, element) in left.enumerated() { places[element, default: []].append(index) }
        let words = (left.count + 63) / 64
        var mask = [UInt64](repeating: 0, count: words)
        // A zero bit of the row is a place where the length of the common subsequence grows.
        var row = [UInt64](repeating: .max, count: words)
        for element in right {
            guard let matches = places[element] else { continue }
            for place in matches { mask[place / 64] |= 1 << UInt64(place % 64) }
            var carry: UInt64 = 0
            for word in 0..<words {
                let (sum, first) = row[word].addingReportingOverflow(row[word] & mask[word])
                let (total, second) = sum.addingReportingOverflow(carry)
                carry = first || second ? 1 : 0
                row[word] = total | (row[word] & ~mask[word])
            }
            for place in matches { mask[place / 64] = 0 }
        }
        var length = 0
        for (index, word) in row.enumerated() {
            let used = min(64, left.count - index * 64)
            let valid: UInt64 = used == 64 ? .max : (1 << UInt64(used)) - 1
            length += (~word & valid).nonzeroBitCount
        }
        return length
    }

    private static func ngrams(_ tokens: [Substring], _ n: Int) -> [ArraySlice<Substring>] {
        tokens.count < n ? [] : (0...(tokens.count - n)).map { tokens[$0..<($0 + n)] }
    }

    private static func f1(shared: Int, _ answer: Int, _ reference: Int) -> Double {
        guard shared > 0 else { return 0 }
        let precision = Double(shared) / Double(answer)
        let recall = Double(shared) / Double(reference)
        return 2 * precision * recall / (precision + recall)
    }
}
