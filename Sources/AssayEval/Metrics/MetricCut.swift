import AssayModel

/// Where a metric cuts the ranked list.
package enum MetricCut: Sendable, Hashable {
    /// Nowhere: the whole recorded list.
    case none
    /// After so many results, `@10`.
    case rank(Int)
    /// Where a budget of tokens ends, `@1000tok`.
    case tokens(Int)

    /// Largest rank and largest budget that a name may ask for.
    package static let maximumRank = 10_000
    package static let maximumTokens = 10_000_000

    /// The form of a cut, without its number.
    package enum Form: String, Sendable, CaseIterable {
        /// No cut.
        case none
        /// `@K`.
        case rank
        /// `@Ntok`.
        case tokens
    }

    /// The form of this cut.
    package var form: Form {
        switch self {
        case .none: .none
        case .rank: .rank
        case .tokens: .tokens
        }
    }

    /// Reads what stands behind `@`; nil when it is neither `K` nor `Ntok` in range, or not written the shortest way.
    init?(parsing text: Substring) {
        let isBudget = text.hasSuffix("tok")
        let digits = isBudget ? text.dropLast(3) : text
        guard digits.utf8.allSatisfy({ (48...57).contains($0) }), digits.utf8.first != 48, let number = Int(digits),
            number <= (isBudget ? Self.maximumTokens : Self.maximumRank)
        else { return nil }
        self = isBudget ? .tokens(number) : .rank(number)
    }

    /// As it stands behind the metric's name.
    var suffix: String {
        switch self {
        case .none: ""
        case .rank(let k): "@\(k)"
        case .tokens(let n): "@\(n)tok"
        }
    }

    /// The rank of a rank cut.
    var rank: Int? {
        if case .rank(let k) = self { return k }
        return nil
    }

    /// How many of `chunks`, from the top, lie within the cut.
    ///
    /// A budget takes chunks while their tokens fit; the first that would exceed it is not taken, and none behind it.
    func count(of chunks: [RetrievedChunk]) -> Int {
        switch self {
        case .none: return chunks.count
        case .rank(let k): return min(k, chunks.count)
        case .tokens(var left):
            for (index, chunk) in chunks.enumerated() {
                let tokens = max(0, chunk.tokens)
                guard tokens <= left else { return index }
                left -= tokens
            }
            return chunks.count
        }
    }
}
