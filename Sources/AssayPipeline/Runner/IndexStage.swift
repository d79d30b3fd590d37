import AssayModel
import AssayStore
import Tracing

/// Corpus → published index generation, ready for questions.
struct IndexStage {
    let source: CorpusSource
    let parts: PipelineParts
    let store: Store
    let workspace: Workspace
    let progress: Progress
    /// Ids of documents whose content hashes are wanted afterwards.
    var citing: Set<String> = []

    /// What later stages need.
    struct Outcome: Sendable {
        var corpus: Ingestion.Outcome
        var index: SearchIndex
        var vectors: VectorFile?
        /// Held as long as vectors may be appended.
        var vectorLock: Lock?
        var matrix: VectorMatrix?
        var timing: StageTiming
    }

    /// The folder of this pipeline's index.
    var folder: IndexFolder {
        let beside = source.documents.map { [$0.root] } ?? []
        let key = ItemKey("index", parts: [source.path, source.root, parts.indexIdentity] + beside).hex
        return IndexFolder(path: "\(workspace.indexes)/\(source.name)-\(key.prefix(12))")
    }

    /// Reads what has changed and brings the index up to date.
    ///
    /// - Throws: "lock.held" when another process builds this index or appends to this embedder's vectors.
    func run() async throws -> Outcome {
        let lock = try Lock(baseName(folder.path), in: workspace, doing: "build the index of '\(source.name)'")
        defer { withExtendedLifetime(lock) {} }
        let vectorLock = try parts.embedder.map { embedder in
            let fingerprint = embedder.product.fingerprint
            return try Lock(
                "vectors-\(fingerprint.digest.prefix(16))",
                in: workspace,
                doing: "embed with '\(fingerprint.model)'"
            )
        }
        let vectors = try await openVectors()
        let ingestion = Ingestion(source: source, parts: parts, store: store, vectors: vectors, progress: progress)
        let (corpus, result, seconds) = try await build(ingestion, fresh: false)
        var timing = seconds
        let (manifest, reused): (GenerationManifest, Int)
        switch result {
        case .unchanged(let found): (manifest, reused) = (found, found.liveCount)
        case .published(let made): (manifest, reused) = (made, 0)
        case .compact:
            let (_, second, more) = try await build(ingestion, fresh: true)
            guard case .published(let made) = second else { preconditionFailure("a fresh build publishes") }
            (manifest, reused) = (made, 0)
            timing += more
        }
        let matrix = try await vectors?.matrix()
        let index = try await offPool { [folder, parts] in
            try SearchIndex(folder: folder, manifest: manifest, parts: parts, vectors: matrix)
        }
        return Outcome(
            corpus: corpus,
            index: index,
            vectors: vectors,
            vectorLock: vectorLock,
            matrix: matrix,
            timing: StageTiming(stage: "index", items: manifest.liveCount, reused: reused, seconds: timing)
        )
    }

    /// The published generation as it is, nil when there is none: nothing is read anew, nothing is locked, nobody is waited for.
    ///
    /// - Throws: `AssayError` "index.embedder" or "index.damaged".
    func published() async throws -> (index: SearchIndex, matrix: VectorMatrix?)? {
        guard let manifest = try await offPool({ [folder] in try folder.current() }) else { return nil }
        let matrix = try await openVectors()?.matrix()
        return try await offPool { [folder, parts] in
            (try SearchIndex(folder: folder, manifest: manifest, parts: parts, vectors: matrix), matrix)
        }
    }

    private func openVectors() async throws -> VectorFile? {
        guard let embedder = parts.embedder?.product else { return nil }
        return try await VectorFile(
            embedder.fingerprint,
            store: store,
            workspace: workspace,
            canaries: try await embedder.embed(Self.canaries, as: .document)
        )
    }

    /// Texts whose vectors are kept beside an embedder's file: another model gives others.
    static let canaries = ["The quick brown fox jumps over the lazy dog.", "Überprüfung 42: naïve café — 東京"]

    private func build(
        _ ingestion: Ingestion,
        fresh: Bool
    ) async throws -> (Ingestion.Outcome, IndexBuilder.Result, Double) {
        let folder = folder
        let parts = parts
        var builder = try await offPool { try IndexBuilder(folder: folder, parts: parts, fresh: fresh) }
        let clock = ContinuousClock()
        var spent = Duration.zero
        let corpus = try await ingestion.run(citing: citing) { line, chunks, rows, known in
            let start = clock.now
            defer { spent += clock.now - start }
            var number: Int32?
            var document = known
            for (ordinal, chunk) in chunks.enumerated() {
                let identity = try IndexBuilder.identity(line, chunk, vector: rows[ordinal])
                if builder.contains(identity) { continue }
                if document == nil { document = try await store.document(line.hash) }
                guard let document else {
                    throw AssayError("store.document", "the stored text of '\(line.id)' is missing")
                }
                let place = number ?? builder.add(document: line)
                number = place
                builder.add(
                    ChunkTable.Row(
                        document: place,
                        ordinal: Int32(ordinal),
                        start: Int32(chunk.range.start),
                        end: Int32(chunk.range.end),
                        tokens: Int32(chunk.tokens ?? 0),
                        vector: rows[ordinal],
                        identity: identity
                    ),
                    text: chunk.chunk(of: document, ordinal: ordinal).embeddingText
                )
            }
        }
        guard corpus.chunks > 0 else {
            let why = corpus.leftOut.first.map { "; the first file left out: \($0.reason)" } ?? ""
            throw AssayError("corpus.empty", "no document of the corpus '\(source.name)' could be read\(why)")
        }
        let start = clock.now
        let matrix = try await ingestion.vectors?.matrix()
        let done = builder
        let result = try await offPool {
            var builder = done
            return try builder.finish(vectors: matrix)
        }
        return (corpus, result, (spent + (clock.now - start)) / .seconds(1))
    }
}
