import AssayEngines
import AssayIngest
import AssayModel
package import AssayStore
import FoundationEssentials

/// An opened pipeline: its components, its workspace, its engines.
///
/// Evaluation, `ask` and the service all work through it.
package final class PipelineSession: Sendable {
    /// The components.
    package let parts: PipelineParts
    /// The workspace.
    package let workspace: Workspace
    /// Its database.
    package let store: Store
    let progress: Progress
    let now: @Sendable () -> String
    /// What the engines said, where it is to be written to a file; nil otherwise.
    package let journal: RunJournal?
    /// What is known of judges.
    let calibrations: CalibrationFolder
    private let engines: Engines
    private let answersInFlight = Answering.Flights()

    /// Opens a pipeline.
    ///
    /// - Parameters:
    ///   - spec: The file.
    ///   - project: Where models, engines and workspace are.
    ///   - progress: Told of finished items.
    ///   - recording: Keeps every reply of an engine, stored ones included, for a journal file.
    ///   - replay: A journal file that answers in place of every engine.
    ///   - now: The clock, injected.
    /// - Throws: `AssayError` for anything wrong with file, models or workspace.
    package init(
        _ spec: PipelineSpec,
        project: Project,
        progress: Progress,
        recording: Bool = false,
        replay: String? = nil,
        now: @escaping @Sendable () -> String
    ) throws {
        journal = recording ? RunJournal() : nil
        workspace = project.workspace
        try workspace.create()
        store = try Store(project.workspace, now: now)
        engines = try Engines(project, replay: replay)
        calibrations = CalibrationFolder(project)
        parts = try PipelineParts(spec, resources: engines.resources)
        self.progress = progress
        self.now = now
    }

    /// Name of the corpus as its folder has it.
    var corpusName: String { baseName(parts.spec.corpusName) }

    /// Brings the index up to date and opens it.
    func openIndex(data: String?) async throws -> IndexStage.Outcome {
        let source = try CorpusSource(parts.spec.corpus, data: data, at: parts.spec.corpusPlace)
        return try await IndexStage(
            source: source,
            parts: parts,
            store: store,
            workspace: workspace,
            progress: progress
        ).run()
    }

    /// Anchors the gold quotes of an evalset in the extracted texts.
    ///
    /// - Throws: `AssayError` "evalset.quote" naming every label that does not match, the first ones in full.
    func anchor(_ evalset: EvalsetSource, _ documents: [DocumentLine]) async throws -> [String: [GoldSpan]] {
        let (spans, failures) = try await anchors(evalset, documents)
        guard let first = failures.first else { return spans }
        let more = failures.count > 1 ? " (and \(failures.count - 1) more labels)" : ""
        throw AssayError(
            first.code,
            first.message + more,
            at: first.place,
            remedy: "mend the labels; 'assay evalset check' lists all of them"
        )
    }

    /// Anchors all labels; those that do not match are returned as errors.
    func anchors(
        _ evalset: EvalsetSource,
        _ documents: [DocumentLine]
    ) async throws -> (spans: [String: [GoldSpan]], failures: [AssayError]) {
        let hashes = Dictionary(documents.map { ($0.id, $0.hash) }) { first, _ in first }
        var byDocument: [String: [(question: Question, position: Int)]] = [:]
        for question in evalset.questions {
            for (position, quote) in question.gold.enumerated() {
                byDocument[quote.document, default: []].append((question, position))
            }
        }
        // By question, then by the quote's place in the row: spans stay parallel to the quotes.
        var found: [String: [Int: GoldSpan]] = [:]
        var failures: [AssayError] = []
        for (id, labels) in byDocument.sorted(by: { $0.key < $1.key }) {
            guard let hash = hashes[id], let document = try await store.document(hash) else {
                failures += labels.map {
                    AssayError(
                        "evalset.document",
                        "\($0.question.id): the corpus has no document '\(id)'",
                        at: evalset.places[$0.question.id]
                    )
                }
                continue
            }
            let anchor = GoldAnchor(document)
            for label in labels {
                switch anchor.anchor(label.question.gold[label.position]) {
                case .success(let span): found[label.question.id, default: [:]][label.position] = span
                case .failure(let error):
                    failures.append(
                        AssayError(
                            error.code,
                            "\(label.question.id): \(error.message)",
                            at: evalset.places[label.question.id]
                        )
                    )
                }
            }
        }
        let spans = found.mapValues { byPosition in byPosition.sorted { $0.key < $1.key }.map(\.value) }
        return (spans, failures)
    }

    /// Vectors of questions, kept with the embedder's other vectors.
    func queryVectors(_ texts: [String], _ file: VectorFile?) async throws -> [[Float]] {
        guard let file, let embedder = parts.embedder?.product else { return [] }
        let keys = texts.map { ItemKey("vector", "query", SHA256.hex($0)) }
        let known = try await file.rows(keys)
        var missing: [(key: ItemKey, text: String)] = []
        var queued: Set<ItemKey> = []
        for (key, text) in zip(keys, texts) where known[key] == nil && queued.insert(key).inserted {
            missing.append((key, text))
        }
        var rows = known
        for start in stride(from: 0, to: missing.count, by: Ingestion.batch) {
            let batch = missing[start..<min(start + Ingestion.batch, missing.count)]
            let vectors = try await embedder.embed(batch.map(\.text), as: .query)
            for (entry, row) in zip(batch, try await file.append(batch.map(\.key), vectors)) { rows[entry.key] = row }
        }
        let matrix = try await file.matrix()
        return keys.map { matrix.row(Int(rows[$0] ?? 0)) }
    }

    /// The answering stage, nil without one.
    func answering(replicate: Int) throws -> Answering? {
        guard let spec = parts.spec.answer, let template = parts.template else { return nil }
        let engine = try engines.engine(spec.engine, at: spec.enginePlace)
        return Answering(
            spec: spec,
            template: template,
            engine: engine,
            store: store,
            replicate: replicate,
            flights: answersInFlight,
            journal: journal
        )
    }

    /// The judges, nil without one.
    func judges(replicate: Int) throws -> JudgeBench? {
        guard let judging = parts.spec.evaluate?.judging else { return nil }
        let members = try judging.members.map { member in
            JudgeSession(
                engine: try engines.engine(member.name, at: member.place),
                store: store,
                replicate: replicate,
                ask: judging.ask,
                temperature: judging.temperature,
                journal: journal
            )
        }
        return JudgeBench(spec: judging, members: members)
    }

    /// The first judge, nil without one.
    func judge(replicate: Int) throws -> (engine: any Engine, session: JudgeSession)? {
        try judges(replicate: replicate)?.members.first.map { ($0.engine, $0) }
    }

    /// The replicate number of a refresh: that of an interrupted one, else the next.
    func openReplicate() async throws -> Int {
        let key = ItemKey("replicate", parts.specHash)
        var state =
            try await store.item("replicate", key, as: ReplicateState.self) ?? ReplicateState(number: 0, isOpen: false)
        if state.isOpen { return state.number }
        state = ReplicateState(number: state.number + 1, isOpen: true)
        try await store.put("replicate", key, state, replacing: true)
        return state.number
    }

    /// Notes that a refresh is complete.
    func closeReplicate(_ number: Int) async throws {
        let state = ReplicateState(number: number, isOpen: false)
        try await store.put("replicate", ItemKey("replicate", parts.specHash), state, replacing: true)
    }

    private struct ReplicateState: Codable {
        var number: Int
        var isOpen: Bool
    }

    /// Ends what was started: supervised servers.
    package func close() async {
        await engines.shutdown()
    }
}
