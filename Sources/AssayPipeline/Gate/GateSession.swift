import AssayEval
package import AssayModel
package import AssayStore

/// A gate around a run: finds the baseline, holds the run against the rules, keeps what was said, moves the ratchet.
package struct GateSession: Sendable {
    private let gate: GateRules
    private let spec: PipelineSpec
    private let baselines: BaselineFile
    private let store: Store
    /// Name of the baseline or id of the run that drops are measured against, nil without one.
    package let baselineName: String?
    private let baseline: Baseline?

    /// Opens a gate.
    ///
    /// - Parameters:
    ///   - spec: The pipeline file.
    ///   - project: Where the baselines are.
    ///   - store: The workspace's database.
    ///   - baselineName: Given by `--baseline`; nil takes the file's.
    ///   - mayBeMissing: Whether the baseline is about to be written for the first time.
    /// - Throws: `AssayError` "gate.…" when there is no gate, or no baseline although a rule needs one.
    package init(
        _ spec: PipelineSpec,
        project: Project,
        store: Store,
        baselineName: String?,
        mayBeMissing: Bool
    ) async throws {
        guard let gate = spec.gate else {
            throw AssayError(
                "gate.missing",
                "the pipeline has no 'gate:'",
                at: Place(file: spec.file),
                remedy: "add gate: { rules: { METRIC: { min: … } } }"
            )
        }
        self.gate = gate
        self.spec = spec
        self.store = store
        baselines = BaselineFile(project)
        let name = baselineName ?? gate.baseline
        self.baselineName = name
        baseline = try await Self.find(name, baselines, store)
        guard gate.needsBaseline, baseline == nil else { return }
        guard let name else {
            throw AssayError(
                "gate.baseline",
                "the gate has rules with 'drop' and no baseline",
                at: gate.place,
                remedy: "add baseline: NAME to the gate, or give --baseline RUN|NAME"
            )
        }
        guard mayBeMissing else {
            let near = nearestName(to: name, among: baselines.names).map { " (did you mean '\($0)'?)" } ?? ""
            throw AssayError(
                "gate.baseline",
                "there is neither a baseline nor a run '\(name)'\(near)",
                at: gate.place,
                remedy: "'assay baseline save RUN \(name)', or --update-baseline to write the first one"
            )
        }
    }

    static func find(_ name: String?, _ baselines: BaselineFile, _ store: Store) async throws -> Baseline? {
        guard let name else { return nil }
        // Ids of runs are names of files too, but no baseline is called like one.
        if baselines.names.contains(name), let stored = try baselines.read(name) { return stored }
        return try await store.run(name).map { Baseline($0, name: name) }
    }

    /// Judges a run and keeps the verdict with it.
    ///
    /// - Parameter record: The run.
    /// - Returns: What the gate says.
    /// - Throws: `AssayError` "store.…".
    package func judge(_ record: RunRecord) async throws -> GateReport {
        let heads = try await store.heads(of: record.results.pipeline, last: 2)
        let previous = heads.last { $0.identity.run != record.id && $0.identity.started <= record.environment.started }
        // Without any baseline only the first one is being written: there is nothing to drop from.
        var rules = gate
        if baseline == nil { rules.rules.removeAll { $0.kind == .drop } }
        var report = GateEvaluation(rules, record: record, baseline: baseline, name: baselineName)
            .report(file: spec.file, previous: previous?.identity)
        if baseline == nil, gate.needsBaseline {
            report.notes.append("there is no baseline yet: rules with 'drop' were not checked")
        }
        try await store.put(gate: report)
        return report
    }

    /// Writes the run as the new baseline when it is better: a ratchet, so that small losses within the margin cannot add up.
    ///
    /// - Parameters:
    ///   - record: The run.
    ///   - report: What the gate said of it.
    /// - Returns: A sentence saying what was done.
    /// - Throws: `AssayError` "baseline.…" when the file cannot be written.
    package func ratchet(_ record: RunRecord, _ report: GateReport) throws -> String {
        guard let name = baselineName else {
            throw AssayError(
                "gate.baseline",
                "--update-baseline needs a name",
                at: gate.place,
                remedy: "add baseline: NAME to the gate, or give --baseline NAME"
            )
        }
        guard report.isOpen else { return "baseline \(name) stays: the gate does not hold" }
        if baseline != nil {
            let drops = report.rules.filter { $0.kind == .drop && $0.outcome != .notGated }
            if let doubtful = drops.first(where: { $0.outcome != .passed }) {
                return "baseline \(name) stays: \(doubtful.name) is not shown to be no worse"
            }
            if let lower = drops.first(where: { ($0.gain ?? 0) < 0 }) {
                return "baseline \(name) stays: \(lower.name) has a lower mean than the baseline"
            }
            guard drops.contains(where: { ($0.low ?? 0) > 0 }) else {
                return "baseline \(name) stays: no metric is shown to be better"
            }
        }
        let path = try baselines.write(Baseline(record, name: name))
        return "baseline \(name) is now run \(record.id): \(path)"
    }
}
