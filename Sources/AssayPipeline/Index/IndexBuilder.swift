import AssayLexical
import AssayModel
import AssayRetrieve
import FoundationEssentials

/// Brings an index up to date with a corpus: what is new goes into a new segment, what is gone is marked deleted.
///
/// Compacts into one segment when deleted chunks and tails together exceed a quarter of what counts, or there are eight segments.
struct IndexBuilder {
    /// Share of deleted and tail chunks above which everything is built anew.
    static let compactionRatio = 0.25
    /// Segments at most.
    static let segmentLimit = 8

    private let folder: IndexFolder
    private let parts: PipelineParts
    private let current: GenerationManifest?
    private var known: [ChunkTable.Identity: (segment: Int, ordinal: Int)] = [:]
    private var live: [IdSet] = []
    private var table = ChunkTable()
    private var keywords: InvertedIndexBuilder?

    /// What `finish` decided.
    enum Result {
        /// The published generation covers the corpus already.
        case unchanged(GenerationManifest)
        /// A new generation was published.
        case published(GenerationManifest)
        /// Too much has changed: stream the corpus again into a builder with `fresh: true`.
        case compact
    }

    /// Starts a build.
    ///
    /// - Parameters:
    ///   - folder: The index's folder.
    ///   - parts: The pipeline's components.
    ///   - fresh: Ignores what is published and builds one segment.
    /// - Throws: `AssayError` "index.damaged" when the published generation cannot be read.
    init(folder: IndexFolder, parts: PipelineParts, fresh: Bool) throws {
        self.folder = folder
        self.parts = parts
        keywords = try parts.lexical.map { try InvertedIndexBuilder(options: $0) }
        current = fresh ? nil : try folder.current()
        for (segment, line) in (current?.segments ?? []).enumerated() {
            let path = folder.segment(line.key) + "/chunks.tbl"
            let table = try ChunkTable(FileManager.default.contents(atPath: path) ?? Data(), path: path)
            let deleted = Set(line.deleted)
            for (ordinal, row) in table.rows.enumerated() where !deleted.contains(ordinal) {
                known[row.identity] = (segment, ordinal)
            }
            live.append(IdSet(capacity: line.count))
        }
    }

    /// Whether the index holds this chunk already; marks it as still there.
    mutating func contains(_ identity: ChunkTable.Identity) -> Bool {
        guard let place = known[identity] else { return false }
        live[place.segment].insert(place.ordinal)
        return true
    }

    /// Adds a document's line for chunks that `contains` did not know.
    mutating func add(document: DocumentLine) -> Int32 {
        table.add(document: .init(id: document.id, hash: document.hash, metadata: document.metadata))
    }

    /// Adds a chunk that `contains` did not know.
    mutating func add(_ row: ChunkTable.Row, text: String) {
        table.add(row)
        _ = keywords?.add(text)
    }

    /// Identity of a chunk as an index entry.
    static func identity(_ document: DocumentLine, _ chunk: ChunkLine, vector: Int32) throws -> ChunkTable.Identity {
        let metadata = document.metadata.isEmpty ? "" : try canonicalJSON(document.metadata)
        let hex = ItemKey(
            "entry",
            document.id,
            document.hash,
            "\(chunk.range.start)",
            "\(chunk.range.end)",
            chunk.digest,
            metadata,
            "\(vector)"
        ).hex
        let half = hex.index(hex.startIndex, offsetBy: 16)
        return .init(
            high: UInt64(hex[..<half], radix: 16) ?? 0,
            low: UInt64(hex[half..<hex.index(half, offsetBy: 16)], radix: 16) ?? 0
        )
    }

    /// Writes the new segment, if any, and publishes the generation.
    ///
    /// - Parameter vectors: All vectors of the embedder, nil without one.
    /// - Returns: Whether a generation was published, or the corpus must be streamed again.
    /// - Throws: `AssayError` when a file cannot be written.
    mutating func finish(vectors: VectorMatrix?) throws -> Result {
        var segments = current?.segments ?? []
        var changed = false
        for index in segments.indices {
            let gone = (0..<segments[index].count).filter { !live[index].contains($0) }
            changed = changed || gone != segments[index].deleted
            segments[index].deleted = gone
        }
        if let current, !changed, table.count == 0 { return .unchanged(current) }
        segments.removeAll { $0.deleted.count == $0.count }
        if current != nil, needsCompaction(segments) { return .compact }
        let number = (try folder.current()?.number ?? 0) + 1
        if table.count > 0 { segments.append(try writeSegment(vectors, number: number)) }
        let manifest = GenerationManifest(
            number: number,
            embedder: parts.embedder?.product.fingerprint,
            keywords: parts.lexical?.analysisIdentity,
            segments: segments
        )
        try folder.publish(manifest)
        return .published(manifest)
    }

    private func needsCompaction(_ segments: [GenerationManifest.SegmentLine]) -> Bool {
        let deleted = segments.reduce(0) { $0 + $1.deleted.count }
        let tails = segments.dropFirst().reduce(table.count) { $0 + $1.count }
        let total = segments.reduce(table.count) { $0 + $1.count }
        return Double(deleted + tails) > Self.compactionRatio * Double(total - deleted)
            || segments.count + (table.count > 0 ? 1 : 0) > Self.segmentLimit
    }

    private func writeSegment(_ vectors: VectorMatrix?, number: Int) throws -> GenerationManifest.SegmentLine {
        var digest = SHA256()
        for row in table.rows {
            digest.update("\(row.identity.high) \(row.identity.low)\n".utf8)
        }
        let kind = vectors.map { _ in parts.vectorKind(count: table.count) }
        digest.update("\(kind?.identity ?? "-") \(parts.lexical?.analysisIdentity ?? "-")".utf8)
        // The generation's number makes the name new: a published segment is never written again, whatever kills this build.
        let key = "\(number)-" + SHA256.hexadecimal(digest.finalize()).prefix(24)
        let path = folder.segment(key)
        try? FileManager.default.removeItem(atPath: path)
        var checksums: [String: String] = [:]
        try writeAtomically(table.encoded(), to: path + "/chunks.tbl")
        if let keywords { try keywords.write(to: path + "/keywords.idx") }
        if let vectors, let kind {
            try kind.product.build(vectors, rows: table.rows.map(\.vector), to: path + "/vectors.idx")
        }
        for name in try FileManager.default.contentsOfDirectory(atPath: path).sorted() {
            checksums[name] = try SHA256.hex(file: path + "/" + name)
        }
        return .init(key: key, count: table.count, deleted: [], vectorKind: kind?.name, checksums: checksums)
    }
}
