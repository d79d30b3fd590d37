package import AssayModel

/// A navigable small-world graph over copies of the vectors; takes no filters.
///
/// Only on request: in FAISS 1.7.3 it is slow to build (about 25 s for 10,000 × 384), and it copies the vectors.
///
/// Options: `m` (neighbours a node, 2...256, 32), `ef` (candidates while searching, 1...4096, 64), `ef_construction` (while building,
/// 1...4096, 40). Calls block: call them through `offPool`.
package struct HNSWKind: VectorIndexKind {
    package static let name = "hnsw"
    package static let version = 1
    package static let summary = "Navigable small-world graph (FAISS HNSW); slow to build, no filters"
    package static let isExact = false

    private let neighbours: Int
    private let ef: Int
    private let efConstruction: Int

    /// Reads `m`, `ef` and `ef_construction`.
    package init(options: inout OptionReader, resources: Resources) throws {
        try FaissRuntime.check()
        neighbours = try options.int("m", default: 32, in: 2...256)
        ef = try options.int("ef", default: 64, in: 1...4096)
        efConstruction = try options.int("ef_construction", default: 40, in: 1...4096)
    }

    /// Adds the rows one after the other, writes the file.
    package func build(_ vectors: VectorMatrix, rows: [Int32], to path: String) throws {
        let file = try FaissFile(Self.self, vectors: vectors, rows: rows)
        try file.build(
            factory: "HNSW\(neighbours),Flat",
            seed: 0,
            sample: [],
            parameters: [("efConstruction", efConstruction)],
            to: path
        )
    }

    /// Reads the file into memory.
    package func open(_ path: String, vectors: VectorMatrix, rows: [Int32]) throws -> any VectorIndex {
        let file = try FaissFile(Self.self, vectors: vectors, rows: rows)
        return FaissIndex(
            handle: try file.read(path, parameters: [("efSearch", ef)]),
            dimension: vectors.dimension,
            count: rows.count,
            filters: false,
            factor: 1
        )
    }
}
