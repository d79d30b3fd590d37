/// A run compared with a baseline, question by question.
///
/// AssayEval computes it; reports and gates read it.
public struct PairedComparison: Sendable, Codable, Equatable {
    /// One of the two runs.
    public struct Side: Sendable, Codable, Equatable {
        /// What the run was asked for as: an id, a baseline's name, a file; the pipeline's name when nothing is known.
        public var name: String
        /// The run's pipeline.
        public var pipeline: String
        /// Digest of what was measured.
        public var specHash: String
        /// Runs behind the scores: 1, or more where replicates are averaged.
        public var runs: Int

        /// Creates a side.
        public init(name: String, pipeline: String, specHash: String, runs: Int = 1) {
            self.name = name
            self.pipeline = pipeline
            self.specHash = specHash
            self.runs = runs
        }
    }

    /// The same comparison over a part of the questions.
    public struct Slice: Sendable, Codable, Equatable {
        /// The tag that its questions share, `untagged` for questions without.
        public var tag: String
        /// Questions of the slice.
        public var questions: Int
        /// One comparison a metric, without the changed questions.
        public var metrics: [MetricComparison]

        /// Creates a slice.
        public init(tag: String, questions: Int, metrics: [MetricComparison]) {
            self.tag = tag
            self.questions = questions
            self.metrics = metrics
        }
    }

    /// What is compared with.
    public var baseline: Side
    /// What is compared.
    public var candidate: Side
    /// The evalset that both were asked.
    public var evalset: EvalsetSummary
    /// Share of false alarms that all tests together may have, 0.05 unless said otherwise.
    public var level: Double
    /// One comparison a metric, in the order of the baseline.
    public var metrics: [MetricComparison]
    /// Parts of the questions, empty when none were asked for.
    public var slices: [Slice]
    /// What a reader must know before believing the numbers.
    public var warnings: [String]

    /// Creates a comparison.
    public init(
        baseline: Side,
        candidate: Side,
        evalset: EvalsetSummary,
        level: Double,
        metrics: [MetricComparison],
        slices: [Slice] = [],
        warnings: [String] = []
    ) {
        self.baseline = baseline
        self.candidate = candidate
        self.evalset = evalset
        self.level = level
        self.metrics = metrics
        self.slices = slices
        self.warnings = warnings
    }
}

/// One metric of two runs, over the questions that both have scored.
public struct MetricComparison: Sendable, Codable, Equatable {
    /// What a comparison shows.
    public enum Verdict: String, Sendable, Codable {
        /// The candidate is better, after correction over all tests.
        case better
        /// The candidate is worse, after correction over all tests.
        case worse
        /// No difference is shown; that is no proof that there is none.
        case notShown = "not_shown"
        /// The test rejects, but the judge alone moves the mean as far as that.
        case judgeNoise = "judge_noise"
        /// Too few questions or clusters for a test.
        case untested
    }

    /// How the interval was made.
    public enum IntervalMethod: String, Sendable, Codable {
        /// Student's t with C − 1 degrees of freedom on the clustered standard error.
        case student = "t"
        /// Bias-corrected accelerated bootstrap over clusters.
        case bootstrap = "bca"
    }

    /// A question's scores on both sides.
    public struct Change: Sendable, Codable, Equatable {
        /// The question's id.
        public var question: String
        /// Score of the baseline.
        public var before: Double
        /// Score of the candidate.
        public var after: Double
        /// Cluster of the question; questions about one source document share it.
        public var cluster: Int

        /// Candidate − baseline.
        public var delta: Double { after - before }

        /// Creates a pair.
        public init(question: String, before: Double, after: Double, cluster: Int) {
            self.question = question
            self.before = before
            self.after = after
            self.cluster = cluster
        }
    }

    /// What was computed; the same on both sides.
    public var definition: MetricDefinition
    /// Questions scored on both sides.
    public var n: Int
    /// Clusters (source documents) among these.
    public var clusters: Int
    /// The baseline's mean over the paired questions, nil without pairs.
    public var baselineMean: Double?
    /// The candidate's mean over the paired questions.
    public var candidateMean: Double?
    /// Candidate − baseline.
    public var difference: Double?
    /// Clustered standard error of the difference, nil below two clusters.
    public var standardError: Double?
    /// Lower end of the 95 % interval of the difference.
    public var low: Double?
    /// Upper end of the 95 % interval of the difference.
    public var high: Double?
    /// How the interval was made.
    public var interval: IntervalMethod
    /// Two-sided p of the sign-flip permutation test over clusters, nil below two clusters.
    public var pValue: Double?
    /// Random flips behind `pValue`, 0 when all flips were counted out.
    public var flips: Int
    /// `pValue` corrected over all tests of the comparison (Holm).
    public var holm: Double?
    /// Questions on which the candidate is better.
    public var wins: Int
    /// Questions with equal scores (within 1e-9).
    public var ties: Int
    /// Questions on which the candidate is worse.
    public var losses: Int
    /// The smallest true difference that this set shows in 80 of 100 repetitions at the corrected level; nil where none can be shown
    /// or the spread is unknown.
    public var detectableEffect: Double?
    /// How far the mean difference moves in 95 of 100 repetitions by the judge alone; nil without repeated judgements.
    public var judgeNoise: Double?
    /// Spread of the baseline's scores by source, nil without repeats and replicates.
    public var baselineVariance: VarianceComponents?
    /// Spread of the candidate's scores by source.
    public var candidateVariance: VarianceComponents?
    /// Scored share of the questions that the metric applies to, in the baseline.
    public var baselineCoverage: Double
    /// The same in the candidate.
    public var candidateCoverage: Double
    /// What the comparison shows.
    public var verdict: Verdict
    /// The paired questions: largest change first, then by id in the order of ranked lists.
    public var changes: [Change]

    /// The metric's name.
    public var name: String { definition.name }

    /// The difference in the metric's own direction: above 0 the candidate is better.
    public var gain: Double? { difference.map { definition.higherIsBetter ? $0 : -$0 } }

    /// Creates a comparison.
    public init(
        definition: MetricDefinition,
        n: Int,
        clusters: Int,
        baselineMean: Double? = nil,
        candidateMean: Double? = nil,
        difference: Double? = nil,
        standardError: Double? = nil,
        low: Double? = nil,
        high: Double? = nil,
        interval: IntervalMethod = .student,
        pValue: Double? = nil,
        flips: Int = 0,
        holm: Double? = nil,
        wins: Int = 0,
        ties: Int = 0,
        losses: Int = 0,
        detectableEffect: Double? = nil,
        judgeNoise: Double? = nil,
        baselineVariance: VarianceComponents? = nil,
        candidateVariance: VarianceComponents? = nil,
        baselineCoverage: Double,
        candidateCoverage: Double,
        verdict: Verdict = .untested,
        changes: [Change] = []
    ) {
        self.definition = definition
        self.n = n
        self.clusters = clusters
        self.baselineMean = baselineMean
        self.candidateMean = candidateMean
        self.difference = difference
        self.standardError = standardError
        self.low = low
        self.high = high
        self.interval = interval
        self.pValue = pValue
        self.flips = flips
        self.holm = holm
        self.wins = wins
        self.ties = ties
        self.losses = losses
        self.detectableEffect = detectableEffect
        self.judgeNoise = judgeNoise
        self.baselineVariance = baselineVariance
        self.candidateVariance = candidateVariance
        self.baselineCoverage = baselineCoverage
        self.candidateCoverage = candidateCoverage
        self.verdict = verdict
        self.changes = changes
    }
}

/// The variance of a metric's scores, split by where it comes from.
public struct VarianceComponents: Sendable, Codable, Equatable {
    /// Between questions: true differences of difficulty.
    public var question: Double
    /// Between fresh answers to one question, the judge's part included when `judge` is nil; nil with a single run.
    public var generation: Double?
    /// Between repeated judgements of one answer; nil without repeats.
    public var judge: Double?
    /// Questions behind it.
    public var questions: Int
    /// Runs behind it.
    public var runs: Int

    /// Creates components.
    public init(question: Double, generation: Double?, judge: Double?, questions: Int, runs: Int) {
        self.question = question
        self.generation = generation
        self.judge = judge
        self.questions = questions
        self.runs = runs
    }
}
