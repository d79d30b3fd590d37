package import AssayModel

/// What can be seen of how well passages support an answer without asking a model that writes.
package struct SupportFeatures: Sendable, Equatable {
    /// Names of the features, in the order of `values`, and which way each must count: more shared words never speak against support.
    static let directions: [(name: String, sign: Double)] = [
        ("cosine_mean", 1), ("cosine_min", 1), ("words", 1), ("words_min", 1), ("bigrams", 1), ("longest_run", 1),
        ("new_words", -1), ("numbers", 1), ("numbers_missing", -1), ("names", 1), ("names_missing", -1),
        ("negation", -1),
    ]

    /// Names of the features, in the order of `values`.
    package static let names = directions.map(\.name)

    /// The features of an answer.
    package let values: [Double]

    /// A feature by its name.
    package subscript(name: String) -> Double? { Self.names.firstIndex(of: name).map { values[$0] } }

    /// Context sentences that are compared; more are passed over, those that share most words with the answer first.
    static let contextLimit = 160

    /// Reads answer and passages; the texts to embed are given to `cosines` at once.
    ///
    /// - Parameters:
    ///   - answer: The answer.
    ///   - question: The question; its words are no news in an answer.
    ///   - passages: The passages of the prompt.
    ///   - embed: Unit vectors of texts.
    /// - Returns: nil when the answer or the passages have no words, or the vectors are not usable.
    /// - Throws: What `embed` throws.
    package static func make(
        answer: String,
        question: String,
        passages: [String],
        embed: ([String]) async throws -> VectorBatch
    ) async throws -> SupportFeatures? {
        let answer = EvidenceText(answer)
        let context = passages.flatMap { EvidenceText($0).sentences }
        guard !answer.sentences.isEmpty, !context.isEmpty else { return nil }
        let near = nearest(context, to: answer)
        let batch = try await embed(answer.sentences.map(\.text) + near.map(\.text))
        let count = answer.sentences.count
        guard batch.count == count + near.count else { return nil }
        var alignments: [(place: Int, cosine: Double)] = []
        for sentence in 0..<count {
            var best = (place: 0, cosine: -1.0)
            let vector = batch.row(sentence)
            for place in near.indices {
                let cosine = dot(vector, batch.row(count + place))
                if cosine > best.cosine { best = (place, cosine) }
            }
            alignments.append(best)
        }
        guard alignments.allSatisfy({ $0.cosine.isFinite }) else { return nil }
        return SupportFeatures(answer, context, near, alignments, question: EvidenceText(question))
    }

    private init(
        _ answer: EvidenceText,
        _ context: [EvidenceText.Sentence],
        _ near: [EvidenceText.Sentence],
        _ alignments: [(place: Int, cosine: Double)],
        question: EvidenceText
    ) {
        let words = Set(context.flatMap(\.words))
        let tokens = context.flatMap(\.tokens)
        let numbers = Set(context.flatMap(\.numbers))
        // A name counts as found in any case.
        let names = Set(tokens)
        let asked = Set(question.sentences.flatMap(\.words))
        let askedTokens = Set(question.sentences.flatMap(\.tokens))
        let askedNumbers = Set(question.sentences.flatMap(\.numbers))
        let shares = answer.sentences.map { Self.share(of: $0.words) { words.contains($0) } }
        let all = answer.sentences.flatMap(\.words)
        let answerTokens = answer.sentences.flatMap(\.tokens)
        let answerNumbers = answer.sentences.flatMap(\.numbers)
        let answerNames = answer.sentences.flatMap(\.names)
        let isKnownNumber = { (number: String) in numbers.contains(number) || askedNumbers.contains(number) }
        let isKnownName = { (name: String) in names.contains(name) || askedTokens.contains(name) }
        let pairs = Set(zip(tokens, tokens.dropFirst()).map { $0 + " " + $1 })
        let bigrams = zip(answerTokens, answerTokens.dropFirst()).map { $0 + " " + $1 }
        let denials = zip(answer.sentences, alignments).map { sentence, aligned in
            sentence.isNegated == near[aligned.place].isNegated ? 0.0 : 1.0
        }
        let cosines = alignments.map(\.cosine)
        values = [
            cosines.reduce(0, +) / Double(cosines.count), cosines.min() ?? 0,
            Self.share(of: all) { words.contains($0) },
            shares.min() ?? 0, Self.share(of: bigrams) { pairs.contains($0) },
            Double(Self.longestRun(answerTokens, in: pairs)) / Double(max(1, answerTokens.count)),
            1 - Self.share(of: all) { words.contains($0) || asked.contains($0) },
            Self.share(of: answerNumbers, where: isKnownNumber),
            Double(min(3, answerNumbers.count { !isKnownNumber($0) })), Self.share(of: answerNames, where: isKnownName),
            Double(min(3, answerNames.count { !isKnownName($0) })), denials.reduce(0, +) / Double(denials.count),
        ]
    }

    /// Share that holds; 1 of nothing, since nothing is missing.
    private static func share(of items: [String], where holds: (String) -> Bool) -> Double {
        items.isEmpty ? 1 : Double(items.count(where: holds)) / Double(items.count)
    }

    /// Words of the longest run of the answer whose neighbours all stand side by side in the passages too.
    private static func longestRun(_ tokens: [String], in pairs: Set<String>) -> Int {
        var longest = 0
        var run = 0
        for (one, two) in zip(tokens, tokens.dropFirst()) {
            run = pairs.contains(one + " " + two) ? run + 1 : 0
            longest = max(longest, run)
        }
        return longest == 0 ? 0 : longest + 1
    }

    private static func nearest(_ context: [EvidenceText.Sentence], to answer: EvidenceText) -> [EvidenceText.Sentence]
    {
        guard context.count > contextLimit else { return context }
        let words = Set(answer.sentences.flatMap(\.words))
        let ranked = context.enumerated().map { (place: $0, shared: Set($1.words).intersection(words).count) }
            .sorted { ($1.shared, $0.place) < ($0.shared, $1.place) }
        return ranked.prefix(contextLimit).map(\.place).sorted().map { context[$0] }
    }

    private static func dot(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>) -> Double {
        var sum = 0.0
        var (i, j) = (a.startIndex, b.startIndex)
        while i < a.endIndex, j < b.endIndex {
            sum += Double(a[i]) * Double(b[j])
            i += 1
            j += 1
        }
        return sum
    }
}
