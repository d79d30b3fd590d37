import AssayModel

/// Pairs of questions that ask the same: by words, and by vectors where there is an embedder.
struct QuestionLikeness: Sendable {
    /// A pair of positions, the first one smaller.
    struct Pair: Sendable, Equatable {
        var first: Int
        var second: Int
        /// 1 for equal words, else the cosine or the share of common words.
        var likeness: Double
        var isExact: Bool
    }

    /// Cosine from which two questions are near; words: share of all words of both that both have.
    static let cosine = 0.93
    static let shared = 0.8
    /// Most questions that are compared with one another.
    static let limit = 5_000

    /// The words of a question: lower-cased letters and digits, stripped of all else.
    static func words(of text: String) -> [String] {
        text.lowercased().split { !($0.isLetter || $0.isNumber) }.map(String.init)
    }

    /// A question ready to be compared.
    struct Form: Sendable {
        let words: [String]
        let set: Set<String>
        let vector: [Float]?

        init(_ text: String, vector: [Float]?) {
            words = QuestionLikeness.words(of: text)
            set = Set(words)
            self.vector = vector
        }
    }

    /// How like two questions are, nil when they are not near.
    static func likeness(_ left: Form, _ right: Form) -> (value: Double, isExact: Bool)? {
        if left.words == right.words { return (1, true) }
        let common = Double(left.set.intersection(right.set).count)
        let all = Double(left.set.count + right.set.count) - common
        if all > 0, common / all >= shared { return (common / all, false) }
        guard let one = left.vector, let other = right.vector else { return nil }
        let value = zip(one, other).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        return value >= cosine ? (value, false) : nil
    }

    /// Pairs among `texts`, in order.
    ///
    /// - Parameters:
    ///   - texts: The questions.
    ///   - vectors: Unit vectors, one a question, nil without an embedder.
    /// - Returns: The pairs that ask the same or nearly the same.
    static func pairs(_ texts: [String], vectors: VectorBatch?) -> [Pair] {
        let forms = texts.prefix(limit).enumerated().map { index, text in
            Form(text, vector: vectors.map { Array($0.row(index)) })
        }
        var pairs: [Pair] = []
        for second in forms.indices {
            for first in 0..<second {
                guard let (value, isExact) = likeness(forms[first], forms[second]) else { continue }
                pairs.append(Pair(first: first, second: second, likeness: value, isExact: isExact))
            }
        }
        return pairs
    }
}
