import AssayModel
import AssayRetrieve
import AssayStore
import Tracing

/// Question → ranked list: embed, search, fuse, diversify, cut to depth.
///
/// The service and an evaluation use this very code.
struct Retrieval: Sendable {
    let index: SearchIndex
    let parts: PipelineParts
    let vectors: VectorMatrix?
    let allowed: [IdSet]?

    init(index: SearchIndex, parts: PipelineParts, vectors: VectorMatrix?) {
        self.index = index
        self.parts = parts
        self.vectors = vectors
        allowed = index.allowed(parts.spec.retrieve.filter)
    }

    /// The ranked list of a question.
    ///
    /// - Parameters:
    ///   - question: Its text.
    ///   - vector: Its embedding, nil for keyword-only pipelines.
    ///   - context: Parent of the spans: this runs off the task's thread.
    /// - Returns: Chunks in the order that holds everywhere, at most `retrieve.depth`.
    /// - Throws: Errors of the index.
    func rank(_ question: String, vector: [Float]?, context: ServiceContext) throws -> [RetrievedChunk] {
        var places: [String: SearchIndex.Place] = [:]
        var lists: [RankedList] = []
        for source in parts.spec.retrieve.from {
            let hits = try withSpan("assay.search", context: context) { span in
                span.attributes[TraceKey.retriever] = source.kind
                span.attributes[TraceKey.topK] = source.top
                let places =
                    switch source.kind {
                    case "dense": try index.vectorSearch(vector ?? [], k: source.top, allowed: allowed)
                    default: try index.keywordSearch(question, k: source.top, allowed: allowed)
                    }
                span.attributes[TraceKey.items] = places.count
                return places
            }
            lists.append(
                RankedList(
                    hits.map { place in
                        let id = index.tables[place.segment].id(place.ordinal)
                        places[id] = place
                        return Hit(id: id, score: place.score)
                    }
                )
            )
        }
        var ranked = lists[0]
        if let fusion = parts.fusion {
            ranked = try withSpan("assay.fuse", context: context) { _ in try fusion.product.fuse(lists, depth: .max) }
        }
        if let mmr = parts.mmr, let vectors, let vector {
            ranked = diversify(ranked, mmr, query: vector, vectors: vectors, places: places)
        }
        return RankedList(ranked.hits, depth: parts.spec.retrieve.depth).hits.compactMap { hit in
            places[hit.id].map { chunk($0, id: hit.id, score: hit.score) }
        }
    }

    private func chunk(_ place: SearchIndex.Place, id: String, score: Double) -> RetrievedChunk {
        let table = index.tables[place.segment]
        let row = table.rows[place.ordinal]
        let bytes = Int(row.end - row.start)
        return RetrievedChunk(
            id: id,
            document: table.documents[Int(row.document)].id,
            start: Int(row.start),
            end: Int(row.end),
            score: score,
            tokens: row.tokens > 0 ? Int(row.tokens) : (bytes + 3) / 4
        )
    }

    private func diversify(
        _ ranked: RankedList,
        _ mmr: MaximalMarginalRelevance,
        query: [Float],
        vectors: VectorMatrix,
        places: [String: SearchIndex.Place]
    ) -> RankedList {
        let rows = ranked.hits.map { hit -> Int32 in
            guard let place = places[hit.id] else { return 0 }
            return index.tables[place.segment].rows[place.ordinal].vector
        }
        return mmr.reorder(ranked, rows: rows, vectors: vectors, query: query, depth: parts.spec.retrieve.depth)
    }
}

/// Texts of chunks by document, cut from the stored documents; the documents used last are kept, up to 64 of them or 64 MB.
actor PassageTexts {
    private static let limit = (documents: 64, bytes: 64 << 20)

    private let store: Store
    private let tables: [ChunkTable]
    /// Segment and number of each document.
    private let places: [String: (segment: Int32, number: Int32)]
    private var cache: [String: String] = [:]
    private var order: [String] = []
    private var bytes = 0

    init(store: Store, tables: [ChunkTable]) {
        self.store = store
        self.tables = tables
        var places: [String: (segment: Int32, number: Int32)] = [:]
        for (segment, table) in tables.enumerated() {
            for (number, line) in table.documents.enumerated() { places[line.id] = (Int32(segment), Int32(number)) }
        }
        self.places = places
    }

    /// The chunks, the first of them with their texts.
    func withTexts(_ chunks: [RetrievedChunk], first count: Int) async throws -> [RetrievedChunk] {
        var chunks = chunks
        for place in chunks.indices.prefix(count) { chunks[place].text = try await text(chunks[place]) }
        return chunks
    }

    /// The text of a chunk.
    func text(_ chunk: RetrievedChunk) async throws -> String {
        try await document(chunk.document).slice(bytes: chunk.start..<chunk.end)
    }

    private func document(_ id: String) async throws -> String {
        if let text = cache[id] { return text }
        let hash = places[id].map { tables[Int($0.segment)].documents[Int($0.number)].hash }
        guard let hash, let document = try await store.document(hash) else {
            throw AssayError("store.document", "the stored text of '\(id)' is missing")
        }
        guard cache[id] == nil else { return document.text }
        bytes += document.text.utf8.count
        cache[id] = document.text
        order.append(id)
        while order.count > Self.limit.documents || (bytes > Self.limit.bytes && order.count > 1) {
            bytes -= cache.removeValue(forKey: order.removeFirst())?.utf8.count ?? 0
        }
        return document.text
    }
}
