package import AssayModel
package import FoundationEssentials
import GRDB

/// A stored run without its questions, which are read in parts.
package struct StoredRun: Sendable {
    /// The record; `results.questions` and `timings.questions` are empty where `rows` are stored apart.
    package var head: RunRecord
    /// Questions stored apart from the record.
    package var rows: Int
    /// Names that the cards' scores follow.
    package var metrics: [String]
}

extension Store {
    /// Cards stored in one blob.
    private static let block = 1_000

    /// Commits the record of a finished run: its questions as rows, what lists need of them as cards.
    package func put(run record: RunRecord) async throws {
        let questions = record.results.questions
        let timings = record.timings.questions
        try await put(
            run: record,
            metrics: QuestionCard.metrics(record.results.metrics.map(\.definition), rows: questions),
            rows: questions.lazy.map { RunRow($0, timing: timings[$0.sample.question.id]) }
        )
    }

    /// Commits a run whose rows are made one after the other; all or nothing.
    ///
    /// - Parameters:
    ///   - record: The record; its own questions and their times are left out.
    ///   - metrics: Names that the cards follow, as `QuestionCard.metrics` gives them.
    ///   - rows: The rows in the order of the evalset.
    /// - Throws: `AssayError` "store.…"; then nothing of the run is stored.
    package func put(
        run record: RunRecord,
        metrics: [String],
        rows: some Sequence<RunRow> & Sendable
    ) async throws {
        var head = record
        head.results.questions = []
        head.timings.questions = [:]
        let payload = Data(try canonicalJSON(head).utf8)
        let names = Data(try canonicalJSON(metrics).utf8)
        try await readable("store the run's record") { [pool, head] in
            try await pool.write { db in
                for table in ["run_rows", "run_cards", "run_heads"] {
                    try db.execute(sql: "DELETE FROM \(table) WHERE run = ?", arguments: [head.id])
                }
                var count = 0
                var cards: [QuestionCard] = []
                let insert = try db.makeStatement(sql: "INSERT INTO run_rows (run, number, payload) VALUES (?, ?, ?)")
                func flush() throws {
                    guard !cards.isEmpty else { return }
                    try db.execute(
                        sql: "INSERT INTO run_cards (run, first, cards) VALUES (?, ?, ?)",
                        arguments: [head.id, count - cards.count, Data(QuestionCard.encode(cards))]
                    )
                    cards = []
                }
                for row in rows {
                    try insert.execute(arguments: [head.id, count, Data(try canonicalJSON(row).utf8)])
                    cards.append(QuestionCard(row.result, timing: row.timing, metrics: metrics))
                    count += 1
                    if cards.count == Self.block { try flush() }
                }
                try flush()
                try db.execute(
                    sql: "INSERT INTO run_heads (run, rows, metrics) VALUES (?, ?, ?)",
                    arguments: [head.id, count, names]
                )
                try db.execute(
                    sql: """
                        INSERT OR REPLACE INTO runs (id, pipeline, spec_hash, status, started, record, number)
                        VALUES (?, ?, ?, ?, ?, ?, \(Self.runNumber))
                        """,
                    arguments: [
                        head.id, head.results.pipeline, head.results.specHash, head.status.rawValue,
                        head.environment.started, payload, head.id,
                    ]
                )
            }
        }
    }

    /// The whole record of a run, nil when there is none.
    package func run(_ id: String) async throws -> RunRecord? {
        guard let stored = try await storedRun(id) else { return nil }
        var record = stored.head
        var first = 0
        while first < stored.rows {
            for row in try await runRows(id, numbers: Array(first..<min(first + Self.block, stored.rows))) {
                record.timings.questions[row.result.sample.question.id] = row.timing
                record.results.questions.append(row.result)
            }
            first += Self.block
        }
        return record
    }

    /// A run without its questions, nil when there is none.
    ///
    /// Runs of versions that kept the questions in the record come with them.
    package func storedRun(_ id: String) async throws -> StoredRun? {
        let found = try await readable("read a run's record") { [pool] in
            try await pool.read { db -> (Data, Int, Data?)? in
                let sql = """
                    SELECT record, rows, metrics FROM runs LEFT JOIN run_heads ON run = id WHERE id = ? AND record IS NOT NULL
                    """
                return try Row.fetchOne(db, sql: sql, arguments: [id]).map { ($0[0], $0[1] ?? 0, $0[2]) }
            }
        }
        guard let (payload, rows, metrics) = found else { return nil }
        return StoredRun(
            head: try JSONDecoder().decode(RunRecord.self, from: payload),
            rows: rows,
            metrics: try metrics.map { try JSONDecoder().decode([String].self, from: $0) } ?? []
        )
    }

    /// The cards of all rows of a run, in the order of the evalset.
    package func runCards(_ id: String) async throws -> [QuestionCard] {
        try await readable("read a run's questions") { [pool] in
            try await pool.read { db in
                var cards: [QuestionCard] = []
                let blocks = try Row.fetchCursor(
                    db,
                    sql: "SELECT cards FROM run_cards WHERE run = ? ORDER BY first",
                    arguments: [id]
                )
                while let row = try blocks.next() {
                    let bytes: Data = row[0]
                    cards += try QuestionCard.decode(Array(bytes))
                }
                return cards
            }
        }
    }

    /// Whole rows by number, in the order asked for; numbers that are not there are missing.
    package func runRows(_ id: String, numbers: [Int]) async throws -> [RunRow] {
        let payloads = try await readable("read a run's questions") { [pool] in
            try await pool.read { db in
                let statement = try db.cachedStatement(sql: "SELECT payload FROM run_rows WHERE run = ? AND number = ?")
                return try numbers.compactMap { try Data.fetchOne(statement, arguments: [id, $0]) }
            }
        }
        return try payloads.map { try JSONDecoder().decode(RunRow.self, from: $0) }
    }

    /// Adds the stored JSON of all rows to a value, in the order of the evalset, without holding more than one row.
    package func foldRunRows<Value: Sendable, Result: Sendable>(
        _ id: String,
        into value: Value,
        _ add: @escaping @Sendable (inout Value, Int, Data) throws -> Void,
        finish: @escaping @Sendable (inout Value) throws -> Result
    ) async throws -> Result {
        try await readable("read a run's questions") { [pool] in
            try await pool.read { db in
                var value = value
                let rows = try Row.fetchCursor(
                    db,
                    sql: "SELECT number, payload FROM run_rows WHERE run = ? ORDER BY number",
                    arguments: [id]
                )
                while let row = try rows.next() { try add(&value, row[0], row[1]) }
                return try finish(&value)
            }
        }
    }
}
