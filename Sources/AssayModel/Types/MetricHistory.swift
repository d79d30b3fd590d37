/// The metrics of a pipeline over its recorded runs.
public struct MetricHistory: Sendable, Codable, Equatable {
    /// One run.
    public struct Run: Sendable, Codable, Equatable {
        /// What tells it apart.
        public var identity: RunIdentity
        /// What its gate said, nil when it had none.
        public var verdict: GateReport.Verdict?

        /// Creates a run.
        public init(identity: RunIdentity, verdict: GateReport.Verdict? = nil) {
            self.identity = identity
            self.verdict = verdict
        }
    }

    /// One metric of one run.
    public struct Point: Sendable, Codable, Equatable {
        /// Index of the run in `runs`.
        public var run: Int
        /// Mean.
        public var mean: Double
        /// Lower end of its 95 % interval.
        public var low: Double?
        /// Upper end.
        public var high: Double?
        /// Raised where definition or evalset changed: values of unlike epochs are not comparable.
        public var epoch: Int

        /// Creates a point.
        public init(run: Int, mean: Double, low: Double?, high: Double?, epoch: Int) {
            self.run = run
            self.mean = mean
            self.low = low
            self.high = high
            self.epoch = epoch
        }
    }

    /// A lasting change of a metric's level.
    public struct Change: Sendable, Codable, Equatable {
        /// Index in `points` of the first value on the new level.
        public var point: Int
        /// Mean level before.
        public var before: Double
        /// Mean level after.
        public var after: Double
        /// What changed between the runs on both sides.
        public var causes: [String]

        /// Creates a change.
        public init(point: Int, before: Double, after: Double, causes: [String]) {
            self.point = point
            self.before = before
            self.after = after
            self.causes = causes
        }
    }

    /// One metric over the runs.
    public struct Series: Sendable, Codable, Equatable {
        /// The metric's name.
        public var metric: String
        /// Whether a larger value is better.
        public var higherIsBetter: Bool
        /// Values in the order of the runs; runs without a mean have none.
        public var points: [Point]
        /// Changes of level, in order.
        public var changes: [Change]

        /// Creates a series.
        public init(metric: String, higherIsBetter: Bool, points: [Point], changes: [Change]) {
            self.metric = metric
            self.higherIsBetter = higherIsBetter
            self.points = points
            self.changes = changes
        }
    }

    /// Name of the pipeline.
    public var pipeline: String
    /// Its runs, oldest first.
    public var runs: [Run]
    /// Its metrics, in the order of the newest run, then those that only older runs have.
    public var series: [Series]

    /// Creates a history.
    public init(pipeline: String, runs: [Run], series: [Series]) {
        self.pipeline = pipeline
        self.runs = runs
        self.series = series
    }
}
