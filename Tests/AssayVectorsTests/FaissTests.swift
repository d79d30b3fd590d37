import AssayFaiss
import AssayModel
import AssayRetrieve
import FoundationEssentials
import Testing

/// What is special to FAISS: build variant, options, errors, digests.
struct FaissTests {
    @Test func knowsHowFaissWasBuilt() throws {
        #expect(["avx2", "generic"].contains(FaissRuntime.variant))
        try FaissRuntime.check()
    }

    @Test(arguments: [
        ("ivf_sq8", "nprobe", 0), ("ivf_sq8", "nlist", 0), ("ivf_pq", "k_factor", 0), ("hnsw", "m", 1),
        ("flat", "nlist", 4), ("ivf_sq8", "probes", 4),
    ])
    func refusesOptionsOutOfRange(name: String, key: String, value: Int) {
        let error = #expect(throws: AssayError.self) { try Kinds.make(name, [(key, value)]) }
        #expect(error?.message.contains(key) == true && error?.place != nil)
    }

    @Test func productCodesSayWhichDimensionsTheyTake() throws {
        let vectors = VectorMatrix([Float](repeating: 0.5, count: 60), dimension: 6)
        let folder = try Folder()
        defer { folder.remove() }
        let error = #expect(throws: AssayError.self) {
            try Kinds.make("ivf_pq").build(vectors, rows: (0..<10).map(Int32.init), to: folder.file("index"))
        }
        #expect(error?.code == "index.dimension" && error?.remedy == "use ivf_sq8")
    }

    @Test func aFilterReachesInvertedListsAndNotTheOthers() throws {
        var source = Clustered(seed: 1, dimension: 16, centres: 4)
        let vectors = source.matrix(200)
        let rows = (0..<200).map(Int32.init)
        let folder = try Folder()
        defer { folder.remove() }
        let allowed = IdSet(capacity: 200, full: true)
        for (name, filters) in [("flat", true), ("ivf_sq8", true), ("ivf_pq", false), ("hnsw", false)] {
            let kind = try Kinds.make(name)
            try kind.build(vectors, rows: rows, to: folder.file(name))
            let index = try kind.open(folder.file(name), vectors: vectors, rows: rows)
            #expect(try (index.candidates(source.vector(), k: 5, allowed: allowed) != nil) == filters, "\(name)")
        }
        let index = try Kinds.make("ivf_sq8").open(folder.file("ivf_sq8"), vectors: vectors, rows: rows)
        let short = IdSet(capacity: 100, full: true)
        #expect(throws: AssayError.self) { try index.candidates(source.vector(), k: 5, allowed: short) }
    }

    @Test func manyThreadsSearchOneIndex() async throws {
        var source = Clustered(seed: 77, dimension: 16, centres: 8)
        let vectors = source.matrix(2000)
        let rows = (0..<2000).map(Int32.init)
        let folder = try Folder()
        defer { folder.remove() }
        let kind = try Kinds.make("ivf_pq")
        try kind.build(vectors, rows: rows, to: folder.file("index"))
        let index = try kind.open(folder.file("index"), vectors: vectors, rows: rows)
        let queries = (0..<64).map { _ in source.vector() }
        let alone = try queries.map { try index.candidates($0, k: 10, allowed: nil) }
        let together = try await concurrentMap(queries, limit: 8) { query in
            try await offPool { try index.candidates(query, k: 10, allowed: nil) }
        }
        #expect(together == alone)
    }

    /// A change here means another output for equal input: raise the kind's version and take the new digest.
    @Test(arguments: [
        ("flat", 1, "7ddf23b8477489fc6cb3c0bd8efef729d153c453d9a6ac4ecfc8922f326344f1"),
        ("ivf_sq8", 1, "feb8bfd05ac1b2135dcdb3d66453714f0707286d6ca6fa57b7757a683940d094"),
        ("ivf_pq", 1, "f74ea37fe65041e6984a8667f60508df4dd921283d04ae7764518da2ed07b55e"),
        ("hnsw", 1, "7ddf23b8477489fc6cb3c0bd8efef729d153c453d9a6ac4ecfc8922f326344f1"),
        ("sqlite_vec", 1, "7ddf23b8477489fc6cb3c0bd8efef729d153c453d9a6ac4ecfc8922f326344f1"),
    ])
    func outputIsThatOfTheVersion(name: String, version: Int, digest: String) throws {
        guard Kinds.names.contains(name) else { return }
        var source = Clustered(seed: 12, dimension: 32, centres: 10)
        let vectors = source.matrix(1200)
        let rows = (0..<1200).map { Int32(1199 - $0) }
        let folder = try Folder()
        defer { folder.remove() }
        let kind = try Kinds.make(name, name.hasPrefix("ivf") ? [("nprobe", 2)] : [])
        try kind.build(vectors, rows: rows, to: folder.file("index"))
        let index = try kind.open(folder.file("index"), vectors: vectors, rows: rows)
        var lines = ""
        for _ in 0..<10 {
            // Sorted: the order of proposals is not promised.
            let found = try #require(try index.candidates(source.vector(), k: 20, allowed: nil))
            lines += "\(found.sorted())\n"
        }
        #expect(type(of: kind).version == version)
        #expect(SHA256.hex(lines) == digest, "\(name)")
    }
}
