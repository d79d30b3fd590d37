import AssayLexical
import AssayModel
import AssayRetrieve
import FoundationEssentials

/// An opened generation: answers keyword and vector queries over all its segments.
///
/// Immutable and shared by all questions; the search calls block and are made off the cooperative pool.
final class SearchIndex: Sendable {
    let manifest: GenerationManifest
    let tables: [ChunkTable]
    /// Documents of which a chunk counts.
    let liveDocuments: Int
    private let keywords: KeywordIndex?
    private let searcher: VectorSearcher?

    /// Opens a generation.
    ///
    /// - Parameters:
    ///   - folder: The index's folder.
    ///   - manifest: The generation.
    ///   - parts: The pipeline's components; the embedder must be the one the index was made with.
    ///   - vectors: All vectors of the embedder.
    /// - Throws: `AssayError` "index.embedder" for another embedder, "index.damaged" for a damaged file.
    init(folder: IndexFolder, manifest: GenerationManifest, parts: PipelineParts, vectors: VectorMatrix?) throws {
        self.manifest = manifest
        let mine = parts.embedder?.product.fingerprint
        guard manifest.embedder == mine else {
            throw AssayError(
                "index.embedder",
                "the index was made with the embedder '\(manifest.embedder?.model ?? "none")' "
                    + "(\(manifest.embedder?.digest.prefix(12) ?? "-")), not with '\(mine?.model ?? "none")' (\(mine?.digest.prefix(12) ?? "-"))",
                remedy: "equal dimensions do not make equal vectors; run the pipeline to build an index of its own"
            )
        }
        var tables: [ChunkTable] = []
        var lexical: [(segment: InvertedIndexSegment, deleted: IdSet?)] = []
        var dense: [VectorSegment] = []
        for line in manifest.segments {
            let path = folder.segment(line.key)
            let table = try ChunkTable(
                FileManager.default.contents(atPath: path + "/chunks.tbl") ?? Data(),
                path: path + "/chunks.tbl"
            )
            guard table.count == line.count else {
                throw AssayError(
                    "index.damaged",
                    "\(path)/chunks.tbl has \(table.count) chunks, the manifest says \(line.count)"
                )
            }
            var deleted = IdSet(capacity: line.count)
            for ordinal in line.deleted { deleted.insert(ordinal) }
            let tombstones = line.deleted.isEmpty ? nil : deleted
            if parts.lexical != nil {
                lexical.append((try InvertedIndexSegment(path + "/keywords.idx"), tombstones))
            }
            if let vectors, let name = line.vectorKind {
                let rows = table.rows.map(\.vector)
                let kind = try parts.vectorKind(named: name).product
                let index = try kind.open(path + "/vectors.idx", vectors: vectors, rows: rows)
                dense.append(
                    VectorSegment(index: index, isExact: type(of: kind).isExact, rows: rows, deleted: tombstones)
                )
            }
            tables.append(table)
        }
        self.tables = tables
        liveDocuments = zip(tables, manifest.segments).reduce(0) {
            $0 + Self.liveDocuments($1.0, deleted: $1.1.deleted)
        }
        keywords = try parts.lexical.map { try KeywordIndex(segments: lexical, options: $0) }
        searcher = vectors.map { VectorSearcher(dense, vectors: $0) }
    }

    private static func liveDocuments(_ table: ChunkTable, deleted: [Int]) -> Int {
        let gone = Set(deleted)
        var seen = [Bool](repeating: false, count: table.documents.count)
        for (ordinal, row) in table.rows.enumerated() where !gone.contains(ordinal) { seen[Int(row.document)] = true }
        return seen.count(where: \.self)
    }

    /// Chunks whose documents have all the given metadata values and lie in the scope, per segment; nil where that is every chunk.
    func allowed(_ filter: [String: String], _ scope: RetrievalScope) -> [IdSet]? {
        let documents = tables.map { table in
            table.documents.map { line in
                scope.admits(line.metadata) && filter.allSatisfy { line.metadata[$0.key] == $0.value }
            }
        }
        if filter.isEmpty, documents.allSatisfy({ $0.allSatisfy(\.self) }) { return nil }
        return zip(tables, documents).map { table, documents in
            var set = IdSet(capacity: table.count)
            for (ordinal, row) in table.rows.enumerated() where documents[Int(row.document)] { set.insert(ordinal) }
            return set
        }
    }

    /// The best `k` chunks by BM25.
    func keywordSearch(_ query: String, k: Int, allowed: [IdSet]?) throws -> [Place] {
        guard let keywords else { throw AssayError("index.keywords", "the index has no keywords") }
        return try keywords.search(query, k: k, allowed: allowed) { [tables] left, right in
            ChunkTable.idPrecedes((tables[left.segment], left.ordinal), (tables[right.segment], right.ordinal))
        }.map { Place(segment: $0.segment, ordinal: $0.ordinal, score: Double($0.score)) }
    }

    /// The best `k` chunks by inner product of unit vectors.
    func vectorSearch(_ query: [Float], k: Int, allowed: [IdSet]?) throws -> [Place] {
        guard let searcher else { throw AssayError("index.vectors", "the index has no vectors") }
        return try searcher.search(query, k: k, allowed: allowed) { [tables] left, right in
            ChunkTable.idPrecedes(
                (tables[left.segment], Int(left.ordinal)),
                (tables[right.segment], Int(right.ordinal))
            )
        }.map { Place(segment: $0.position.segment, ordinal: Int($0.position.ordinal), score: Double($0.score)) }
    }

    /// A chunk that was found.
    struct Place: Sendable, Hashable {
        var segment: Int
        var ordinal: Int
        var score: Double
    }
}
