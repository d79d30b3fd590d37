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

    /// Pairs among `texts`, in order.
    ///
    /// - Parameters:
    ///   - texts: The questions.
    ///   - vectors: Unit vectors, one a question, nil without an embedder.
    static func pairs(_ texts: [String], vectors: VectorBatch?) -> [Pair] {
        let words = texts.map { Self.words(of: $0) }
        let sets = words.map(Set.init)
        var pairs: [Pair] = []
        for second in texts.indices.prefix(limit) {
            for first in 0..<second {
                if words[first] == words[second] {
                    pairs.append(Pair(first: first, second: second, likeness: 1, isExact: true))
                    continue
                }
                let common = Double(sets[first].intersection(sets[second]).count)
                let all = Double(sets[first].count + sets[second].count) - common
                if all > 0, common / all >= Self.shared {
                    pairs.append(Pair(first: first, second: second, likeness: common / all, isExact: false))
                } else if let vectors {
                    let cosine = zip(vectors.row(first), vectors.row(second)).reduce(0.0) {
                        $0 + Double($1.0) * Double($1.1)
                    }
                    if cosine >= Self.cosine {
                        pairs.append(Pair(first: first, second: second, likeness: cosine, isExact: false))
                    }
                }
            }
        }
        return pairs
    }
}
