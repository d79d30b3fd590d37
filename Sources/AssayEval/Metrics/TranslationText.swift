#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// BLEU of one sentence as `sacrebleu.sentence_bleu` computes it.
///
/// Tokenizer 13a, exponential smoothing, effective order (Papineni et al. 2002, Post 2018).
enum BleuText {
    /// BLEU in 0…1.
    static func score(_ answer: String, _ reference: String) -> Double {
        let answer = tokens(answer)
        let reference = tokens(reference)
        var logs = 0.0
        var order = 0
        var smoothing = 1.0
        var anyShared = false
        for n in 1...4 {
            let total = answer.count - n + 1
            guard total > 0 else { break }
            order = n
            let shared = sharedCount(ngrams(answer, n), ngrams(reference, n))
            if shared > 0 {
                anyShared = true
                logs += log(Double(shared) / Double(total))
            } else {
                smoothing *= 2
                logs += log(1 / (smoothing * Double(total)))
            }
        }
        guard anyShared else { return 0 }
        let brevity = answer.count >= reference.count ? 0 : 1 - Double(reference.count) / Double(answer.count)
        return exp(brevity + logs / Double(order))
    }

    /// Tokens of mteval-v13a: symbols apart, period and comma apart unless between digits, a dash behind a digit apart.
    ///
    /// Tokens are scalars, not strings: Swift holds é and e with an accent for equal, sacrebleu does not.
    static func tokens(_ text: String) -> [[Unicode.Scalar]] {
        var text = text.replacing("<skipped>", with: "")
        while let last = text.unicodeScalars.last, SquadText.isSpace(last) { text.unicodeScalars.removeLast() }
        text = text.replacing("-\n", with: "").replacing("\n", with: " ")
        for (entity, character) in [("&quot;", "\""), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")] {
            text = text.replacing(entity, with: character)
        }
        var scalars: [Unicode.Scalar] = [" "]
        for scalar in text.unicodeScalars + [" "] {
            if isSymbol(scalar) { scalars += [" ", scalar, " "] } else { scalars.append(scalar) }
        }
        scalars = pairs(scalars) {
            !isDigit($0) && isStop($1)
        } as: {
            [$0, " ", $1, " "]
        }
        scalars = pairs(scalars) {
            isStop($0) && !isDigit($1)
        } as: {
            [" ", $0, " ", $1]
        }
        scalars = pairs(scalars) {
            isDigit($0) && $1 == "-"
        } as: {
            [$0, " ", $1, " "]
        }
        return scalars.split(whereSeparator: SquadText.isSpace).map(Array.init)
    }

    /// Replaces pairs from left to right; a pair that was replaced is not looked at again.
    private static func pairs(
        _ scalars: [Unicode.Scalar],
        where matches: (Unicode.Scalar, Unicode.Scalar) -> Bool,
        as replacement: (Unicode.Scalar, Unicode.Scalar) -> [Unicode.Scalar]
    ) -> [Unicode.Scalar] {
        var output: [Unicode.Scalar] = []
        var index = 0
        while index < scalars.count {
            if index + 1 < scalars.count, matches(scalars[index], scalars[index + 1]) {
                output += replacement(scalars[index], scalars[index + 1])
                index += 2
            } else {
                output.append(scalars[index])
                index += 1
            }
        }
        return output
    }

    private static func isSymbol(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20...0x26, 0x28...0x2b, 0x2f, 0x3a...0x40, 0x5b...0x60, 0x7b...0x7e: true
        default: false
        }
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { (48...57).contains(scalar.value) }

    private static func isStop(_ scalar: Unicode.Scalar) -> Bool { scalar == "." || scalar == "," }
}

/// chrF of one sentence as `sacrebleu.sentence_chrf` computes it.
///
/// Characters without white space, orders 1 to 6, β = 2 (Popović 2015).
enum ChrfText {
    /// chrF in 0…1.
    static func score(_ answer: String, _ reference: String) -> Double {
        let answer = characters(answer)
        let reference = characters(reference)
        var (precision, recall, orders) = (0.0, 0.0, 0.0)
        for n in 1...6 where answer.count >= n && reference.count >= n {
            let shared = Double(sharedCount(ngrams(answer, n), ngrams(reference, n)))
            precision += shared / Double(answer.count - n + 1)
            recall += shared / Double(reference.count - n + 1)
            orders += 1
        }
        guard precision + recall > 0 else { return 0 }
        precision /= orders
        recall /= orders
        return 5 * precision * recall / (4 * precision + recall)
    }

    private static func characters(_ text: String) -> [Unicode.Scalar] {
        text.unicodeScalars.filter { !SquadText.isSpace($0) }
    }
}

private func ngrams<Element>(_ elements: [Element], _ n: Int) -> [ArraySlice<Element>] {
    elements.count < n ? [] : (0...(elements.count - n)).map { elements[$0..<($0 + n)] }
}
