import AssayModel
import CFaiss

/// What decides a FAISS index, and the file that it is written to.
struct FaissFile {
    /// Name and version of the kind.
    let kind: String
    let version: Int
    let vectors: VectorMatrix
    let rows: [Int32]

    /// Refuses rows that the matrix does not have, before C reads through them.
    init(_ kind: any VectorIndexKind.Type, vectors: VectorMatrix, rows: [Int32]) throws {
        self.kind = kind.name
        version = kind.version
        self.vectors = vectors
        self.rows = rows
        try requireRows(rows, of: vectors)
    }

    /// Creates, trains and fills an index and writes it.
    ///
    /// - Parameters:
    ///   - factory: FAISS's factory text.
    ///   - seed: Seed of the training.
    ///   - sample: Ordinals to train with; empty for kinds that need no training.
    ///   - parameters: Named parameters to set before the vectors are added.
    ///   - path: File to write.
    /// - Throws: `AssayError` when FAISS fails or the file cannot be written.
    func build(
        factory: String,
        seed: Int,
        sample: [Int],
        parameters: [(name: String, value: Int)] = [],
        to path: String
    ) throws {
        guard !rows.isEmpty else { return try unsafe write(nil, to: path) }
        var created: OpaquePointer?
        try unsafe FaissRuntime.call("the index \(factory)") {
            unsafe cfaiss_create(factory, Int32(vectors.dimension), Int32(seed), &created, $0)
        }
        defer { unsafe cfaiss_free(created) }
        for parameter in parameters {
            try unsafe FaissRuntime.call("the index \(factory)") {
                unsafe cfaiss_set(created, parameter.name, Double(parameter.value), $0)
            }
        }
        if !sample.isEmpty {
            let sampled = sample.map { rows[$0] }
            try unsafe FaissRuntime.call("training the index \(factory)") { message in
                unsafe vectors.withUnsafeValues {
                    unsafe cfaiss_train(created, $0.baseAddress, sampled, sampled.count, message)
                }
            }
        }
        try unsafe FaissRuntime.call("filling the index \(factory)") { message in
            unsafe vectors.withUnsafeValues { unsafe cfaiss_add(created, $0.baseAddress, rows, rows.count, message) }
        }
        try unsafe write(created, to: path)
    }

    /// Reads the index from `path` and sets its search parameters; nil when it holds no vector.
    func read(_ path: String, parameters: [(name: String, value: Int)]) throws -> FaissHandle? {
        var found: OpaquePointer?
        try unsafe kind.withCString { name in
            try unsafe FaissRuntime.call("the index file \(path)") {
                unsafe cfaiss_read(path, header(name), &found, $0)
            }
        }
        guard let found = unsafe found else { return nil }
        let handle = unsafe FaissHandle(found)
        for parameter in parameters { try handle.set(parameter.name, parameter.value) }
        return handle
    }

    private func write(_ index: OpaquePointer?, to path: String) throws {
        try unsafe kind.withCString { name in
            try unsafe FaissRuntime.call("the index file \(path)") {
                unsafe cfaiss_write(index, header(name), path, $0)
            }
        }
    }

    private func header(_ name: UnsafePointer<CChar>) -> CFaissHeader {
        unsafe CFaissHeader(
            kind: name,
            version: UInt32(version),
            dimension: UInt32(vectors.dimension),
            count: UInt64(rows.count),
            rows: FaissRuntime.hash(rows)
        )
    }
}

/// Refuses rows outside the matrix.
///
/// - Parameters:
///   - rows: Row of each ordinal.
///   - vectors: The matrix.
/// - Throws: `AssayError` "index.rows".
func requireRows(_ rows: [Int32], of vectors: VectorMatrix) throws {
    for row in rows where row < 0 || Int(row) >= vectors.count {
        throw AssayError("index.rows", "row \(row) is asked for, the vector file has \(vectors.count) rows")
    }
}
