import AssayModel

/// Questions made without a model: a gap in a sentence, or what a section says.
///
/// They share their words with the evidence, so a keyword search has it easy: they show that a pipeline works and how variants differ,
/// not how well people's questions are answered.
enum RuleQuestions {
    /// A question, its answer and its kind.
    struct Draft: Sendable, Equatable {
        var question: String
        var answer: String
        var kind: String
    }

    /// A question about a piece of evidence; kinds alternate, nil when neither can be made.
    ///
    /// - Parameters:
    ///   - evidence: The piece.
    ///   - number: Number of the question: decides the kind tried first.
    ///   - isFirstOfSection: Whether no other piece of its section is used.
    /// - Returns: The draft.
    static func draft(_ evidence: Evidence, number: Int, isFirstOfSection: Bool) -> Draft? {
        let makers = [cloze, isFirstOfSection ? heading : { _ in nil }]
        return makers[number % 2](evidence) ?? makers[(number + 1) % 2](evidence)
    }

    /// The sentence with its most telling word left out: one with a digit or a capital inside, else the longest.
    static func cloze(_ evidence: Evidence) -> Draft? {
        let words = evidence.quote.split(whereSeparator: \.isWhitespace).map(String.init)
        let cores = words.map { word in
            String(
                word.drop { !($0.isLetter || $0.isNumber) }.reversed().drop { !($0.isLetter || $0.isNumber) }.reversed()
            )
        }
        // The first word's capital says nothing.
        let candidates = cores.indices.dropFirst().filter { index in
            !ContentWords.list(cores[index]).isEmpty
                && (cores[index].count >= 4 || cores[index].contains(where: \.isNumber))
        }
        func weight(_ index: Int) -> Int {
            let core = cores[index]
            return (core.contains(where: \.isNumber) ? 100 : 0) + (core.contains(where: \.isUppercase) ? 50 : 0)
                + core.count
        }
        guard let chosen = candidates.max(by: { (weight($0), $1) < (weight($1), $0) }) else { return nil }
        var gapped = words
        gapped[chosen] = words[chosen].replacing(cores[chosen], with: "_____")
        // A word that stands elsewhere too would be given away.
        guard cores.count(where: { $0.lowercased() == cores[chosen].lowercased() }) == 1 else { return nil }
        let sentence = gapped.joined(separator: " ")
        return Draft(
            question: "Which word is missing: \"\(sentence)\"?",
            answer: cores[chosen],
            kind: "cloze"
        )
    }

    /// What a section says, by its headings; the section's first usable sentence is the answer.
    static func heading(_ evidence: Evidence) -> Draft? {
        guard let leaf = evidence.headings.last, ContentWords.list(leaf).count >= 2 else { return nil }
        let parent = evidence.headings.dropLast().last ?? evidence.title
        let about = parent.isEmpty || parent == leaf ? "" : " (\(parent))"
        let answer = evidence.quote.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return Draft(question: "What is said about \"\(leaf)\"\(about)?", answer: answer, kind: "heading")
    }
}
