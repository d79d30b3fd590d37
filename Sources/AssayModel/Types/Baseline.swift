/// What later runs are compared with: the scores of a run by question, without any text.
public struct Baseline: Sendable, Codable, Equatable {
    /// Version of this format.
    public static let currentFormat = 1

    /// The scores of one question.
    public struct Row: Sendable, Codable, Equatable {
        /// The question's id.
        public var id: String
        /// Scores by metric name; a metric that does not apply is left out.
        public var scores: [String: Value]

        /// Creates a row.
        public init(id: String, scores: [String: Value]) {
            self.id = id
            self.scores = scores
        }
    }

    /// A score: a number, a number with its repeats, or `"not_scored"`.
    public enum Value: Sendable, Equatable {
        /// The value.
        case scored(Double)
        /// The mean of repeated judgements, and these.
        case repeated(Double, [Double])
        /// It applies but could not be computed.
        case notScored
    }

    /// Version of the format that the baseline was written in.
    public var format: Int
    /// Its name.
    public var name: String
    /// The run behind it.
    public var identity: RunIdentity
    /// Means with definitions, in the order of the file.
    public var metrics: [MetricSummary]
    /// One row a question, in the order of the evalset.
    public var questions: [Row]

    /// Takes what a comparison needs from a record.
    ///
    /// - Parameters:
    ///   - record: A finished run with an evalset.
    ///   - name: The baseline's name.
    public init(_ record: RunRecord, name: String) {
        format = Self.currentFormat
        self.name = name
        identity = RunIdentity(record)
        metrics = record.results.metrics
        let names = metrics.map(\.definition.name)
        questions = record.results.questions.map { row in
            var scores: [String: Value] = [:]
            for name in names {
                guard let result = row.scores[name] else {
                    scores[name] = .notScored
                    continue
                }
                switch result.score {
                case .scored(let value) where value.isFinite:
                    scores[name] = result.repeats.map { .repeated(value, $0) } ?? .scored(value)
                case .scored, .notScored: scores[name] = .notScored
                case .notApplicable: continue
                }
            }
            return Row(id: row.sample.question.id, scores: scores)
        }
    }

    /// The rows as results of a run over the same questions.
    ///
    /// - Parameter questions: The evalset, by which the rows get their questions back.
    /// - Returns: One row for each question that the baseline has, in the order of `questions`.
    public func results(for questions: [Question]) -> [QuestionResult] {
        let rows = Dictionary(self.questions.map { ($0.id, $0) }) { first, _ in first }
        return questions.compactMap { question in
            guard let row = rows[question.id] else { return nil }
            var scores: [String: MetricResult] = [:]
            for metric in metrics {
                let name = metric.definition.name
                switch row.scores[name] {
                case .scored(let value): scores[name] = MetricResult(.scored(value))
                case .repeated(let value, let repeats): scores[name] = MetricResult(.scored(value), repeats: repeats)
                case .notScored: scores[name] = MetricResult(.notScored(reason: "not scored in the baseline"))
                case nil: scores[name] = MetricResult(.notApplicable(reason: "not applicable in the baseline"))
                }
            }
            return QuestionResult(
                sample: Sample(question: question, goldSpans: [], retrieved: [], contextCount: 0),
                scores: scores
            )
        }
    }
}

extension Baseline {
    /// The baseline as the results of a run.
    ///
    /// Counts of documents and chunks, which nobody compares, are 0.
    ///
    /// - Parameter questions: The evalset, by which the rows get their questions back.
    /// - Returns: The results.
    public func results(over questions: [Question]) -> RunResults {
        RunResults(
            pipeline: identity.pipeline,
            specHash: identity.specHash,
            spec: identity.spec ?? .null,
            corpus: CorpusSummary(
                name: identity.corpus,
                fingerprint: identity.corpusFingerprint,
                documents: 0,
                chunks: 0,
                bytes: 0,
                tokens: 0
            ),
            evalset: identity.evalset,
            components: identity.components,
            engine: identity.engine,
            judge: identity.judge,
            metrics: metrics,
            questions: results(for: questions)
        )
    }
}

extension Baseline.Value: Codable {
    private enum CodingKeys: String, CodingKey {
        case value, repeats
    }

    /// Reads a number, `{"value":x,"repeats":[…]}` or `"not_scored"`.
    public init(from decoder: any Decoder) throws {
        if let single = try? decoder.singleValueContainer() {
            if let value = try? single.decode(Double.self) {
                self = .scored(value)
                return
            }
            if let text = try? single.decode(String.self), text == "not_scored" {
                self = .notScored
                return
            }
        }
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self = .repeated(
            try container.decode(Double.self, forKey: .value),
            try container.decode([Double].self, forKey: .repeats)
        )
    }

    /// Writes the form that `init(from:)` reads.
    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .scored(let value):
            var container = encoder.singleValueContainer()
            try container.encode(value)
        case .notScored:
            var container = encoder.singleValueContainer()
            try container.encode("not_scored")
        case .repeated(let value, let repeats):
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(value, forKey: .value)
            try container.encode(repeats, forKey: .repeats)
        }
    }
}
