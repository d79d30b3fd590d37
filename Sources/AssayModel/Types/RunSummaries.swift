/// What was read.
public struct CorpusSummary: Sendable, Codable, Equatable {
    /// Folder's name.
    public var name: String
    /// Digest over the ids and content hashes of all documents, in order.
    public var fingerprint: String
    /// Documents read.
    public var documents: Int
    /// Chunks cut.
    public var chunks: Int
    /// UTF-8 bytes of extracted text.
    public var bytes: Int
    /// Tokens of all embedded texts, 0 without a tokenizer.
    public var tokens: Int
    /// Chunks that the embedder does not see whole.
    public var truncatedChunks: Int
    /// Files left out, with reasons.
    public var leftOut: [LeftOut]
    /// Invisible characters stripped.
    public var stripped: StrippedCharacters

    /// Creates a summary.
    public init(
        name: String,
        fingerprint: String,
        documents: Int,
        chunks: Int,
        bytes: Int,
        tokens: Int,
        truncatedChunks: Int = 0,
        leftOut: [LeftOut] = [],
        stripped: StrippedCharacters = StrippedCharacters()
    ) {
        self.name = name
        self.fingerprint = fingerprint
        self.documents = documents
        self.chunks = chunks
        self.bytes = bytes
        self.tokens = tokens
        self.truncatedChunks = truncatedChunks
        self.leftOut = leftOut
        self.stripped = stripped
    }
}

/// What was asked.
public struct EvalsetSummary: Sendable, Codable, Equatable {
    /// Folder's name.
    public var name: String
    /// Digest over all rows.
    public var fingerprint: String
    /// `dev`, `test` or `all`.
    public var split: String
    /// Questions asked.
    public var questions: Int
    /// Of these, questions that the corpus is said not to answer.
    public var unanswerable: Int
    /// Of these, questions that were to be answered by the engine (a sample, or all).
    public var answered: Int

    /// Creates a summary.
    public init(name: String, fingerprint: String, split: String, questions: Int, unanswerable: Int, answered: Int) {
        self.name = name
        self.fingerprint = fingerprint
        self.split = split
        self.questions = questions
        self.unanswerable = unanswerable
        self.answered = answered
    }
}

/// What became of questions that follow a conversation.
public struct RewriteSummary: Sendable, Codable, Equatable {
    /// The engine that wrote queries, nil for a way without one.
    public var engine: EngineIdentity?
    /// Questions that follow a conversation.
    public var questions: Int
    /// Of these, questions whose query is made of the previous turns because the engine's reply could not be used.
    public var fallbacks: Int

    /// Creates a summary.
    public init(engine: EngineIdentity?, questions: Int, fallbacks: Int) {
        self.engine = engine
        self.questions = questions
        self.fallbacks = fallbacks
    }
}

/// The mean of a metric over a run.
public struct MetricSummary: Sendable, Codable, Equatable {
    /// What was computed.
    public var definition: MetricDefinition
    /// `definition.hash`.
    public var definitionHash: String
    /// Mean of the scored samples, nil when there are none.
    public var mean: Double?
    /// Lower end of the 95 % interval, nil below two clusters.
    public var low: Double?
    /// Upper end of the 95 % interval.
    public var high: Double?
    /// Samples scored.
    public var scored: Int
    /// Samples it applies to but that could not be scored.
    public var notScored: Int
    /// Samples it does not apply to.
    public var notApplicable: Int
    /// Clusters (source documents) behind the interval.
    public var clusters: Int
    /// Whether the judge behind it is validated; nil for metrics without a judge.
    public var judgeStanding: JudgeStanding?
    /// Why the judge is unvalidated; nil where it is not, and in records of earlier versions.
    public var standingReason: String?
    /// Share of pairs of repeated judgements of one question that fall on different sides of the middle of the range; nil without
    /// repeats.
    public var flipRate: Double?
    /// Share of the pairs asked in both orders that got the same verdict in both; nil for metrics that do not ask so.
    public var orderConsistency: Double?

    /// Creates a summary.
    public init(
        definition: MetricDefinition,
        mean: Double?,
        low: Double?,
        high: Double?,
        scored: Int,
        notScored: Int,
        notApplicable: Int,
        clusters: Int,
        judgeStanding: JudgeStanding? = nil,
        flipRate: Double? = nil
    ) {
        self.definition = definition
        definitionHash = definition.hash
        self.mean = mean
        self.low = low
        self.high = high
        self.scored = scored
        self.notScored = notScored
        self.notApplicable = notApplicable
        self.clusters = clusters
        self.judgeStanding = judgeStanding
        self.flipRate = flipRate
    }

    /// Scored share of the samples that it applies to, 1 when it applies to none.
    public var coverage: Double {
        scored + notScored == 0 ? 1 : Double(scored) / Double(scored + notScored)
    }
}

/// Whether a judged metric's judge has been shown to agree with people.
public enum JudgeStanding: String, Sendable, Codable {
    /// A calibration record shows it better than chance.
    case validated
    /// There is no record, or it does not show that.
    case unvalidated
}
