package import AssayModel

/// Ways to make a supported answer an unsupported one, for training and testing detectors.
package enum AnswerCorruption: String, Sendable, CaseIterable {
    /// A number becomes another one.
    case number
    /// A name or an identifier becomes one of another answer.
    case name
    /// A statement is denied, or a denial taken out.
    case negation
    /// A sentence of another answer is added, or takes the place of one.
    case sentence
    /// The answer is another question's.
    case answer

    /// Corrupts an answer.
    ///
    /// - Parameters:
    ///   - text: A supported answer.
    ///   - other: An answer to another question.
    ///   - random: Source of the choices.
    /// - Returns: The corrupted answer, nil where the answer has nothing of the kind.
    package func apply(to text: String, other: String, random: inout SeededRandom) -> String? {
        let result: String? =
            switch self {
            case .number: Self.changeNumber(text, &random)
            case .name: Self.changeName(text, other, &random)
            case .negation: Self.negate(text, &random)
            case .sentence: Self.mixSentence(text, other, &random)
            case .answer: other
            }
        return result == text ? nil : result
    }

    /// Runs of digits that stand alone become a number of the same size, years another year.
    private static func changeNumber(_ text: String, _ random: inout SeededRandom) -> String? {
        let characters = Array(text)
        var runs: [Range<Int>] = []
        var place = 0
        while place < characters.count {
            guard characters[place].isASCII, characters[place].isNumber else {
                place += 1
                continue
            }
            let start = place
            while place < characters.count, characters[place].isASCII, characters[place].isNumber { place += 1 }
            let before = start > 0 ? characters[start - 1] : " "
            let after = place < characters.count ? characters[place] : " "
            let isAlone = !before.isLetter && before != "_" && before != "[" && !after.isLetter && after != "_"
            if isAlone, place - start <= 9 { runs.append(start..<place) }
        }
        guard !runs.isEmpty else { return nil }
        let run = runs[random.index(below: runs.count)]
        guard let value = Int(String(characters[run])) else { return nil }
        let isYear = (1_000...2_100).contains(value)
        let step = 1 + random.index(below: isYear ? 30 : max(3, value / 2))
        let changed = random.index(below: 2) == 0 && value > step ? value - step : value + step
        return String(characters[..<run.lowerBound]) + String(changed) + String(characters[run.upperBound...])
    }

    private static func changeName(_ text: String, _ other: String, _ random: inout SeededRandom) -> String? {
        let own = EvidenceText(text).sentences.flatMap(\.spelledNames)
        let known = Set(own.map { $0.lowercased() })
        let others = EvidenceText(other).sentences.flatMap(\.spelledNames).filter { !known.contains($0.lowercased()) }
        guard !own.isEmpty, !others.isEmpty else { return nil }
        let name = own[random.index(below: own.count)]
        return text.replacing(name, with: others[random.index(below: others.count)])
    }

    private static func negate(_ text: String, _ random: inout SeededRandom) -> String? {
        if text.contains(" not ") { return text.replacing(" not ", with: " ", maxReplacements: 1) }
        let verbs = [
            " is ", " are ", " was ", " were ", " can ", " must ", " should ", " will ", " may ", " would ", " could ",
        ]
        let places = verbs.flatMap { text.ranges(of: $0) }
        guard !places.isEmpty else { return nil }
        let place = places[random.index(below: places.count)]
        return text[..<place.upperBound] + "not " + text[place.upperBound...]
    }

    private static func mixSentence(_ text: String, _ other: String, _ random: inout SeededRandom) -> String? {
        var sentences = EvidenceText.split(text)
        let others = EvidenceText.split(other)
        guard !sentences.isEmpty, !others.isEmpty else { return nil }
        let foreign = others[random.index(below: others.count)]
        if sentences.count > 1, random.index(below: 2) == 0 {
            sentences[random.index(below: sentences.count)] = foreign
        } else {
            sentences.append(foreign)
        }
        return sentences.joined(separator: " ")
    }
}
