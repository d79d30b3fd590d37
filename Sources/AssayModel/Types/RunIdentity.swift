/// What tells two runs apart: everything that can make their numbers differ.
public struct RunIdentity: Sendable, Codable, Equatable {
    /// The run's id.
    public var run: String
    /// Name of the pipeline.
    public var pipeline: String
    /// Digest of what is measured.
    public var specHash: String
    /// Start, ISO 8601 in UTC.
    public var started: String
    /// Commit of the project's repository, nil when there was none.
    public var commit: String?
    /// Name of the corpus.
    public var corpus: String
    /// Digest over its documents.
    public var corpusFingerprint: String
    /// What was asked, nil for a run that only indexes.
    public var evalset: EvalsetSummary?
    /// The engine that rewrites questions.
    public var rewriter: EngineIdentity?
    /// The answering engine.
    public var engine: EngineIdentity?
    /// The judging engine.
    public var judge: EngineIdentity?
    /// Name and version of each stage's component, by stage.
    public var components: [String: String]
    /// What is measured, with every default filled in; nil where only the hash is kept.
    public var spec: JSONValue?

    /// Reads the identity of a record.
    public init(_ record: RunRecord) {
        let results = record.results
        self.init(
            run: record.id,
            pipeline: results.pipeline,
            specHash: results.specHash,
            started: record.environment.started,
            commit: record.environment.commit,
            corpus: results.corpus.name,
            corpusFingerprint: results.corpus.fingerprint,
            evalset: results.evalset,
            engine: results.engine,
            judge: results.judge,
            rewriter: results.rewrites?.engine,
            components: results.components,
            spec: results.spec
        )
    }

    /// Creates an identity.
    public init(
        run: String,
        pipeline: String,
        specHash: String,
        started: String,
        commit: String? = nil,
        corpus: String,
        corpusFingerprint: String,
        evalset: EvalsetSummary? = nil,
        engine: EngineIdentity? = nil,
        judge: EngineIdentity? = nil,
        rewriter: EngineIdentity? = nil,
        components: [String: String] = [:],
        spec: JSONValue? = nil
    ) {
        self.run = run
        self.pipeline = pipeline
        self.specHash = specHash
        self.started = started
        self.commit = commit
        self.corpus = corpus
        self.corpusFingerprint = corpusFingerprint
        self.evalset = evalset
        self.engine = engine
        self.judge = judge
        self.rewriter = rewriter
        self.components = components
        self.spec = spec
    }

    /// What changed since another run, one sentence without a full stop each; empty when nothing did.
    ///
    /// - Parameter other: The earlier run.
    /// - Returns: Commit, corpus, evalset, engine, judge, components, then values of the file, in this order.
    public func changes(since other: RunIdentity) -> [String] {
        var changes: [String] = []
        func compare(_ what: String, _ old: String?, _ new: String?, digits: Int = .max) {
            guard old != new else { return }
            func shown(_ text: String?) -> String { text.map { String($0.prefix(digits)) } ?? "none" }
            changes.append("\(what): \(shown(old)) → \(shown(new))")
        }
        compare("commit", other.commit, commit, digits: 12)
        if other.corpus != corpus || other.corpusFingerprint != corpusFingerprint {
            changes.append(
                "corpus: \(other.corpus) \(other.corpusFingerprint.prefix(12)) → \(corpus) \(corpusFingerprint.prefix(12))"
            )
        }
        compare("evalset", other.evalset.map(Self.text), evalset.map(Self.text))
        compare("rewriting engine", other.rewriter.map(Self.text), rewriter.map(Self.text))
        compare("engine", other.engine.map(Self.text), engine.map(Self.text))
        compare("judge", other.judge.map(Self.text), judge.map(Self.text))
        for stage in Set(components.keys).union(other.components.keys).sorted() {
            compare("component of \(stage)", other.components[stage], components[stage])
        }
        if let old = other.spec, let new = spec {
            for difference in Self.differences(old, new, at: "") { changes.append(difference) }
        } else if other.specHash != specHash {
            compare("what is measured", other.specHash, specHash, digits: 12)
        }
        return changes
    }

    private static func text(_ evalset: EvalsetSummary) -> String {
        "\(evalset.name) \(evalset.split) \(evalset.fingerprint.prefix(12)), \(evalset.questions) questions, \(evalset.answered) answered"
    }

    private static func text(_ engine: EngineIdentity) -> String {
        "\(engine.name) \(engine.model) \(engine.mode)" + (engine.modelHash.map { " " + $0.prefix(12) } ?? "")
    }

    /// Leaves that differ, by dotted key.
    private static func differences(_ old: JSONValue, _ new: JSONValue, at key: String) -> [String] {
        // By text: 60.0 is written as 60 and read back as a whole number.
        if old == new || old.text == new.text { return [] }
        if case .object(let left) = old, case .object(let right) = new {
            return Set(left.keys).union(right.keys).sorted().flatMap { name in
                differences(left[name] ?? .null, right[name] ?? .null, at: key.isEmpty ? name : "\(key).\(name)")
            }
        }
        func shown(_ value: JSONValue) -> String {
            let text = value == .null ? "none" : value.text
            return text.count > 60 ? text.prefix(57) + "…" : text
        }
        // Digests of definitions say nothing to a reader; that they differ does.
        if key == "metrics" { return ["the list of metrics or a definition"] }
        return ["\(key): \(shown(old)) → \(shown(new))"]
    }
}
