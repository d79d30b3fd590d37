import AssayIngest
import AssayModel
import AssayStore
import FoundationEssentials

/// Reads, chunks and embeds a corpus as one bounded stream; finished items are taken from the store.
///
/// Memory does not grow with the corpus but for the chunk table: one document's text, and one batch of texts to embed, are held at a
/// time.
struct Ingestion {
    /// Texts in a batch: what an interruption can cost of the embedding stage.
    static let batch = 64

    let source: CorpusSource
    let parts: PipelineParts
    let store: Store
    let vectors: VectorFile?
    let progress: Progress

    /// What the stream has seen.
    struct Outcome: Sendable {
        var documents = 0
        /// Content hashes of the documents that were asked for, by id.
        var cited: [String: String] = [:]
        var leftOut: [LeftOut] = []
        var stripped = StrippedCharacters()
        var chunks = 0
        var bytes = 0
        var tokens = 0
        var truncatedChunks = 0
        var read = StageCount("read")
        var chunk = StageCount("chunk")
        var embed = StageCount("embed")
        fileprivate var digest = KeyDigest("corpus")

        /// Digest over ids and content hashes in the order of the corpus.
        var fingerprint: String { digest.key.hex }
    }

    typealias Emit = (DocumentLine, [ChunkLine], [Int32], Document?) async throws -> Void

    /// Runs the stream.
    ///
    /// - Parameters:
    ///   - citing: Ids of documents whose content hashes are wanted afterwards.
    ///   - emit: Called for each document, in order, with its chunks and the row of each chunk's vector.
    /// - Returns: Counts, and what was left out.
    /// - Throws: Errors of the store, the embedder and `emit`; a file that cannot be read is left out instead.
    func run(citing: Set<String> = [], _ emit: Emit) async throws -> Outcome {
        var outcome = Outcome()
        var waiting = Waiting()
        let listing = try await offPool { [source] in try source.scan() }
        outcome.leftOut = listing.leftOut
        var seen: Set<String> = []
        for file in listing.files {
            try Task.checkCancellation()
            let (line, key) = try await read(file, &outcome)
            outcome.leftOut += line.leftOut
            for page in 0...(line.pages ?? 0) {
                for document in try await documents(of: line, key, page: page) {
                    guard seen.insert(document.id).inserted else {
                        let reason = "\(file.id): the id '\(document.id)' is taken"
                        outcome.leftOut.append(LeftOut(file: file.id, code: "duplicate-id", reason: reason))
                        continue
                    }
                    if citing.contains(document.id) { outcome.cited[document.id] = document.hash }
                    waiting.add(try await entry(document, &outcome))
                    if waiting.isFull { try await flush(&waiting, &outcome, emit) }
                }
            }
        }
        try await flush(&waiting, &outcome, emit)
        return outcome
    }

    /// The documents of a page; the last page is in the line itself.
    private func documents(of line: FileLine, _ key: ItemKey, page: Int) async throws -> [DocumentLine] {
        if page == line.pages ?? 0 { return line.documents }
        guard let lines = try await store.item("read", FileLine.key(key, page: page), as: [DocumentLine].self) else {
            throw AssayError(
                "store.item",
                "a list of documents that was read is missing in the workspace's database",
                remedy: "remove the workspace's assay.db to start afresh"
            )
        }
        return lines
    }

    /// Chunks a document, counts it and finds the vectors that are there.
    private func entry(_ document: DocumentLine, _ outcome: inout Outcome) async throws -> Pending {
        outcome.documents += 1
        outcome.digest.add(document.id)
        outcome.digest.add(document.hash)
        outcome.stripped += document.stripped
        outcome.bytes += document.bytes
        let (chunks, text) = try await chunk(document, &outcome)
        outcome.chunks += chunks.count
        outcome.tokens += chunks.reduce(0) { $0 + ($1.tokens ?? 0) }
        outcome.truncatedChunks += chunks.count { $0.truncated > 0 }
        var entry = Pending(document: document, chunks: chunks, text: text)
        try await lookUp(&entry, &outcome)
        return entry
    }

    /// Reasons that lie in the machine and not in the file: they are tried again the next time.
    private static let transient: Set<String> = ["pdf-tool", "limit", "unreadable", "vanished"]

    private struct Pending {
        var document: DocumentLine
        var chunks: [ChunkLine]
        var text: Document?
        var keys: [ItemKey] = []
        var rows: [Int32] = []
        var missing: Int { rows.count { $0 < 0 } }
    }

    /// Documents that wait for their vectors, bounded by texts to embed, by number and by bytes of text held.
    private struct Waiting {
        var entries: [Pending] = []
        private var missing = 0
        private var bytes = 0

        var isFull: Bool { missing >= Ingestion.batch || entries.count >= 512 || bytes >= 8 << 20 }

        mutating func add(_ entry: Pending) {
            missing += entry.missing
            bytes += entry.text?.text.utf8.count ?? 0
            entries.append(entry)
        }
    }

    private func read(_ file: SourceFile, _ outcome: inout Outcome) async throws -> (FileLine, ItemKey) {
        let clock = ContinuousClock()
        let start = clock.now
        defer { outcome.read.time += clock.now - start }
        outcome.read.items += 1
        let hashed: String
        do {
            hashed = try await offPool { try SHA256.hex(file: file.path) }
        } catch let error as AssayError {
            return (FileLine(documents: [], leftOut: [LeftOut(file: file.id, error: error)]), ItemKey("read"))
        }
        let key = ItemKey("read", hashed, file.id, source.readerIdentity(for: file))
        if let line = try await store.item("read", key, as: FileLine.self) {
            outcome.read.reused += 1
            return (line, key)
        }
        let line = try await offPool { [source, store] in
            // A file may hold any number of documents: they are committed a few at a time, never held together.
            var waiting: [(hash: String, document: Document)] = []
            var line = FileLine(documents: [], leftOut: [])
            try source.read(file) { document in
                let hash = try document.contentHash
                waiting.append((hash, document))
                line.documents.append(
                    DocumentLine(
                        id: document.id,
                        hash: hash,
                        bytes: document.text.utf8.count,
                        metadata: document.metadata,
                        stripped: document.stripped
                    )
                )
                if waiting.count == 64 {
                    try store.putNow(documents: waiting)
                    waiting.removeAll(keepingCapacity: true)
                }
                if line.documents.count == FileLine.page {
                    let page = line.pages ?? 0
                    try store.putNow("read", FileLine.key(key, page: page), line.documents)
                    line.pages = page + 1
                    line.documents.removeAll(keepingCapacity: true)
                }
            } leftOut: {
                line.leftOut.append($0)
            }
            try store.putNow(documents: waiting)
            return line
        }
        if !line.leftOut.contains(where: { Self.transient.contains($0.code) }) {
            try await store.put("read", key, line)
        }
        progress.advance("read")
        return (line, key)
    }

    private func chunk(_ line: DocumentLine, _ outcome: inout Outcome) async throws -> ([ChunkLine], Document?) {
        let clock = ContinuousClock()
        let start = clock.now
        defer { outcome.chunk.time += clock.now - start }
        outcome.chunk.items += 1
        let key = ItemKey("chunk", line.hash, parts.chunker.identity, parts.tokenizerIdentity)
        if let chunks = try await store.item("chunk", key, as: [ChunkLine].self) {
            outcome.chunk.reused += 1
            return (chunks, nil)
        }
        let document = try await stored(line)
        let chunker = parts.chunker.product
        let tokenizer = parts.tokenizer
        let chunks = try await offPool {
            try chunker.chunks(of: document, tokenizer: tokenizer).map { chunk in
                ChunkLine(
                    range: chunk.range,
                    headingPath: chunk.headingPath,
                    page: chunk.page,
                    tokens: chunk.tokens,
                    truncated: chunk.truncatedTokens,
                    digest: SHA256.hex(chunk.embeddingText)
                )
            }
        }
        try await store.put("chunk", key, chunks)
        progress.advance("chunk")
        return (chunks, document)
    }

    private func stored(_ line: DocumentLine) async throws -> Document {
        guard let document = try await store.document(line.hash) else {
            throw AssayError(
                "store.document",
                "the stored text of '\(line.id)' is missing",
                remedy: "remove the workspace's assay.db to start afresh"
            )
        }
        return document
    }

    private func lookUp(_ entry: inout Pending, _ outcome: inout Outcome) async throws {
        guard let vectors else {
            entry.rows = [Int32](repeating: 0, count: entry.chunks.count)
            return
        }
        entry.keys = entry.chunks.map { ItemKey("vector", "document", $0.digest) }
        let rows = try await vectors.rows(entry.keys)
        entry.rows = entry.keys.map { rows[$0] ?? -1 }
        outcome.embed.items += entry.rows.count
        outcome.embed.reused += entry.rows.count { $0 >= 0 }
    }

    private func flush(
        _ waiting: inout Waiting,
        _ outcome: inout Outcome,
        _ emit: Emit
    ) async throws {
        if let vectors, let embedder = parts.embedder?.product {
            try await embed(&waiting.entries, with: embedder, into: vectors, &outcome)
        }
        for entry in waiting.entries { try await emit(entry.document, entry.chunks, entry.rows, entry.text) }
        waiting = Waiting()
    }

    /// Embeds what has no vector yet, `batch` texts at a time; equal texts are embedded once.
    private func embed(
        _ pending: inout [Pending],
        with embedder: any Embedder,
        into vectors: VectorFile,
        _ outcome: inout Outcome
    ) async throws {
        let clock = ContinuousClock()
        let start = clock.now
        defer { outcome.embed.time += clock.now - start }
        var rows: [ItemKey: Int32] = [:]
        var keys: [ItemKey] = []
        var texts: [String] = []
        func commit() async throws {
            guard !texts.isEmpty else { return }
            try Task.checkCancellation()
            let batch = try await embedder.embed(texts, as: .document)
            for (key, row) in zip(keys, try await vectors.append(keys, batch)) { rows[key] = row }
            progress.advance("embed", by: texts.count)
            keys.removeAll(keepingCapacity: true)
            texts.removeAll(keepingCapacity: true)
        }
        var queued: Set<ItemKey> = []
        for index in pending.indices where pending[index].missing > 0 {
            let document: Document
            if let text = pending[index].text {
                document = text
            } else {
                document = try await stored(pending[index].document)
            }
            for (position, line) in pending[index].chunks.enumerated() where pending[index].rows[position] < 0 {
                guard queued.insert(pending[index].keys[position]).inserted else { continue }
                keys.append(pending[index].keys[position])
                texts.append(line.chunk(of: document, ordinal: position).embeddingText)
                if texts.count == Self.batch { try await commit() }
            }
        }
        try await commit()
        for index in pending.indices {
            for position in pending[index].rows.indices where pending[index].rows[position] < 0 {
                pending[index].rows[position] = rows[pending[index].keys[position]] ?? -1
            }
        }
    }
}
