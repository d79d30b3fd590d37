import AssayModel
import FoundationEssentials
import GRDB

/// The tables of an index file: `vectors` (vec0; rowid = ordinal + 1) and `label`, one row that says what was indexed.
enum SQLiteVecTable {
    /// What must be the same when the file is opened.
    struct Label: Sendable, Equatable {
        let version = SQLiteVecKind.version
        let dimension: Int
        let count: Int
        let rows: String

        init(_ vectors: VectorMatrix, _ rows: [Int32]) {
            dimension = vectors.dimension
            count = rows.count
            self.rows = unsafe rows.withUnsafeBytes { unsafe SHA256.hex($0) }
        }
    }

    /// Why a file is not what it should be.
    struct Mismatch: Error {
        let reason: String
    }

    static func create(in database: Database, label: Label) throws {
        try database.execute(sql: "CREATE TABLE label (version, dimension, count, rows)")
        try database.execute(
            sql: "INSERT INTO label VALUES (?, ?, ?, ?)",
            arguments: [label.version, label.dimension, label.count, label.rows]
        )
        try database.execute(sql: "CREATE VIRTUAL TABLE vectors USING vec0(embedding float[\(label.dimension)])")
    }

    static func fill(_ database: Database, _ vectors: VectorMatrix, _ rows: [Int32]) throws {
        let insert = try database.makeStatement(sql: "INSERT INTO vectors (rowid, embedding) VALUES (?, ?)")
        for (ordinal, row) in rows.enumerated() {
            guard row >= 0, Int(row) < vectors.count else {
                throw AssayError("index.rows", "row \(row) is asked for, the vector file has \(vectors.count) rows")
            }
            try insert.execute(arguments: [ordinal + 1, blob(vectors.row(Int(row)))])
        }
    }

    static func verify(_ database: Database, label: Label, bytes: Int) throws {
        // SQLite reads a last page that was cut off as zeros.
        let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
        let pageSize = try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 0
        guard pages * pageSize == bytes else {
            throw Mismatch(reason: "its length is not the one that its header states")
        }
        if let finding = try String.fetchOne(database, sql: "PRAGMA quick_check(1)"), finding != "ok" {
            throw Mismatch(reason: "its structure is damaged")
        }
        let row = try Row.fetchOne(database, sql: "SELECT version, dimension, count, rows FROM label")
        guard let row, Int.fromDatabaseValue(row["version"]) == label.version,
            Int.fromDatabaseValue(row["dimension"]) == label.dimension,
            Int.fromDatabaseValue(row["count"]) == label.count,
            String.fromDatabaseValue(row["rows"]) == label.rows
        else { throw Mismatch(reason: "it was built from other vectors or by another version") }
        let found = try Int.fetchOne(database, sql: "SELECT count(*) FROM vectors")
        guard found == label.count else { throw Mismatch(reason: "it does not hold the vectors that it states") }
    }

    static func nearest(
        _ database: Database,
        _ query: [Float],
        k: Int,
        allowed: [Int]?,
        count: Int
    ) throws -> [Int32] {
        var sql = "SELECT rowid FROM vectors WHERE embedding MATCH ? AND k = ?"
        var arguments: StatementArguments = [blob(query), k]
        if let allowed {
            sql += " AND rowid IN (SELECT value FROM json_each(?))"
            arguments += ["[" + allowed.map { String($0 + 1) }.joined(separator: ",") + "]"]
        }
        let found = try Int.fetchAll(try database.cachedStatement(sql: sql), arguments: arguments)
        return found.filter { (1...count).contains($0) }.map { Int32($0 - 1) }
    }

    /// SQLite's own words, without SQL or values.
    static func reason(_ error: DatabaseError) -> String {
        error.message ?? "SQLite error \(error.resultCode.rawValue)"
    }

    static func damaged(_ reason: String, path: String) -> AssayError {
        AssayError(
            "index.damaged",
            "the index file \(path) cannot be used: \(reason)",
            remedy: "build the index again"
        )
    }

    private static func blob(_ values: [Float]) -> Data {
        unsafe values.withUnsafeBytes { unsafe Data($0) }
    }
}
