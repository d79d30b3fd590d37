package import AssayModel
import CFaiss
import FoundationEssentials

/// Every vector is compared, with the inner product of FAISS's IndexFlatIP.
///
/// IndexFlatIP would copy all vectors; the rows of the vector file are compared where they lie. The index file holds only what they
/// must match.
///
/// Calls block: call them through `offPool`.
package struct FlatKind: VectorIndexKind {
    package static let name = "flat"
    package static let version = 1
    package static let summary = "Exact: compares every vector, in place"
    package static let isExact = true

    /// No options.
    package init(options: inout OptionReader, resources: Resources) throws {
        try FaissRuntime.check()
    }

    /// Writes the line that `open` expects.
    package func build(_ vectors: VectorMatrix, rows: [Int32], to path: String) throws {
        try requireRows(rows, of: vectors)
        do {
            try Data(line(vectors, rows).utf8).write(to: URL(filePath: path))
        } catch {
            throw AssayError("index.file", "the index file \(path): \(error)")
        }
    }

    /// Compares the file with the line that belongs to these rows.
    package func open(_ path: String, vectors: VectorMatrix, rows: [Int32]) throws -> any VectorIndex {
        try requireRows(rows, of: vectors)
        let expected = line(vectors, rows)
        let found: Data
        do {
            let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
            guard size == expected.utf8.count else {
                throw FaissRuntime.damaged("the index file \(path)", "its length is not the expected one")
            }
            found = try Data(contentsOf: URL(filePath: path))
        } catch let error as AssayError {
            throw error
        } catch {
            throw AssayError("index.file", "the index file \(path) cannot be read")
        }
        guard found.elementsEqual(expected.utf8) else {
            throw FaissRuntime.damaged("the index file \(path)", "it is damaged or was built from other vectors")
        }
        return FlatIndex(vectors: vectors, rows: rows)
    }

    private func line(_ vectors: VectorMatrix, _ rows: [Int32]) -> String {
        let hash = FaissRuntime.hash(rows)
        return "assay flat \(Self.version) dimension \(vectors.dimension) count \(rows.count) rows \(hash)\n"
    }
}

/// The rows of a vector file, searched one by one.
private struct FlatIndex: VectorIndex {
    let vectors: VectorMatrix
    let rows: [Int32]

    var count: Int { rows.count }

    func candidates(_ query: [Float], k: Int, allowed: IdSet?) throws -> [Int32]? {
        try requireQuery(query, dimension: vectors.dimension, allowed: allowed, count: count)
        let wanted = max(0, min(k, count))
        return try unsafe proposals(wanted) { ordinals, found, message in
            unsafe vectors.withUnsafeValues { values in
                unsafe scan(values.baseAddress, query, wanted, allowed?.words, ordinals, found, message)
            }
        }
    }

    private func scan(
        _ base: UnsafePointer<Float>?,
        _ query: [Float],
        _ k: Int,
        _ words: [UInt64]?,
        _ ordinals: UnsafeMutablePointer<Int32>?,
        _ found: UnsafeMutablePointer<Int>,
        _ message: CFaissMessage
    ) -> CFaissStatus {
        let width = Int32(vectors.dimension)
        guard let words else {
            return unsafe cfaiss_scan(base, width, rows, count, query, k, nil, ordinals, found, message)
        }
        return unsafe cfaiss_scan(base, width, rows, count, query, k, words, ordinals, found, message)
    }
}
