import AssayModel

/// Pairs of evidence for questions that need both: of different documents, linked by a rare word that both sentences have.
enum EvidenceLinks {
    /// Two linked pieces.
    struct Pair: Sendable, Equatable {
        var first: Evidence
        var second: Evidence
        /// The word that links them.
        var link: String
    }

    /// Chooses pairs.
    ///
    /// A word counts as rare when at most a twentieth of the pool's sentences (and at least two) have it; pairs with the rarest
    /// words come first, each piece is used once, and both documents belong to one split.
    ///
    /// - Parameters:
    ///   - evidence: The pool, in its order.
    ///   - count: Pairs wanted.
    ///   - split: The split of a document.
    /// - Returns: At most `count` pairs.
    static func pairs(_ evidence: [Evidence], count: Int, split: (String) -> String) -> [Pair] {
        var positions: [String: [Int]] = [:]
        for (index, piece) in evidence.enumerated() {
            for word in ContentWords.set(piece.quote) where word.count >= 4 && word.contains(where: \.isLetter) {
                positions[word, default: []].append(index)
            }
        }
        let most = max(2, evidence.count / 20)
        let rare = positions.filter { (2...most).contains($0.value.count) }
            .sorted { ($0.value.count, $0.value[0], $0.key) < ($1.value.count, $1.value[0], $1.key) }
        var used: Set<Int> = []
        var pairs: [Pair] = []
        for (word, places) in rare where pairs.count < count {
            let free = places.filter { !used.contains($0) }
            guard let first = free.first,
                let second = free.dropFirst().first(where: {
                    evidence[$0].document != evidence[first].document
                        && split(evidence[$0].document) == split(evidence[first].document)
                })
            else { continue }
            used.formUnion([first, second])
            pairs.append(Pair(first: evidence[first], second: evidence[second], link: word))
        }
        return pairs
    }
}
