package import AssayModel
import FoundationEssentials
import GRDB
import Glibc
import Synchronization

/// The workspace's database: finished items under the keys of everything that decides them.
///
/// Each call is one transaction; what has returned survives `kill -9`. All calls run on GRDB's own queues, never on the cooperative
/// pool. A full disk or a damaged file throws `AssayError` "store.…" and leaves what was committed before.
package final class Store: Sendable {
    let pool: DatabasePool
    private let now: @Sendable () -> String
    private let spent = Mutex(StoreTiming(calls: 0, seconds: 0))

    /// Calls made so far and the time they took.
    package var timing: StoreTiming { spent.withLock { $0 } }

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
            // No memory map: its pages would count as the process's memory, and grow with the database.
            try db.execute(sql: "PRAGMA synchronous = NORMAL; PRAGMA mmap_size = 0;")
        }
        do {
            pool = try Self.alone(workspace.database + ".lock") {
                let pool = try DatabasePool(path: workspace.database, configuration: configuration)
                let migrator = Schema.migrator
                if try pool.read({ try migrator.hasBeenSuperseded($0) }) {
                    throw AssayError(
                        "store.newer",
                        "\(workspace.database) was written by a newer version of Assay",
                        remedy: "update Assay, or name another workspace with --workspace"
                    )
                }
                try migrator.migrate(pool)
                return pool
            }
        } catch let error as DatabaseError {
            throw Self.readable(error, doing: "open \(workspace.database)")
        }
    }

    /// Runs `body` while no other process does: two that migrate a new database at once would both make its tables.
    private static func alone<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
        let file = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0 else {
            throw AssayError("store.open", "cannot open \(path)", remedy: "check rights and free space")
        }
        defer { close(file) }
        while flock(file, LOCK_EX) != 0 {
            guard errno == EINTR else { throw AssayError("store.open", "cannot lock \(path)") }
        }
        return try body()
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

    /// Finished items decoded, by key; those that are not there or cannot be read are missing.
    package func items<Value: Decodable & Sendable>(
        _ stage: String,
        _ keys: [ItemKey],
        as type: Value.Type
    ) async throws -> [ItemKey: Value] {
        let payloads = try await items(stage, keys)
        let start = ContinuousClock.now
        defer { count(since: start, calls: 0) }
        let decoder = JSONDecoder()
        return payloads.compactMapValues { try? decoder.decode(Value.self, from: Data($0)) }
    }

    /// One finished item decoded, nil when it is not there or cannot be read: then it is made anew, and replaced.
    package func item<Value: Decodable & Sendable>(
        _ stage: String,
        _ key: ItemKey,
        as type: Value.Type
    ) async throws -> Value? {
        guard let payload = try await items(stage, [key])[key] else { return nil }
        let start = ContinuousClock.now
        defer { count(since: start, calls: 0) }
        if let value = try? JSONDecoder().decode(Value.self, from: Data(payload)) { return value }
        try await readable("remove a damaged \(stage) item") { [pool] in
            try await pool.write { db in
                try db.execute(
                    sql: "DELETE FROM items WHERE stage = ? AND key = ?",
                    arguments: [stage, Data(hexBytes(key.hex))]
                )
            }
        }
        return nil
    }

    /// Commits finished items in one transaction; items that are there already stay as they are.
    package func put(
        _ stage: String,
        _ entries: [(key: ItemKey, payload: [UInt8])],
        replacing: Bool = false
    ) async throws {
        let created = now()
        try await readable("store finished \(stage) items") { [pool] in
            try await pool.write { db in
                try Self.insert(stage, entries, created: created, replacing: replacing, db)
            }
        }
    }

    /// Commits one encodable item; blocks, for use off the cooperative pool.
    package func putNow(_ stage: String, _ key: ItemKey, _ value: some Encodable) throws {
        let payload = Array(try canonicalJSON(value).utf8)
        do {
            try pool.write { db in
                try Self.insert(stage, [(key, payload)], created: now(), replacing: false, db)
            }
        } catch let error as DatabaseError {
            throw Self.readable(error, doing: "store finished \(stage) items")
        }
    }

    private static func insert(
        _ stage: String,
        _ entries: [(key: ItemKey, payload: [UInt8])],
        created: String,
        replacing: Bool,
        _ db: Database
    ) throws {
        let verb = replacing ? "REPLACE" : "IGNORE"
        let statement = try db.cachedStatement(
            sql: "INSERT OR \(verb) INTO items (stage, key, payload, created) VALUES (?, ?, ?, ?)"
        )
        for entry in entries {
            try statement.execute(arguments: [stage, Data(hexBytes(entry.key.hex)), Data(entry.payload), created])
        }
    }

    /// Commits one item even when the task was cancelled meanwhile: what an engine has said is paid for.
    package func commit(_ stage: String, _ key: ItemKey, _ value: some Encodable & Sendable) async throws {
        try await readable("store a finished \(stage) item") {
            try await offPool { try self.putNow(stage, key, value) }
        }
    }

    /// Commits one encodable item.
    package func put(_ stage: String, _ key: ItemKey, _ value: some Encodable, replacing: Bool = false) async throws {
        let start = ContinuousClock.now
        let payload = Array(try canonicalJSON(value).utf8)
        count(since: start, calls: 0)
        try await put(stage, [(key, payload)], replacing: replacing)
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
        let start = ContinuousClock.now
        defer { count(since: start, calls: 1) }
        do {
            return try await body()
        } catch let error as DatabaseError {
            throw Self.readable(error, doing: doing)
        }
    }

    private func count(since start: ContinuousClock.Instant, calls: Int) {
        let time = (ContinuousClock.now - start) / .seconds(1)
        spent.withLock { $0 = StoreTiming(calls: $0.calls + calls, seconds: $0.seconds + time) }
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
package func hexBytes(_ hex: String) -> [UInt8] {
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
