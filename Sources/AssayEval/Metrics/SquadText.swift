/// Normalisation and token overlap of the official SQuAD scripts (v1.1, and v2.0 for empty answers).
package enum SquadText {
    /// Lower case, ASCII punctuation removed, the articles a, an, the removed, white space collapsed: in that order.
    static func tokens(_ text: String) -> [String] {
        var words: [String] = []
        var word = String.UnicodeScalarView()
        // An article is a whole run of word characters (`\b(a|an|the)\b`), wherever it stands in the token.
        var run = String.UnicodeScalarView()
        func endRun() {
            // A removed article leaves a space in Python, which ends the token before it.
            if articles.contains(String(run)) { endWord() } else { word.append(contentsOf: run) }
            run = String.UnicodeScalarView()
        }
        func endWord() {
            if !word.isEmpty { words.append(String(word)) }
            word = String.UnicodeScalarView()
        }
        for scalar in text.lowercased().unicodeScalars where !isASCIIPunctuation(scalar) {
            if isWordCharacter(scalar) {
                run.append(scalar)
            } else {
                endRun()
                if isSpace(scalar) { endWord() } else { word.append(scalar) }
            }
        }
        endRun()
        endWord()
        return words
    }

    /// Whether two texts are equal after normalisation.
    static func exactMatch(_ answer: String, _ reference: String) -> Bool {
        tokens(answer) == tokens(reference)
    }

    /// F1 of the bags of tokens; where one text has no tokens, 1 if both have none, else 0.
    package static func f1(_ answer: String, _ reference: String) -> Double {
        let answer = tokens(answer)
        let reference = tokens(reference)
        if answer.isEmpty || reference.isEmpty { return answer == reference ? 1 : 0 }
        let same = sharedCount(answer, reference)
        guard same > 0 else { return 0 }
        let precision = Double(same) / Double(answer.count)
        let recall = Double(same) / Double(reference.count)
        return 2 * precision * recall / (precision + recall)
    }

    private static let articles: Set<String> = ["a", "an", "the"]

    private static func isASCIIPunctuation(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 33...47, 58...64, 91...96, 123...126: true
        default: false
        }
    }

    /// Python's `\w` without the underscore, which is punctuation and gone by now.
    private static func isWordCharacter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .letterNumber, .otherNumber:
            true
        default: false
        }
    }

    /// What Python's `str.split` splits at.
    static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || (0x1c...0x1f).contains(scalar.value)
    }
}

/// How many elements two bags share, each as often as it is in both.
func sharedCount<Element: Hashable>(_ left: [Element], _ right: [Element]) -> Int {
    var counts: [Element: Int] = [:]
    for element in left { counts[element, default: 0] += 1 }
    var shared = 0
    for element in right {
        if let count = counts[element], count > 0 {
            counts[element] = count - 1
            shared += 1
        }
    }
    return shared
}
