package import AssayModel

/// Inverted lists of vectors with 8 bits a number; takes filters.
///
/// Options: `nlist` (1...65536; about 4·√n when absent, never more than a 39th of the vectors), `nprobe` (lists searched, 1...4096,
/// 16), `seed` (0...2147483647, 1234). Calls block: call them through `offPool`.
package struct ScalarQuantizerKind: VectorIndexKind {
    package static let name = "ivf_sq8"
    package static let version = 1
    package static let summary = "Inverted lists with 8 bits a number (FAISS IVF,SQ8); fast and filterable"
    package static let isExact = false

    private let options: InvertedFileOptions

    /// Reads `nlist`, `nprobe` and `seed`.
    package init(options: inout OptionReader, resources: Resources) throws {
        try FaissRuntime.check()
        self.options = try InvertedFileOptions(&options)
    }

    /// Trains with a bounded sample, adds all rows, writes the file.
    package func build(_ vectors: VectorMatrix, rows: [Int32], to path: String) throws {
        let file = try FaissFile(Self.self, vectors: vectors, rows: rows)
        try options.build(file, codes: "SQ8", to: path)
    }

    /// Reads the file into memory.
    package func open(_ path: String, vectors: VectorMatrix, rows: [Int32]) throws -> any VectorIndex {
        let file = try FaissFile(Self.self, vectors: vectors, rows: rows)
        return try options.open(file, path, filters: true, factor: 1)
    }
}

/// Inverted lists of 4-bit product codes, a byte for eight numbers, searched by table look-ups in registers; takes no filters.
///
/// FAISS's `RFlat` would keep a copy of all vectors to refine `k_factor` · k proposals with. This kind proposes all of them instead:
/// the caller rescores from the vector file anyway, which is the same refinement without the copy.
///
/// Options: `nlist`, `nprobe`, `seed` as for `ivf_sq8`, `k_factor` (proposals for each result, 1...1000, 10). The number of
/// dimensions must be a multiple of 4. Calls block: call them through `offPool`.
package struct ProductQuantizerKind: VectorIndexKind {
    package static let name = "ivf_pq"
    package static let version = 1
    package static let summary =
        "Inverted lists with half a byte for four numbers (FAISS IVF,PQfs), refined; fastest, no filters"
    package static let isExact = false

    private let options: InvertedFileOptions
    private let factor: Int

    /// Reads `nlist`, `nprobe`, `seed` and `k_factor`.
    package init(options: inout OptionReader, resources: Resources) throws {
        try FaissRuntime.check()
        self.options = try InvertedFileOptions(&options)
        factor = try options.int("k_factor", default: 10, in: 1...1000)
    }

    /// Trains with a bounded sample, adds all rows, writes the file.
    package func build(_ vectors: VectorMatrix, rows: [Int32], to path: String) throws {
        guard vectors.dimension % 4 == 0 else {
            throw AssayError(
                "index.dimension",
                "ivf_pq needs vectors whose dimension is a multiple of 4, these have \(vectors.dimension)",
                remedy: "use ivf_sq8"
            )
        }
        let file = try FaissFile(Self.self, vectors: vectors, rows: rows)
        try options.build(file, codes: "PQ\(vectors.dimension / 4)x4fs", to: path)
    }

    /// Reads the file into memory.
    package func open(_ path: String, vectors: VectorMatrix, rows: [Int32]) throws -> any VectorIndex {
        let file = try FaissFile(Self.self, vectors: vectors, rows: rows)
        return try options.open(file, path, filters: false, factor: factor)
    }
}

/// Options that both kinds of inverted file share.
private struct InvertedFileOptions {
    let nlist: Int?
    let nprobe: Int
    let seed: Int

    init(_ options: inout OptionReader) throws {
        nlist = try options.optionalInt("nlist", in: 1...65_536)
        nprobe = try options.int("nprobe", default: 16, in: 1...4096)
        seed = try options.int("seed", default: 1234, in: 0...Int(Int32.max))
    }

    func build(_ file: FaissFile, codes: String, to path: String) throws {
        let count = file.rows.count
        let lists =
            nlist.map { max(1, min($0, count / TrainingSample.pointsPerCentroid)) } ?? TrainingSample.lists(for: count)
        var sample = TrainingSample.ordinals(count: count, lists: lists, seed: seed)
        // A codebook of 16 entries needs 16 points: few vectors are repeated.
        while !sample.isEmpty, sample.count < 16 { sample += sample }
        try file.build(factory: "IVF\(lists),\(codes)", seed: seed, sample: sample, to: path)
    }

    func open(_ file: FaissFile, _ path: String, filters: Bool, factor: Int) throws -> any VectorIndex {
        FaissIndex(
            handle: try file.read(path, parameters: [("nprobe", nprobe)]),
            dimension: file.vectors.dimension,
            count: file.rows.count,
            filters: filters,
            factor: factor
        )
    }
}
