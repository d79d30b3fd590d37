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
