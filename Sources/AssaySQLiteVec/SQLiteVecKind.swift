package import AssayModel
import FoundationEssentials
import GRDB

/// A `vec0` table of sqlite-vec, one SQLite file an index; every vector is compared.
///
/// Distances are L2: on unit vectors they order as the inner product does, and they are the ones that sqlite-vec computes with wide
/// registers. Several times slower than `flat`; for those who want their vectors in SQLite.
///
/// No options; the library is found by the variable `ASSAY_SQLITE_VEC` or as the model `sqlite-vec`. Searches for more than 4,096 and
/// with more than 10,000 allowed vectors are left to the caller's scan. Calls block: call them through `offPool`.
package struct SQLiteVecKind: VectorIndexKind {
    package static let name = "sqlite_vec"
    package static let version = 1
    package static let summary = "Exact: a vec0 table of sqlite-vec in a SQLite file"
    package static let isExact = true

    private let library: SQLiteVecExtension

    /// Finds the library.
    package init(options: inout OptionReader, resources: Resources) throws {
        library = try SQLiteVecExtension(resources: resources)
    }

    /// Writes the table in one transaction.
    package func build(_ vectors: VectorMatrix, rows: [Int32], to path: String) throws {
        guard (1...8192).contains(vectors.dimension) else {
            throw AssayError(
                "index.dimension",
                "sqlite_vec takes 1 to 8192 dimensions, these vectors have \(vectors.dimension)"
            )
        }
        try? FileManager.default.removeItem(atPath: path)
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration(readonly: false))
            try queue.write { database in
                try SQLiteVecTable.create(in: database, label: SQLiteVecTable.Label(vectors, rows))
                try SQLiteVecTable.fill(database, vectors, rows)
            }
            try queue.close()
        } catch let error as DatabaseError {
            throw AssayError("index.file", "the index file \(path) cannot be written: \(SQLiteVecTable.reason(error))")
        }
    }

    /// Checks the file's structure and that it was built from these rows; its numbers are covered by the generation's checksums.
    package func open(_ path: String, vectors: VectorMatrix, rows: [Int32]) throws -> any VectorIndex {
        guard FileManager.default.fileExists(atPath: path) else {
            throw AssayError("index.file", "there is no index file \(path)")
        }
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration(readonly: true))
            let label = SQLiteVecTable.Label(vectors, rows)
            let bytes = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
            try queue.read { try SQLiteVecTable.verify($0, label: label, bytes: bytes ?? 0) }
            return SQLiteVecIndex(queue: queue, dimension: vectors.dimension, count: rows.count)
        } catch let error as DatabaseError {
            throw SQLiteVecTable.damaged(SQLiteVecTable.reason(error), path: path)
        } catch let error as SQLiteVecTable.Mismatch {
            throw SQLiteVecTable.damaged(error.reason, path: path)
        }
    }

    private func configuration(readonly: Bool) -> Configuration {
        var configuration = Configuration()
        configuration.readonly = readonly
        configuration.label = "sqlite_vec"
        let library = library
        configuration.prepareDatabase { try library.load(into: $0) }
        return configuration
    }
}

/// An opened table; searches wait for one another, because they share a connection.
private struct SQLiteVecIndex: VectorIndex {
    /// sqlite-vec refuses a larger k.
    static let largestK = 4096
    /// More allowed vectors than this cost more to hand over than to scan.
    static let largestFilter = 10_000

    let queue: DatabaseQueue
    let dimension: Int
    let count: Int

    func candidates(_ query: [Float], k: Int, allowed: IdSet?) throws -> [Int32]? {
        guard query.count == dimension, query.allSatisfy(\.isFinite) else {
            throw AssayError("index.query", "the query must have \(dimension) finite numbers, it has \(query.count)")
        }
        let k = min(k, count)
        guard k <= Self.largestK, allowed.map({ $0.count <= Self.largestFilter }) ?? true else { return nil }
        guard k > 0 else { return [] }
        do {
            return try queue.read {
                try SQLiteVecTable.nearest($0, query, k: k, allowed: allowed?.members, count: count)
            }
        } catch let error as DatabaseError {
            throw AssayError(
                "index.search",
                "the search in the sqlite-vec index failed: \(SQLiteVecTable.reason(error))"
            )
        }
    }
}
