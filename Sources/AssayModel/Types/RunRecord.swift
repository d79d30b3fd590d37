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
    /// Share of pairs of repeated judgements of one question that fall on different sides of the middle of the range; nil without
    /// repeats.
    public var flipRate: Double?

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

/// One question of a run.
public struct QuestionResult: Sendable, Codable, Equatable {
    /// Question, ranked list, answer.
    public var sample: Sample
    /// Results by metric name.
    public var scores: [String: MetricResult]
    /// Why the answer is missing although it was asked for, nil otherwise.
    public var failure: String?
    /// Where a question went wrong, nil when it did not or cannot be said.
    public var attribution: FailureAttribution?

    /// Creates a row.
    public init(
        sample: Sample,
        scores: [String: MetricResult] = [:],
        failure: String? = nil,
        attribution: FailureAttribution? = nil
    ) {
        self.sample = sample
        self.scores = scores
        self.failure = failure
        self.attribution = attribution
    }
}

/// The first place on the way from corpus to answer where a question went wrong.
public enum FailureAttribution: String, Sendable, Codable, CaseIterable {
    /// The corpus does not hold the evidence.
    case notInCorpus = "not_in_corpus"
    /// The evidence is there, but not among the passages of the prompt.
    case notRetrieved = "not_retrieved"
    /// The evidence was in the prompt, the answer does not use it.
    case notUsed = "retrieved_not_used"
    /// The answer uses it and is wrong.
    case usedWrong = "used_wrong"
    /// The judge gave no usable verdict.
    case judgeFailed = "judge_failed"
}

/// Whether a judged metric's judge has been shown to agree with people.
public enum JudgeStanding: String, Sendable, Codable {
    /// A calibration record shows it better than chance.
    case validated
    /// There is no record, or it does not show that.
    case unvalidated
}

/// Where and when a run was made.
public struct RunEnvironment: Sendable, Codable, Equatable {
    /// Version of Assay.
    public var assay: String
    /// Start, ISO 8601 in UTC.
    public var started: String
    /// End, ISO 8601 in UTC; nil while it runs.
    public var finished: String?
    /// Processor's name.
    public var processor: String
    /// Cores that can be used.
    public var cores: Int
    /// Memory in GiB.
    public var memoryGiB: Double
    /// Operating system's name and version.
    public var system: String
    /// Libraries and their variants, for example `faiss: 1.7.3 avx2`.
    public var libraries: [String: String]
    /// Commit of the project's repository, nil when it is in none.
    public var commit: String?

    /// Creates an environment record.
    public init(
        assay: String,
        started: String,
        finished: String? = nil,
        processor: String,
        cores: Int,
        memoryGiB: Double,
        system: String,
        libraries: [String: String],
        commit: String? = nil
    ) {
        self.commit = commit
        self.assay = assay
        self.started = started
        self.finished = finished
        self.processor = processor
        self.cores = cores
        self.memoryGiB = memoryGiB
        self.system = system
        self.libraries = libraries
    }
}

/// How long a run took.
public struct RunTimings: Sendable, Codable, Equatable {
    /// Stages in the order of the data.
    public var stages: [StageTiming]
    /// Times of each question, by question id.
    public var questions: [String: QuestionTiming]
    /// The database's part of the stages' times, nil in records of earlier versions.
    public var store: StoreTiming?

    /// Creates timings.
    public init(stages: [StageTiming] = [], questions: [String: QuestionTiming] = [:], store: StoreTiming? = nil) {
        self.stages = stages
        self.questions = questions
        self.store = store
    }
}

/// Calls to the workspace's database and the wall time that callers waited for them; calls that overlap count each.
public struct StoreTiming: Sendable, Codable, Equatable {
    /// Calls, each a transaction.
    public var calls: Int
    /// Seconds waited in all.
    public var seconds: Double

    /// Creates a timing.
    public init(calls: Int, seconds: Double) {
        self.calls = calls
        self.seconds = seconds
    }
}

/// Work and time of one stage.
public struct StageTiming: Sendable, Codable, Equatable {
    /// The stage's name: `read`, `chunk`, `embed`, `index`, `retrieve`, `answer`, `score`.
    public var stage: String
    /// Items that the stage was asked for.
    public var items: Int
    /// Of these, items found finished in the workspace.
    public var reused: Int
    /// Wall time.
    public var seconds: Double
    /// Tokens into models, 0 for stages without.
    public var promptTokens: Int
    /// Tokens out of models.
    public var completionTokens: Int
    /// Of the tokens into models, those that were really processed and not taken from a prefix cache; nil when no engine says.
    public var processedTokens: Int?

    /// Creates a stage's line.
    public init(
        stage: String,
        items: Int,
        reused: Int,
        seconds: Double,
        promptTokens: Int = 0,
        completionTokens: Int = 0,
        processedTokens: Int? = nil
    ) {
        self.stage = stage
        self.items = items
        self.reused = reused
        self.seconds = seconds
        self.promptTokens = promptTokens
        self.completionTokens = completionTokens
        self.processedTokens = processedTokens
    }
}

/// Times of one question.
public struct QuestionTiming: Sendable, Codable, Equatable {
    /// Embedding the question, searching and fusing.
    public var retrieveMs: Double
    /// Times of the answer's engine call, nil when there was none; of the first call when the answer was reused.
    public var answer: CallTimings?

    /// Creates timings.
    public init(retrieveMs: Double, answer: CallTimings? = nil) {
        self.retrieveMs = retrieveMs
        self.answer = answer
    }
}
