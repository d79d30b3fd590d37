package import AssayModel
import GRDB

extension Store {
    /// A line of the list of runs.
    package struct RunLine: Sendable, Codable, Equatable {
        /// The run's id.
        package var id: String
        /// Its pipeline.
        package var pipeline: String
        /// Digest of what it measured.
        package var specHash: String
        /// How it ended.
        package var status: String
        /// When it started.
        package var started: String
    }

    /// SQL for a run's place in the order in which runs began: the one it has, else the next.
    static let runNumber =
        "COALESCE((SELECT number FROM runs WHERE id = ?), (SELECT COALESCE(MAX(number), 0) + 1 FROM runs))"

    /// Notes that a run has started.
    package func startRun(_ id: String, pipeline: String, specHash: String, started: String) async throws {
        try await readable("note the start of a run") { [pool] in
            try await pool.write { db in
                try db.execute(
                    sql: """
                        INSERT OR REPLACE INTO runs (id, pipeline, spec_hash, status, started, number)
                        VALUES (?, ?, ?, ?, ?, \(Self.runNumber))
                        """,
                    arguments: [id, pipeline, specHash, RunStatus.started.rawValue, started, id]
                )
            }
        }
    }

    /// Notes that a run ended without a record.
    package func endRun(_ id: String, status: RunStatus) async throws {
        // In a task of its own: the end of a cancelled run is noted too.
        try await Task {
            try await readable("note the end of a run") { [pool] in
                try await pool.write { db in
                    try db.execute(sql: "UPDATE runs SET status = ? WHERE id = ?", arguments: [status.rawValue, id])
                }
            }
        }.value
    }

    /// All runs, newest first.
    package func runs() async throws -> [RunLine] {
        try await readable("list runs") { [pool] in
            try await pool.read { db in
                let sql = "SELECT id, pipeline, spec_hash, status, started FROM runs ORDER BY number DESC"
                return try Row.fetchAll(db, sql: sql).map {
                    RunLine(id: $0[0], pipeline: $0[1], specHash: $0[2], status: $0[3], started: $0[4])
                }
            }
        }
    }
}
