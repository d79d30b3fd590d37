import AssayFaiss
import AssayModel
import AssayRetrieve
import Testing

/// How much of the truth approximate kinds find, and that exact kinds find all of it.
struct RecallTests {
    private static let count = 20_000
    private static let dimension = 64
    private static let rows = (0..<count).map(Int32.init)
    /// Vectors, and queries with the positions of their ten nearest.
    private static let data: (vectors: VectorMatrix, queries: [(vector: [Float], truth: Set<VectorPosition>)]) = {
        var source = Clustered(seed: 2026, dimension: dimension, centres: 200)
        let vectors = source.matrix(count)
        let queries = (0..<20).map { _ in
            let query = source.vector()
            return (query, Set(naive(query, k: 10, vectors: vectors, rows: [rows]).map(\.position)))
        }
        return (vectors, queries)
    }()

    @Test(arguments: zip(["flat", "ivf_sq8", "ivf_pq"], [1.0, 0.93, 0.93]))
    func findsTheTruth(name: String, floor: Double) throws {
        let (vectors, queries) = Self.data
        let rows = Self.rows
        let folder = try Folder()
        defer { folder.remove() }
        let kind = try Kinds.make(name)
        try kind.build(vectors, rows: rows, to: folder.file("index"))
        let index = try kind.open(folder.file("index"), vectors: vectors, rows: rows)
        let segment = VectorSegment(index: index, isExact: type(of: kind).isExact, rows: rows)
        let searcher = VectorSearcher([segment], vectors: vectors)
        var common = 0
        for (query, truth) in queries {
            let found = try searcher.search(query, k: 10, precedes: largerFirst)
            common += truth.intersection(found.map(\.position)).count
        }
        let recall = Double(common) / Double(queries.count * 10)
        #expect(recall >= floor, "\(name): recall@10 \(recall)")
    }

    @Test func theGraphFindsTheTruth() throws {
        var source = Clustered(seed: 8, dimension: 16, centres: 20)
        let vectors = source.matrix(1000)
        let rows = (0..<1000).map(Int32.init)
        let folder = try Folder()
        defer { folder.remove() }
        let kind = try Kinds.make("hnsw")
        try kind.build(vectors, rows: rows, to: folder.file("index"))
        let index = try kind.open(folder.file("index"), vectors: vectors, rows: rows)
        var common = 0
        for _ in 0..<30 {
            let query = source.vector()
            let found = try #require(try index.candidates(query, k: 10, allowed: nil))
            let truth = naive(query, k: 10, vectors: vectors, rows: [rows])
            common += Set(found).intersection(truth.map(\.position.ordinal)).count
        }
        #expect(common >= 285, "\(common) of 300")
    }

    @Test(arguments: Kinds.names.filter { ["flat", "sqlite_vec"].contains($0) })
    func exactKindsOrderEqualVectorsLikeAScan(name: String) throws {
        // Few different vectors, many times each: the k-th result is always in the middle of a tie.
        var source = Clustered(seed: 31, dimension: 24, centres: 4)
        let originals = (0..<60).map { _ in source.vector() }
        let picks = (0..<2000).map { _ in source.random.index(below: 60) }
        let vectors = VectorMatrix(picks.flatMap { originals[$0] }, dimension: 24)
        let rows = source.random.shuffled((0..<2000).map(Int32.init))
        let folder = try Folder()
        defer { folder.remove() }
        let kind = try Kinds.make(name)
        try kind.build(vectors, rows: rows, to: folder.file("index"))
        let index = try kind.open(folder.file("index"), vectors: vectors, rows: rows)
        let searcher = VectorSearcher([VectorSegment(index: index, rows: rows)], vectors: vectors, scanLimit: 0)
        for query in originals.prefix(3) + [source.vector(), source.vector()] {
            for k in [1, 3, 10, 50, 200, 1999] {
                let found = try searcher.search(query, k: k, precedes: largerFirst)
                #expect(found == naive(query, k: k, vectors: vectors, rows: [rows]), "\(name), k \(k)")
            }
        }
    }
}
