import AssayEval
import AssayModel

/// What is wrong with a generated question, as far as texts alone tell.
enum GenerationFilters {
    /// A reason, and what it means for the row.
    struct Objection: Sendable, Equatable {
        var reason: String
        var review: GeneratedRow.Review
    }

    /// Words in a row that question and evidence may share.
    static let copied = 6

    /// Objections to a question and its answer.
    ///
    /// - Parameters:
    ///   - question: The question.
    ///   - answer: Its answer.
    ///   - evidence: What it was made from.
    /// - Returns: All that is wrong, the worst first.
    static func objections(question: String, answer: String, evidence: [Evidence]) -> [Objection] {
        var found: [Objection] = []
        let words = QuestionLikeness.words(of: question)
        if words.count < 3 { found.append(Objection(reason: "the question has fewer than three words", review: .drop)) }
        if words.count > 60 { found.append(Objection(reason: "the question is over 60 words long", review: .edit)) }
        if !question.contains("?") { found.append(Objection(reason: "the question asks nothing", review: .edit)) }
        let plain = " " + words.joined(separator: " ") + " "
        if let pointer = Self.pointers.first(where: { plain.contains(" \($0) ") }) {
            found.append(Objection(reason: "the question speaks of '\(pointer)'", review: .edit))
        }
        found += wording(words, evidence)
        found += support(answer, evidence)
        // drop before edit.
        return found.filter { $0.review == .drop } + found.filter { $0.review != .drop }
    }

    private static let pointers = [
        "the passage", "the text", "the evidence", "the document", "this passage", "this document", "the passages",
        "above",
    ]

    /// A question in the evidence's own words is found by any keyword search: it tests nothing.
    private static func wording(_ words: [String], _ evidence: [Evidence]) -> [Objection] {
        for piece in evidence {
            let run = EvalsetRules.longestRun(words, QuestionLikeness.words(of: piece.quote))
            if run >= copied {
                return [Objection(reason: "the question copies \(run) words of the evidence in a row", review: .edit)]
            }
        }
        let content = ContentWords.set(words.joined(separator: " "))
        let evidenceWords = evidence.reduce(into: Set<String>()) { $0.formUnion(ContentWords.set($1.quote)) }
        let shared = content.intersection(evidenceWords).count
        if content.count >= 5, shared * 10 >= content.count * 9 {
            return [Objection(reason: "nearly all words of the question are the evidence's", review: .edit)]
        }
        return []
    }

    /// An answer whose words are not in the evidence was made up; one that needs a single piece is no multi-hop answer.
    private static func support(_ answer: String, _ evidence: [Evidence]) -> [Objection] {
        let content = ContentWords.set(answer)
        guard !content.isEmpty else { return [Objection(reason: "the answer says nothing", review: .drop)] }
        let quotes = evidence.map { ContentWords.set($0.quote) }
        let all = quotes.reduce(into: Set<String>()) { $0.formUnion($1) }
        let shared = content.intersection(all).count
        if shared * 2 < content.count {
            return [Objection(reason: "less than half of the answer's words are in the evidence", review: .drop)]
        }
        guard quotes.count > 1 else { return [] }
        let lacking = quotes.indices.contains { index in
            let others = quotes.indices.filter { $0 != index }.reduce(into: Set<String>()) { $0.formUnion(quotes[$1]) }
            return content.intersection(quotes[index].subtracting(others)).isEmpty
        }
        return lacking ? [Objection(reason: "the answer may need one piece of evidence only", review: .edit)] : []
    }

    /// Whether an answer given without documents says the same: token F1 of at least one half.
    static func knowsBetter(_ guess: QuestionWriter.Guess, than answer: String) -> Bool {
        guess.knows && SquadText.f1(guess.answer, answer) >= 0.5
    }
}
