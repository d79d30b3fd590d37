/// What a gate says of a run.
public struct GateReport: Sendable, Codable, Equatable {
    /// The gate as a whole.
    public enum Verdict: String, Sendable, Codable {
        /// Every rule that decides holds.
        case passed
        /// A rule is broken.
        case failed
        /// No rule is broken, and the data does not show of every drop that it is within its margin.
        case inconclusive
        /// A rule could not be checked, for example because the baseline is of another evalset.
        case refused
    }

    /// A stage whose items a gate asks for anew, with how many came from the workspace all the same.
    public struct Freshness: Sendable, Codable, Equatable {
        /// `answer` or `judge`.
        public var stage: String
        /// Calls that the stage was asked for.
        public var items: Int
        /// Of these, calls found finished in the workspace.
        public var reused: Int

        /// Creates a line.
        public init(stage: String, items: Int, reused: Int) {
            self.stage = stage
            self.items = items
            self.reused = reused
        }
    }

    /// A question that got worse.
    public struct QuestionChange: Sendable, Codable, Equatable {
        /// The question's id.
        public var id: String
        /// What is asked.
        public var question: String
        /// The metric.
        public var metric: String
        /// Its value in the baseline.
        public var before: Double
        /// Its value now.
        public var after: Double

        /// Creates a change.
        public init(id: String, question: String, metric: String, before: Double, after: Double) {
            self.id = id
            self.question = question
            self.metric = metric
            self.before = before
            self.after = after
        }
    }

    /// Name of the pipeline.
    public var pipeline: String
    /// The pipeline file, nil when it is not known.
    public var file: String?
    /// The run that was judged.
    public var run: RunIdentity
    /// Name of the baseline, nil when no rule needs one.
    public var baseline: String?
    /// The run behind the baseline.
    public var baselineRun: RunIdentity?
    /// The gate as a whole.
    public var verdict: Verdict
    /// Whether an inconclusive gate counts as failed.
    public var inconclusiveFails: Bool
    /// One result a rule, in the order of the file.
    public var rules: [GateRuleResult]
    /// Answers and judgements: asked for, and reused.
    public var freshness: [Freshness]
    /// What changed since the baseline.
    public var changes: [String]
    /// What changed since the pipeline's run before this one, nil when there is none.
    public var changesSincePrevious: [String]?
    /// The questions that lost most in the metrics of broken rules, worst first.
    public var broken: [QuestionChange]
    /// What a reader should know.
    public var notes: [String]

    /// Creates a report.
    public init(
        pipeline: String,
        file: String? = nil,
        run: RunIdentity,
        baseline: String? = nil,
        baselineRun: RunIdentity? = nil,
        verdict: Verdict,
        inconclusiveFails: Bool,
        rules: [GateRuleResult],
        freshness: [Freshness] = [],
        changes: [String] = [],
        changesSincePrevious: [String]? = nil,
        broken: [QuestionChange] = [],
        notes: [String] = []
    ) {
        self.pipeline = pipeline
        self.file = file
        self.run = run
        self.baseline = baseline
        self.baselineRun = baselineRun
        self.verdict = verdict
        self.inconclusiveFails = inconclusiveFails
        self.rules = rules
        self.freshness = freshness
        self.changes = changes
        self.changesSincePrevious = changesSincePrevious
        self.broken = broken
        self.notes = notes
    }

    /// Whether the gate lets the run through.
    public var isOpen: Bool { verdict == .passed || (verdict == .inconclusive && !inconclusiveFails) }
}

/// One rule of a gate with what was found.
public struct GateRuleResult: Sendable, Codable, Equatable {
    /// What a rule bounds.
    public enum Kind: String, Sendable, Codable {
        /// The value must not be lower.
        case min
        /// The value must not be higher.
        case max
        /// The value must not be worse than the baseline's by more than the limit, statistically.
        case drop
    }

    /// What was found.
    public enum Outcome: String, Sendable, Codable {
        /// Within the limit; for a drop: not worse by more than the margin is shown.
        case passed
        /// Over the limit; for a drop: worse by more than the margin is shown.
        case failed
        /// The data shows neither.
        case inconclusive
        /// The rule is left aside: its metric's judge is unvalidated.
        case notGated = "not_gated"
        /// The rule could not be checked.
        case refused
    }

    /// A metric's name, `coverage`, or a budget's name.
    public var subject: String
    /// What is bounded.
    public var kind: Kind
    /// The bound; for a drop the margin.
    public var limit: Double
    /// The slice of questions, nil for all.
    public var slice: String?
    /// Where the rule stands.
    public var place: Place?
    /// What was found.
    public var outcome: Outcome
    /// The value now, nil when there is none.
    public var value: Double?
    /// The baseline's value over the same questions.
    public var before: Double?
    /// Mean difference, positive where this run is better, whatever the direction of the metric.
    public var gain: Double?
    /// Lower end of the gain's 95 % interval.
    public var low: Double?
    /// Upper end.
    public var high: Double?
    /// One-sided p of "worse by no more than the margin".
    public var p: Double?
    /// `p` corrected over all drop rules (Holm).
    public var adjustedP: Double?
    /// Smallest gain or loss that these questions show with 80 % power.
    public var detectable: Double?
    /// Questions compared or scored.
    public var count: Int
    /// Clusters among them.
    public var clusters: Int
    /// Why a rule is not gated or refused, or what else is to say.
    public var reason: String?

    /// Creates a result.
    public init(
        subject: String,
        kind: Kind,
        limit: Double,
        slice: String? = nil,
        place: Place? = nil,
        outcome: Outcome,
        value: Double? = nil,
        before: Double? = nil,
        gain: Double? = nil,
        low: Double? = nil,
        high: Double? = nil,
        p: Double? = nil,
        adjustedP: Double? = nil,
        detectable: Double? = nil,
        count: Int = 0,
        clusters: Int = 0,
        reason: String? = nil
    ) {
        self.subject = subject
        self.kind = kind
        self.limit = limit
        self.slice = slice
        self.place = place
        self.outcome = outcome
        self.value = value
        self.before = before
        self.gain = gain
        self.low = low
        self.high = high
        self.p = p
        self.adjustedP = adjustedP
        self.detectable = detectable
        self.count = count
        self.clusters = clusters
        self.reason = reason
    }

    /// The rule as a short name that is unique within its gate: `hit@5 drop`, `hit@5 drop (comparison)`.
    public var name: String { "\(subject) \(kind.rawValue)" + (slice.map { " (\($0))" } ?? "") }
}
