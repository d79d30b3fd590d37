package import AssayModel
import FoundationEssentials
import GRDB
import Glibc
import Synchronization

/// The vectors of one embedder: an append-only file of rows; SQLite keeps key → row and how many rows count.
///
/// Rows are written and synced before the transaction that makes them count, so a crash leaves at most rows that nobody refers to; the
/// next append overwrites them. One process appends at a time (the run holds the workspace's lock).
package final class VectorFile: Sendable {
    /// The embedder whose vectors these are.
    package let fingerprint: EmbedderFingerprint
    private let store: Store
    private let path: String
    private let digest: String

    /// Opens the vector file of an embedder, making it when it is new.
    ///
    /// - Parameters:
    ///   - fingerprint: The embedder's.
    ///   - store: The workspace's database.
    ///   - workspace: The workspace.
    ///   - canaries: Vectors of the canary texts as the embedder computes them now; they must equal the stored ones.
    /// - Throws: `AssayError` "vectors.canary" when the embedder no longer gives the vectors it gave.
    package init(
        _ fingerprint: EmbedderFingerprint,
        store: Store,
        workspace: Workspace,
        canaries: VectorBatch
    ) async throws {
        self.fingerprint = fingerprint
        self.store = store
        digest = fingerprint.digest
        path = "\(workspace.vectors)/\(digest.prefix(16)).f32"
        let stored = try await store.embedderCanaries(digest)
        if let stored {
            guard stored.count == canaries.values.count,
                zip(stored, canaries.values).allSatisfy({ abs($0 - $1) < 1e-4 })
            else {
                throw AssayError(
                    "vectors.canary",
                    "the embedder '\(fingerprint.model)' gives other vectors for the canary texts than when its vector file was made",
                    remedy:
                        "check the model's files with 'assay models verify', or remove \(path) and assay.db to embed anew"
                )
            }
        } else {
            try await store.addEmbedder(
                digest,
                fingerprint: try canonicalJSON(fingerprint),
                canaries: canaries.values
            )
        }
    }

    /// Rows of the texts with the given keys; texts without a vector are missing.
    package func rows(_ keys: [ItemKey]) async throws -> [ItemKey: Int32] {
        try await store.vectorRows(digest, keys)
    }

    /// Appends vectors and commits their keys in one transaction.
    ///
    /// - Parameters:
    ///   - keys: One key a row.
    ///   - batch: The vectors.
    /// - Returns: The row of each key.
    /// - Throws: `AssayError` "vectors.write" or "store.full"; nothing counts then.
    package func append(_ keys: [ItemKey], _ batch: VectorBatch) async throws -> [Int32] {
        precondition(keys.count == batch.count && batch.dimension == fingerprint.dimension, "one key a row")
        let first = try await store.vectorCount(digest)
        let path = path
        try await offPool { try Self.write(batch, to: path, row: first) }
        try await store.addVectors(digest, keys, first: first)
        return (0..<keys.count).map { Int32(first + $0) }
    }

    /// All rows that count now, mapped into memory.
    package func matrix() async throws -> VectorMatrix {
        let count = try await store.vectorCount(digest)
        if count == 0 { return VectorMatrix([], dimension: fingerprint.dimension) }
        return try VectorMatrix(mapping: path, offset: 0, dimension: fingerprint.dimension, count: count)
    }

    private static func write(_ batch: VectorBatch, to path: String, row: Int) throws {
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw failure(path) }
        defer { close(file) }
        let rowBytes = batch.dimension * MemoryLayout<Float>.size
        try unsafe batch.values.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                guard let base = bytes.baseAddress else { break }
                let written = unsafe pwrite(file, base + done, bytes.count - done, off_t(row * rowBytes + done))
                guard written > 0 else { throw failure(path) }
                done += written
            }
        }
        guard fdatasync(file) == 0 else { throw failure(path) }
    }

    private static func failure(_ path: String) -> AssayError {
        AssayError(
            "vectors.write",
            "cannot write the vector file \(path): \(systemMessage(errno))",
            remedy: "free some space and run the same command again; what was finished is kept"
        )
    }
}

extension Store {
    func embedderCanaries(_ digest: String) async throws -> [Float]? {
        try await readable("read an embedder's canaries") { [pool] in
            try await pool.read { db in
                try Data.fetchOne(db, sql: "SELECT canaries FROM embedders WHERE digest = ?", arguments: [digest])
                    .map { data in
                        unsafe data.withUnsafeBytes { bytes in
                            (0..<bytes.count / 4).map {
                                unsafe bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self)
                            }
                        }
                    }
            }
        }
    }

    func addEmbedder(_ digest: String, fingerprint: String, canaries: [Float]) async throws {
        let blob = unsafe canaries.withUnsafeBytes { unsafe Data($0) }
        try await readable("store an embedder") { [pool] in
            try await pool.write { db in
                try db.execute(
                    sql: "INSERT OR IGNORE INTO embedders (digest, fingerprint, rows, canaries) VALUES (?, ?, 0, ?)",
                    arguments: [digest, fingerprint, blob]
                )
            }
        }
    }

    func vectorCount(_ digest: String) async throws -> Int {
        try await readable("count vectors") { [pool] in
            try await pool.read { db in
                try Int.fetchOne(db, sql: "SELECT rows FROM embedders WHERE digest = ?", arguments: [digest]) ?? 0
            }
        }
    }

    func vectorRows(_ digest: String, _ keys: [ItemKey]) async throws -> [ItemKey: Int32] {
        try await readable("look vectors up") { [pool] in
            try await pool.read { db in
                var rows: [ItemKey: Int32] = [:]
                let statement = try db.cachedStatement(sql: "SELECT row FROM vectors WHERE embedder = ? AND key = ?")
                for key in keys {
                    rows[key] = try Int32.fetchOne(statement, arguments: [digest, Data(hexBytes(key.hex))])
                }
                return rows
            }
        }
    }

    func addVectors(_ digest: String, _ keys: [ItemKey], first: Int) async throws {
        try await readable("store vectors") { [pool] in
            try await pool.write { db in
                let statement = try db.cachedStatement(
                    sql: "INSERT OR IGNORE INTO vectors (embedder, key, row) VALUES (?, ?, ?)"
                )
                for (index, key) in keys.enumerated() {
                    try statement.execute(arguments: [digest, Data(hexBytes(key.hex)), first + index])
                }
                try db.execute(
                    sql: "UPDATE embedders SET rows = ? WHERE digest = ?",
                    arguments: [first + keys.count, digest]
                )
            }
        }
    }
}
