/// What lists and counts need of a question: a few hundred bytes where the whole row has thousands.
///
/// Reports of large runs hold the cards of all questions in memory and read whole rows only for the questions that they show.
public struct QuestionCard: Sendable, Equatable {
    /// What became of the answer.
    public enum Outcome: UInt8, Sendable, CaseIterable {
        /// The question was not to be answered in this run.
        case notAsked
        /// There is an answer.
        case answered
        /// The answer says that the documents do not tell.
        case declined
        /// The token limit cut the answer.
        case cut
        /// The answer is missing although it was asked for.
        case failed
    }

    /// How repeated judgements of one metric agreed.
    public struct Repeats: Sendable, Equatable {
        /// Position in the list of metrics.
        public var metric: Int
        /// Judgements made.
        public var count: Int
        /// Whether they differ.
        public var differ: Bool

        /// Creates a count.
        public init(metric: Int, count: Int, differ: Bool) {
            self.metric = metric
            self.count = count
            self.differ = differ
        }
    }

    /// Bytes of a question's text that a card keeps.
    public static let textBytes = 240

    /// The question's id.
    public var id: String
    /// The question, cut to `textBytes`.
    public var text: String
    /// Kind and topics.
    public var tags: [String]
    /// Documents that the question is about, none for one that the corpus does not answer: questions that share one are a cluster.
    public var sources: [String]
    /// Whether the corpus is said not to answer it.
    public var isUnanswerable: Bool
    /// What became of the answer.
    public var outcome: Outcome
    /// Whether the token limit cut the answer, declined or not.
    public var isCut: Bool
    /// Where it went wrong.
    public var attribution: FailureAttribution?
    /// Why the answer is missing.
    public var failure: String?
    /// Scores in the order of the list of metrics, nil where the question has none.
    public var scores: [Score?]
    /// Repeated judgements.
    public var repeats: [Repeats]
    /// Times of the question.
    public var timing: QuestionTiming?

    /// Takes from a row what a card holds.
    ///
    /// - Parameters:
    ///   - row: The row.
    ///   - timing: Its times.
    ///   - metrics: Names in the order of `scores`.
    public init(_ row: QuestionResult, timing: QuestionTiming?, metrics: [String]) {
        let question = row.sample.question
        id = question.id
        text = Self.clipped(question.question)
        tags = question.tags
        sources = question.isUnanswerable ? [] : Array(Set(question.sourceDocuments)).sorted()
        isUnanswerable = question.isUnanswerable
        isCut = row.sample.answer?.finish == .length
        switch row.sample.answer {
        case nil: outcome = row.failure == nil ? .notAsked : .failed
        case let answer? where answer.abstained: outcome = .declined
        case let answer?: outcome = answer.finish == .length ? .cut : .answered
        }
        attribution = row.attribution
        failure = row.failure
        scores = metrics.map { row.scores[$0]?.score }
        repeats = metrics.enumerated().compactMap { number, name in
            guard let values = row.scores[name]?.repeats, let first = values.first else { return nil }
            return Repeats(metric: number, count: values.count, differ: values.contains { $0 != first })
        }
        self.timing = timing
    }

    /// The names that cards of a run follow: its metrics in their order, then those that only rows have, by name.
    public static func metrics(_ definitions: [MetricDefinition], rows: some Sequence<QuestionResult>) -> [String] {
        let names = definitions.map(\.name)
        let known = Set(names)
        var others: Set<String> = []
        for row in rows { for name in row.scores.keys where !known.contains(name) { others.insert(name) } }
        return names + others.sorted()
    }

    private static func clipped(_ text: String) -> String {
        guard text.utf8.count > textBytes else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: textBytes)
        while end > text.startIndex, text.utf8[end] & 0xC0 == 0x80 { end = text.utf8.index(before: end) }
        return text[..<end] + "…"
    }
}

/// A row of a stored run: the question's result and its times.
public struct RunRow: Sendable, Codable, Equatable {
    /// The result.
    public var result: QuestionResult
    /// Its times, nil when there are none.
    public var timing: QuestionTiming?

    /// Creates a row.
    public init(_ result: QuestionResult, timing: QuestionTiming?) {
        self.result = result
        self.timing = timing
    }
}
