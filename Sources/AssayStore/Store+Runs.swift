package import AssayModel
import FoundationEssentials
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

    /// Notes that a run has started.
    package func startRun(_ id: String, pipeline: String, specHash: String, started: String) async throws {
        try await readable("note the start of a run") { [pool] in
            try await pool.write { db in
                try db.execute(
                    sql:
                        "INSERT OR REPLACE INTO runs (id, pipeline, spec_hash, status, started) VALUES (?, ?, ?, ?, ?)",
                    arguments: [id, pipeline, specHash, RunStatus.started.rawValue, started]
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

    /// Commits the record of a finished run.
    package func put(run record: RunRecord) async throws {
        let payload = Data(try canonicalJSON(record).utf8)
        try await readable("store the run's record") { [pool] in
            try await pool.write { db in
                try db.execute(
                    sql: """
                        INSERT OR REPLACE INTO runs (id, pipeline, spec_hash, status, started, record)
                        VALUES (?, ?, ?, ?, ?, ?)
                        """,
                    arguments: [
                        record.id, record.results.pipeline, record.results.specHash, record.status.rawValue,
                        record.environment.started, payload,
                    ]
                )
            }
        }
    }

    /// The record of a run, nil when there is none.
    package func run(_ id: String) async throws -> RunRecord? {
        let payload: Data? = try await readable("read a run's record") { [pool] in
            try await pool.read { db in
                try Data.fetchOne(db, sql: "SELECT record FROM runs WHERE id = ?", arguments: [id])
            }
        }
        return try payload.map { try JSONDecoder().decode(RunRecord.self, from: $0) }
    }

    /// All runs, newest first.
    package func runs() async throws -> [RunLine] {
        try await readable("list runs") { [pool] in
            try await pool.read { db in
                let sql = "SELECT id, pipeline, spec_hash, status, started FROM runs ORDER BY started DESC, id DESC"
                return try Row.fetchAll(db, sql: sql).map {
                    RunLine(id: $0[0], pipeline: $0[1], specHash: $0[2], status: $0[3], started: $0[4])
                }
            }
        }
    }
}
