import GRDB

extension Store {
    /// Finished items of a stage that are old enough to go.
    package struct Prunable: Sendable, Codable, Equatable {
        /// The stage.
        package var stage: String
        /// How many.
        package var items: Int
        /// Bytes of what they hold.
        package var bytes: Int
    }

    /// Stages whose items are counters, not work: losing one would let a refresh find answers of another.
    private static let kept = ["replicate"]

    /// What `prune` would remove.
    ///
    /// - Parameters:
    ///   - before: Items made earlier than this, as "2026-01-31T00:00:00Z".
    ///   - stages: Only these, or all.
    /// - Returns: Counts by stage, in the order of their names.
    /// - Throws: `AssayError` "store.…".
    package func prunable(before: String, stages: [String]?) async throws -> [Prunable] {
        try await readable("count old items") { [pool] in
            try await pool.read { db in
                let sql = """
                    SELECT stage, COUNT(*), SUM(LENGTH(payload)) FROM items WHERE created < ? GROUP BY stage ORDER BY stage
                    """
                return try Row.fetchAll(db, sql: sql, arguments: [before])
                    .map { Prunable(stage: $0[0], items: $0[1], bytes: $0[2]) }
                    .filter { !Self.kept.contains($0.stage) && stages?.contains($0.stage) != false }
            }
        }
    }

    /// Removes old items and gives their space back to the disk.
    ///
    /// Runs and their records stay. What is removed is made anew when it is needed again; a run that goes on meanwhile loses nothing it has.
    ///
    /// - Parameters:
    ///   - before: Items made earlier than this.
    ///   - stages: Only these, or all.
    /// - Returns: What was removed.
    /// - Throws: `AssayError` "store.…"; then nothing was removed.
    package func prune(before: String, stages: [String]?) async throws -> [Prunable] {
        let found = try await prunable(before: before, stages: stages)
        try await readable("remove old items") { [pool] in
            try await pool.write { db in
                for line in found {
                    try db.execute(
                        sql: "DELETE FROM items WHERE stage = ? AND created < ?",
                        arguments: [line.stage, before]
                    )
                }
            }
            if !found.isEmpty { try await pool.vacuum() }
        }
        return found
    }
}
