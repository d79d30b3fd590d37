/// A text as the detector of unsupported answers sees it: sentences, words, numbers, names, negations.
struct EvidenceText: Sendable {
    /// One sentence.
    struct Sentence: Sendable {
        var text: String
        /// Content words, plain endings taken off.
        var words: [String]
        /// Numbers, thousands separators taken out.
        var numbers: [String]
        /// Names and identifiers, lower case: capitalised words within a sentence, and words with digits, `_` or capitals inside.
        var names: [String]
        /// The names as they are spelled.
        var spelledNames: [String]
        /// Whether it denies something.
        var isNegated: Bool
        /// All words, for runs.
        var tokens: [String]
    }

    let sentences: [Sentence]

    /// Splits and reads a text; marks like `[1]` are passed over.
    init(_ text: String) {
        sentences = Self.split(text).map(Self.sentence).filter { !$0.tokens.isEmpty }
    }

    /// Sentences end after `. ! ?` before white space, and at line ends; short pieces join the one before.
    ///
    /// It need not be right: a wrong cut moves a feature a little.
    static func split(_ text: String) -> [String] {
        var found: [String] = []
        var current = ""
        var previous: Character = " "
        for character in text {
            let endsHere =
                character.isNewline
                || (character.isWhitespace && (previous == "." || previous == "!" || previous == "?"))
            if endsHere, current.count(where: \.isLetter) >= 12 {
                found.append(current)
                current = ""
            } else {
                current.append(character.isNewline ? " " : character)
            }
            if !character.isWhitespace || endsHere { previous = character }
        }
        if !current.allSatisfy(\.isWhitespace) { found.append(current) }
        return found
    }

    private static func sentence(_ text: String) -> Sentence {
        var sentence = Sentence(
            text: text,
            words: [],
            numbers: [],
            names: [],
            spelledNames: [],
            isNegated: false,
            tokens: []
        )
        for (place, raw) in rawWords(text).enumerated() {
            let lower = raw.lowercased()
            sentence.tokens.append(lower)
            if negations.contains(lower) || lower.hasSuffix("n't") || lower.hasSuffix("n’t") {
                sentence.isNegated = true
            }
            let digits = lower.filter { $0 != "," }
            if digits.allSatisfy({ $0.isNumber || $0 == "." }) {
                sentence.numbers.append(digits)
                continue
            }
            if isName(raw, isFirst: place == 0) {
                sentence.names.append(lower)
                sentence.spelledNames.append(raw)
            }
            if !stopWords.contains(lower), lower.count > 1 { sentence.words.append(stem(lower)) }
        }
        return sentence
    }

    /// Runs of letters, digits and `_ - . ' ,` inside words; a citation mark is none.
    private static func rawWords(_ text: String) -> [String] {
        var words: [String] = []
        var word = ""
        var bracket = 0
        func close(_ word: inout String) {
            while let last = word.last, ".,-'’".contains(last) { word.removeLast() }
            if !word.isEmpty { words.append(word) }
            word = ""
        }
        for character in text {
            if character == "[" { bracket += 1 }
            if character == "]" { bracket = max(0, bracket - 1) }
            let isInside = !word.isEmpty && ".,-'’".contains(character)
            if character.isLetter || character.isNumber || character == "_" || isInside {
                // `[12]` is a citation mark, `[name]` a text.
                if !(bracket > 0 && word.isEmpty && character.isNumber) { word.append(character) }
            } else {
                close(&word)
            }
        }
        close(&word)
        return words
    }

    private static func isName(_ raw: String, isFirst: Bool) -> Bool {
        guard raw.count > 1, let first = raw.first else { return false }
        if raw.contains("_") || raw.contains(where: \.isNumber) { return true }
        if raw.dropFirst().contains(where: \.isUppercase) { return true }
        return !isFirst && first.isUppercase
    }

    /// Takes off plain English endings, so that `indexes` meets `index` and `indexed`.
    static func stem(_ word: String) -> String {
        for ending in ["ings", "ing", "edly", "ied", "ies", "ed", "es", "ly", "s"]
        where word.count - ending.count >= 3 && word.hasSuffix(ending) && !word.hasSuffix("ss") {
            return String(word.dropLast(ending.count)) + (ending.hasPrefix("ie") ? "y" : "")
        }
        return word.count > 3 && word.hasSuffix("e") ? String(word.dropLast()) : word
    }

    static let negations: Set<String> = [
        "not", "no", "never", "none", "neither", "nor", "without", "cannot", "nothing", "nobody", "nowhere",
    ]

    static let stopWords: Set<String> = Set(
        """
        a about after all also an and any are as at be because been before being between both but by can could did do does during each \
        for from had has have he her his how i if in into is it its just like may might more most must of on only or other our out over \
        per same she should so some such than that the their them then there these they this those through to under until up use used \
        using very was we were what when where which while who whom why will with within would you your
        """.split(separator: " ").map(String.init)
    )
}
