/// The record of a run: enough to recompute every number without calling a model.
public struct RunRecord: Sendable, Codable, Equatable {
    /// Version of this format.
    public static let currentFormat = 1

    /// Version of the format the record was written in.
    public var format: Int
    /// Start time and a suffix, for example `20261122T213846-3f9a`.
    public var id: String
    /// How the run ended.
    public var status: RunStatus
    /// What was measured; two runs of the same spec, corpus and replies give the same bytes.
    public var results: RunResults
    /// Where and when it ran.
    public var environment: RunEnvironment
    /// How long it took.
    public var timings: RunTimings

    /// Creates a record.
    public init(
        id: String,
        status: RunStatus,
        results: RunResults,
        environment: RunEnvironment,
        timings: RunTimings
    ) {
        format = Self.currentFormat
        self.id = id
        self.status = status
        self.results = results
        self.environment = environment
        self.timings = timings
    }
}

/// How a run ended.
public enum RunStatus: String, Sendable, Codable {
    /// Still at work, or killed.
    case started
    /// Done.
    case success
    /// An error ended it.
    case failed
    /// The user ended it.
    case cancelled
}

/// The deterministic part of a record.
public struct RunResults: Sendable, Codable, Equatable {
    /// Name of the pipeline: the file's name without ending, and the variant in a sweep.
    public var pipeline: String
    /// Digest of what is measured.
    public var specHash: String
    /// What is measured, with every default filled in.
    public var spec: JSONValue
    /// The corpus that was read.
    public var corpus: CorpusSummary
    /// The evalset that was asked, nil for a run that only indexes.
    public var evalset: EvalsetSummary?
    /// Name and version of each stage's component, by stage.
    public var components: [String: String]
    /// What became of questions that follow a conversation, nil for a pipeline that does not rewrite them.
    public var rewrites: RewriteSummary?
    /// The answering engine.
    public var engine: EngineIdentity?
    /// The judging engine; of a panel the first.
    public var judge: EngineIdentity?
    /// The other judges of a panel, nil without one.
    public var panel: [EngineIdentity]?
    /// Means with intervals, in the order of the file.
    public var metrics: [MetricSummary]
    /// One row a question, in the order of the evalset.
    public var questions: [QuestionResult]
    /// The limits by which questions were called wrong, nil for the standard ones.
    public var failureLimits: FailureLimits?
    /// Control-token literals in passages and questions that were kept from becoming control tokens.
    public var neutralisedTokens: Int
    /// Answers whose prompt went out as token ids, in which the literals stand unchanged; nil when all went out as text.
    public var tokenPrompts: Int?

    /// Creates results.
    public init(
        pipeline: String,
        specHash: String,
        spec: JSONValue,
        corpus: CorpusSummary,
        evalset: EvalsetSummary? = nil,
        components: [String: String] = [:],
        engine: EngineIdentity? = nil,
        judge: EngineIdentity? = nil,
        panel: [EngineIdentity]? = nil,
        metrics: [MetricSummary] = [],
        questions: [QuestionResult] = [],
        neutralisedTokens: Int = 0,
        tokenPrompts: Int? = nil
    ) {
        self.pipeline = pipeline
        self.specHash = specHash
        self.spec = spec
        self.corpus = corpus
        self.evalset = evalset
        self.components = components
        self.engine = engine
        self.judge = judge
        self.panel = panel
        self.metrics = metrics
        self.questions = questions
        self.neutralisedTokens = neutralisedTokens
        self.tokenPrompts = tokenPrompts
    }
}
