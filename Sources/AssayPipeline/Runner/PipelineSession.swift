import AssayEngines
import AssayIngest
package import AssayModel
package import AssayStore
import FoundationEssentials
import Tracing

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
    /// Documents that a service took in beside the corpus, nil without.
    package let documents: DocumentFolder?
    /// Texts of documents that an opened pipeline keeps.
    let textCache: PassageTexts.Limit
    private let wrapping: @Sendable (any Engine) -> any Engine
    private let engines: Engines
    private let answersInFlight = Answering.Flights()
    private let rewritesInFlight = Rewriting.Flights()

    /// Opens a pipeline.
    ///
    /// - Parameters:
    ///   - spec: The file.
    ///   - project: Where models, engines and workspace are.
    ///   - progress: Told of finished items.
    ///   - budget: Caps on what engines may use.
    ///   - recording: Keeps every reply of an engine, stored ones included, for a journal file.
    ///   - replay: A journal file that answers in place of every engine.
    ///   - documents: A folder of documents beside the corpus; its index is one of its own.
    ///   - textCache: Bytes of document texts kept in memory; nil keeps few.
    ///   - wrapping: Put around the engines that rewrite and answer, for admission and time limits.
    ///   - now: The clock, injected.
    /// - Throws: `AssayError` for anything wrong with file, models or workspace.
    package init(
        _ spec: PipelineSpec,
        project: Project,
        progress: Progress,
        budget: Budget = Budget(),
        recording: Bool = false,
        replay: String? = nil,
        documents: DocumentFolder? = nil,
        textCache: Int? = nil,
        wrapping: @escaping @Sendable (any Engine) -> any Engine = { $0 },
        now: @escaping @Sendable () -> String
    ) throws {
        self.documents = documents
        self.textCache = textCache.map { .init(documents: .max, bytes: $0) } ?? .init()
        self.wrapping = wrapping
        journal = recording ? RunJournal() : nil
        workspace = project.workspace
        try workspace.create()
        store = try Store(project.workspace, now: now)
        engines = try Engines(project, budget: budget, replay: replay)
        calibrations = CalibrationFolder(project)
        parts = try PipelineParts(spec, resources: engines.resources)
        self.progress = progress
        self.now = now
    }

    /// Name of the corpus as its folder has it.
    var corpusName: String { baseName(parts.spec.corpusName) }

    /// Brings the index up to date and opens it.
    ///
    /// - Parameters:
    ///   - data: Folder given by `--data`.
    ///   - evalset: Its labels' documents are looked up.
    /// - Returns: The index, and what was read.
    /// - Throws: Errors of the corpus, the embedder and the index.
    func openIndex(data: String?, for evalset: EvalsetSource? = nil) async throws -> IndexStage.Outcome {
        try await indexStage(data: data, citing: evalset?.citedDocuments ?? []).run()
    }

    /// The stage that builds and opens this pipeline's index.
    func indexStage(data: String?, citing: Set<String> = []) throws -> IndexStage {
        IndexStage(
            source: try CorpusSource(
                parts.spec.corpus,
                data: data,
                documents: documents,
                at: parts.spec.corpusPlace
            ),
            parts: parts,
            store: store,
            workspace: workspace,
            progress: progress,
            citing: citing
        )
    }

    /// Anchors the gold quotes of an evalset in the extracted texts.
    ///
    /// - Parameters:
    ///   - evalset: Its labels.
    ///   - hashes: Content hashes of the documents that they name.
    /// - Returns: Spans by question id, parallel to the question's quotes.
    /// - Throws: `AssayError` "evalset.quote" naming every label that does not match, the first ones in full.
    func anchor(_ evalset: EvalsetSource, _ hashes: [String: String]) async throws -> [String: [GoldSpan]] {
        let (spans, failures) = try await anchors(evalset, hashes)
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
        _ hashes: [String: String]
    ) async throws -> (spans: [String: [GoldSpan]], failures: [AssayError]) {
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
            let vectors = try await withSpan("assay.embed") { span in
                span.attributes[TraceKey.model] = embedder.fingerprint.model
                span.attributes[TraceKey.dimensions] = embedder.fingerprint.dimension
                span.attributes[TraceKey.items] = batch.count
                return try await embedder.embed(batch.map(\.text), as: .query)
            }
            for (entry, row) in zip(batch, try await file.append(batch.map(\.key), vectors)) { rows[entry.key] = row }
        }
        let matrix = try await file.matrix()
        return keys.map { matrix.row(Int(rows[$0] ?? 0)) }
    }

    /// The answering stage, nil without one.
    func answering(replicate: Int) throws -> Answering? {
        guard let spec = parts.spec.answer, let template = parts.template else { return nil }
        return try answering(spec, template, replicate: replicate)
    }

    /// The answering stage with the engine that stands in for the first, nil without one; only services ask it.
    func fallback() throws -> Answering? {
        guard var spec = parts.spec.answer, let template = parts.template, let serve = parts.spec.serve,
            let name = serve.fallback
        else { return nil }
        spec.engine = name
        spec.enginePlace = serve.place
        return try answering(spec, template, replicate: 0)
    }

    private func answering(_ spec: PipelineSpec.Answer, _ template: PromptTemplate, replicate: Int) throws -> Answering
    {
        let engine = wrapping(try engines.budgeted(spec.engine, at: spec.enginePlace))
        return Answering(
            spec: spec,
            template: template,
            engine: engine,
            identity: try canonicalJSON(engine.identity),
            store: store,
            replicate: replicate,
            guardian: try engines.promptGuard(spec.engine, at: spec.enginePlace),
            flights: answersInFlight,
            price: try engines.price(of: spec.engine, at: spec.enginePlace),
            journal: journal
        )
    }

    /// The rewriting stage, nil without one.
    func rewriting(replicate: Int) throws -> Rewriting? {
        guard let rewriter = parts.rewriter?.product, let place = parts.spec.rewrite?.place else { return nil }
        var engine: (any Engine)?
        if let name = rewriter.engine {
            engine = wrapping(try engines.budgeted(name, at: place))
        }
        return Rewriting(
            rewriter: rewriter,
            engine: engine,
            identity: try engine.map { try canonicalJSON($0.identity) } ?? "",
            store: store,
            replicate: replicate,
            guardian: try rewriter.engine.map { try engines.promptGuard($0, at: place) } ?? PromptGuard(),
            flights: rewritesInFlight,
            journal: journal
        )
    }

    /// The judges, nil without one.
    func judges(replicate: Int) throws -> JudgeBench? {
        guard let judging = parts.spec.evaluate?.judging else { return nil }
        return try JudgeBench(judging, engines: engines, store: store, replicate: replicate, journal: journal)
    }

    /// The judges of `serve.online`, nil without one.
    ///
    /// - Parameter wrapping: Put around each judge's engine.
    /// - Returns: The judges.
    /// - Throws: For an engine that is not there, or a model that cannot be read.
    func onlineJudges(
        wrapping: (_ name: String, any Engine) -> any Engine = { $1 }
    ) throws -> JudgeBench? {
        guard let judging = parts.spec.serve?.online?.judging else { return nil }
        return try JudgeBench(judging, engines: engines, store: store, wrapping: wrapping)
    }

    /// An engine of the project by name.
    func engine(_ name: String) throws -> any Engine { try engines.engine(name, at: nil) }

    /// What breaks control tokens in prompts of the engine `name`.
    func promptGuard(_ name: String) throws -> PromptGuard { try engines.promptGuard(name, at: nil) }

    /// The replicate number of a refresh: that of an interrupted one, else the next.
    ///
    /// Numbers rise over the whole workspace: pipelines that render equal prompts must not find each other's fresh answers.
    func openReplicate() async throws -> Int {
        let key = ItemKey("replicate", parts.specHash)
        let state = try await store.item("replicate", key, as: ReplicateState.self)
        if let state, state.isOpen { return state.number }
        let counter = ItemKey("replicate-counter")
        let last = try await store.item("replicate", counter, as: ReplicateState.self)?.number ?? 0
        let next = ReplicateState(number: max(last, state?.number ?? 0) + 1, isOpen: true)
        try await store.put("replicate", counter, next, replacing: true)
        try await store.put("replicate", key, next, replacing: true)
        return next.number
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
