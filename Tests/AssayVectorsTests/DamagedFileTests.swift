import AssayFaiss
import AssayModel
import FoundationEssentials
import Testing

/// A damaged index file is an error, never a crash and never a wrong answer.
struct DamagedFileTests {
    private let vectors: VectorMatrix
    private let rows = (0..<300).map(Int32.init)
    private let query: [Float]

    init() {
        var source = Clustered(seed: 21, dimension: 16, centres: 6)
        vectors = source.matrix(301)
        query = source.vector()
    }

    private func isRefused(_ kind: any VectorIndexKind, _ bytes: Data, _ path: String) throws -> Bool {
        try bytes.write(to: URL(filePath: path))
        do {
            _ = try kind.open(path, vectors: vectors, rows: rows).candidates(query, k: 10, allowed: nil)
            return false
        } catch let error as AssayError {
            return ["index.damaged", "index.search"].contains(error.code)
        }
    }

    @Test(arguments: Kinds.names)
    func truncatedAndLengthenedFilesAreRefused(name: String) throws {
        let folder = try Folder()
        defer { folder.remove() }
        let kind = try Kinds.make(name)
        try kind.build(vectors, rows: rows, to: folder.file("index"))
        let whole = try Data(contentsOf: URL(filePath: folder.file("index")))
        #expect(try !isRefused(kind, whole, folder.file("copy")))
        for length in [0, 1, 8, 50, 71, 72, 73, 100, whole.count / 2, whole.count - 1] where length < whole.count {
            #expect(try isRefused(kind, whole.prefix(length), folder.file("copy")), "\(length) bytes")
        }
        #expect(try isRefused(kind, whole + [0], folder.file("copy")))
    }

    @Test(arguments: Kinds.names.filter { $0 != "sqlite_vec" })
    func everyFlippedBitIsRefused(name: String) throws {
        let folder = try Folder()
        defer { folder.remove() }
        let kind = try Kinds.make(name)
        try kind.build(vectors, rows: rows, to: folder.file("index"))
        let whole = try Data(contentsOf: URL(filePath: folder.file("index")))
        var random = SeededRandom(seed: 4)
        var places = Array(0..<min(whole.count, 160))
        for _ in 0..<100 { places.append(random.index(below: whole.count)) }
        for place in places {
            var bytes = whole
            bytes[place] ^= 1 << UInt8(random.index(below: 8))
            #expect(try isRefused(kind, bytes, folder.file("copy")), "byte \(place), seed 4")
        }
    }

    @Test(.enabled(if: Kinds.hasSQLiteVec))
    func aFlippedBitOfADatabaseNeverCrashes() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let kind = try Kinds.make("sqlite_vec")
        try kind.build(vectors, rows: rows, to: folder.file("index"))
        let whole = try Data(contentsOf: URL(filePath: folder.file("index")))
        var random = SeededRandom(seed: 9)
        for round in 0..<200 {
            var bytes = whole
            // Half of them in the header and the schema, where SQLite notices.
            let place = random.index(below: round % 2 == 0 ? 4096 : whole.count)
            bytes[place] ^= 1 << UInt8(random.index(below: 8))
            _ = try isRefused(kind, bytes, folder.file("copy"))
        }
    }

    @Test(arguments: Kinds.names)
    func aFileOfOtherVectorsIsRefused(name: String) throws {
        let folder = try Folder()
        defer { folder.remove() }
        let kind = try Kinds.make(name)
        try kind.build(vectors, rows: rows, to: folder.file("index"))
        for other in [rows.dropLast(), rows + [300], rows.reversed()] as [[Int32]] {
            let error = #expect(throws: AssayError.self) {
                try kind.open(folder.file("index"), vectors: vectors, rows: other)
            }
            #expect(error?.code == "index.damaged")
            #expect(error?.remedy == "build the index again")
        }
    }

    @Test func aFileOfAnotherKindIsRefused() throws {
        let folder = try Folder()
        defer { folder.remove() }
        try Kinds.make("ivf_sq8").build(vectors, rows: rows, to: folder.file("index"))
        for name in ["ivf_pq", "hnsw", "flat"] {
            let kind = try Kinds.make(name)
            let error = #expect(throws: AssayError.self) {
                try kind.open(folder.file("index"), vectors: vectors, rows: rows)
            }
            #expect(error?.code == "index.damaged")
        }
    }
}
