package import AssayModel
import FoundationEssentials
import GRDB

/// Whole stages, for what is a log and not a store of finished work: served answers, their scores, feedback.
extension Store {
    /// The values of a stage in the order in which they were made; what cannot be read is left out.
    ///
    /// - Parameters:
    ///   - stage: The stage.
    ///   - type: What its payloads are.
    ///   - pipeline: Only payloads whose member `pipeline` is this, nil for all.
    ///   - without: Only those whose key is not in this stage, nil for all.
    ///   - newest: How many of the newest at most.
    /// - Returns: The values, oldest first.
    /// - Throws: `AssayError` "store.…".
    package func values<Value: Decodable & Sendable>(
        _ stage: String,
        as type: Value.Type,
        pipeline: String? = nil,
        without: String? = nil,
        newest: Int = .max
    ) async throws -> [Value] {
        try await readable("read the stage \(stage)") { [pool] in
            try await pool.read { db in
                let sql = """
                    SELECT payload FROM items AS i WHERE stage = ?1
                    AND (?2 IS NULL OR json_extract(CAST(payload AS TEXT), '$.pipeline') = ?2)
                    AND (?3 IS NULL OR NOT EXISTS (SELECT 1 FROM items AS o WHERE o.stage = ?3 AND o.key = i.key))
                    ORDER BY created DESC, key DESC LIMIT ?4
                    """
                let limit = newest == .max ? -1 : newest
                let rows = try Row.fetchCursor(db, sql: sql, arguments: [stage, pipeline, without, limit])
                let decoder = JSONDecoder()
                var values: [Value] = []
                while let row = try rows.next() {
                    let payload: Data = row[0]
                    if let value = try? decoder.decode(Value.self, from: payload) { values.append(value) }
                }
                return values.reversed()
            }
        }
    }

    /// Keys of a stage's items that are too old or too many.
    ///
    /// - Parameters:
    ///   - stage: The stage.
    ///   - pipeline: Only payloads whose member `pipeline` is this.
    ///   - before: Items made earlier than this.
    ///   - beyond: Items that may stay; the oldest of the others are named.
    /// - Returns: The keys.
    /// - Throws: `AssayError` "store.…".
    package func surplus(_ stage: String, pipeline: String, before: String, beyond: Int) async throws -> [ItemKey] {
        try await readable("look for old items of the stage \(stage)") { [pool] in
            try await pool.read { db in
                let sql = """
                    SELECT key FROM (
                        SELECT key, created, ROW_NUMBER() OVER (ORDER BY created DESC, key DESC) AS place FROM items
                        WHERE stage = ? AND json_extract(CAST(payload AS TEXT), '$.pipeline') = ?
                    ) WHERE created < ? OR place > ? ORDER BY key
                    """
                return try Data.fetchAll(db, sql: sql, arguments: [stage, pipeline, before, beyond]).map {
                    ItemKey(hex: SHA256.hexadecimal(Array($0)))
                }
            }
        }
    }

    /// Removes items for good: their bytes are overwritten in the file.
    ///
    /// - Parameter keys: Keys by stage; those that are not there are skipped.
    /// - Returns: How many were there, by stage.
    /// - Throws: `AssayError` "store.…"; then nothing was removed.
    @discardableResult
    package func remove(_ keys: [String: [ItemKey]]) async throws -> [String: Int] {
        try await readable("remove items") { [pool] in
            let removed = try await pool.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA secure_delete = ON")
                defer { try? db.execute(sql: "PRAGMA secure_delete = OFF") }
                var removed: [String: Int] = [:]
                try db.inTransaction {
                    let statement = try db.cachedStatement(sql: "DELETE FROM items WHERE stage = ? AND key = ?")
                    for (stage, keys) in keys.sorted(by: { $0.key < $1.key }) {
                        for key in keys {
                            try statement.execute(arguments: [stage, Data(hexBytes(key.hex))])
                            removed[stage, default: 0] += db.changesCount
                        }
                    }
                    return .commit
                }
                return removed
            }
            // The log of changes still has the old pages; while others read, it goes with a later checkpoint.
            _ = try? await pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
            return removed
        }
    }
}
