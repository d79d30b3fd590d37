package import AssayModel
import FoundationEssentials
import GRDB

/// The workspace's database: finished items under the keys of everything that decides them.
///
/// Each call is one transaction; what has returned survives `kill -9`. All calls run on GRDB's own queues, never on the cooperative
/// pool. A full disk or a damaged file throws `AssayError` "store.…" and leaves what was committed before.
package final class Store: Sendable {
    let pool: DatabasePool
    private let now: @Sendable () -> String
    /// Bytes of the database that SQLite reads through a memory map.
    static let mappedBytes = 268_435_456

    /// Opens or creates the database of a workspace.
    ///
    /// - Parameters:
    ///   - workspace: Its folder exists.
    ///   - now: The time that new rows get; injected so that tests decide it.
    /// - Throws: `AssayError` when the file cannot be opened or was written by a newer Assay.
    package init(_ workspace: Workspace, now: @escaping @Sendable () -> String) throws {
        self.now = now
        var configuration = Configuration()
        configuration.busyMode = .timeout(30)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA synchronous = NORMAL; PRAGMA mmap_size = \(Self.mappedBytes);")
        }
        do {
            pool = try DatabasePool(path: workspace.database, configuration: configuration)
            let migrator = Schema.migrator
            if try pool.read({ try migrator.hasBeenSuperseded($0) }) {
                throw AssayError(
                    "store.newer",
                    "\(workspace.database) was written by a newer version of Assay",
                    remedy: "update Assay, or name another workspace with --workspace"
                )
            }
            try migrator.migrate(pool)
        } catch let error as DatabaseError {
            throw Self.readable(error, doing: "open \(workspace.database)")
        }
    }

    /// The payloads of finished items, by key; keys that are not there are missing from the result.
    package func items(_ stage: String, _ keys: [ItemKey]) async throws -> [ItemKey: [UInt8]] {
        try await readable("read finished \(stage) items") { [pool] in
            try await pool.read { db in
                var found: [ItemKey: [UInt8]] = [:]
                let statement = try db.cachedStatement(sql: "SELECT payload FROM items WHERE stage = ? AND key = ?")
                for key in keys {
                    if let row = try Row.fetchOne(statement, arguments: [stage, Data(hexBytes(key.hex))]) {
                        let payload: Data = row[0]
                        found[key] = Array(payload)
                    }
                }
                return found
            }
        }
    }

    /// One finished item decoded, nil when it is not there.
    package func item<Value: Decodable & Sendable>(
        _ stage: String,
        _ key: ItemKey,
        as type: Value.Type
    ) async throws -> Value? {
        guard let payload = try await items(stage, [key])[key] else { return nil }
        do {
            return try JSONDecoder().decode(Value.self, from: Data(payload))
        } catch {
            throw AssayError(
                "store.item",
                "the stored \(stage) item \(key.hex.prefix(12)) cannot be read",
                remedy: "remove the workspace's assay.db to start afresh"
            )
        }
    }

    /// Commits finished items in one transaction; items that are there already stay as they are.
    package func put(
        _ stage: String,
        _ entries: [(key: ItemKey, payload: [UInt8])],
        replacing: Bool = false
    ) async throws {
        let created = now()
        let verb = replacing ? "REPLACE" : "IGNORE"
        try await readable("store finished \(stage) items") { [pool] in
            try await pool.write { db in
                let statement = try db.cachedStatement(
                    sql: "INSERT OR \(verb) INTO items (stage, key, payload, created) VALUES (?, ?, ?, ?)"
                )
                for entry in entries {
                    try statement.execute(
                        arguments: [stage, Data(hexBytes(entry.key.hex)), Data(entry.payload), created])
                }
            }
        }
    }

    /// Commits one item even when the task was cancelled meanwhile: what an engine has said is paid for.
    package func commit(_ stage: String, _ key: ItemKey, _ value: some Encodable & Sendable) async throws {
        try await Task { try await put(stage, key, value) }.value
    }

    /// Commits one encodable item.
    package func put(_ stage: String, _ key: ItemKey, _ value: some Encodable, replacing: Bool = false) async throws {
        try await put(stage, [(key, Array(try canonicalJSON(value).utf8))], replacing: replacing)
    }

    /// Number of finished items of each stage, for `assay cache stats`.
    package func itemCounts() async throws -> [String: Int] {
        try await readable("count items") { [pool] in
            try await pool.read { db in
                var counts: [String: Int] = [:]
                for row in try Row.fetchAll(db, sql: "SELECT stage, COUNT(*) FROM items GROUP BY stage ORDER BY stage")
                {
                    let stage: String = row[0]
                    counts[stage] = row[1]
                }
                return counts
            }
        }
    }

    func readable<Result: Sendable>(
        _ doing: String,
        _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        do {
            return try await body()
        } catch let error as DatabaseError {
            throw Self.readable(error, doing: doing)
        }
    }

    static func readable(_ error: DatabaseError, doing: String) -> AssayError {
        switch error.resultCode {
        case .SQLITE_FULL, .SQLITE_IOERR:
            AssayError(
                "store.full",
                "the disk is full or fails: cannot \(doing)",
                remedy: "free some space and run the same command again; what was finished is kept"
            )
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            AssayError(
                "store.damaged",
                "the database is damaged: cannot \(doing)",
                remedy: "move assay.db away and run again; documents and vectors are computed anew"
            )
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            AssayError("store.busy", "another process keeps the database locked: cannot \(doing)", remedy: "try again")
        default:
            AssayError(
                "store.failed",
                "cannot \(doing): \(error.message ?? "SQLite error \(error.resultCode.rawValue)")"
            )
        }
    }
}

/// The bytes that hexadecimal digits stand for.
func hexBytes(_ hex: String) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(hex.utf8.count / 2)
    var high: UInt8?
    for digit in hex.utf8 {
        let value: UInt8 = digit < 58 ? digit &- 48 : (digit | 32) &- 87
        if let first = high {
            bytes.append(first << 4 | value)
            high = nil
        } else {
            high = value
        }
    }
    return bytes
}
