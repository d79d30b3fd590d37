import AssayFaiss
import AssayModel
import AssayRetrieve
import FoundationEssentials
import Testing

/// The laws that every kind of vector index keeps.
struct VectorIndexConformanceTests {
    @Test(arguments: Kinds.names)
    func findsKResultsWheneverKAllowedVectorsLive(name: String) throws {
        let seed: UInt64 = 11
        var source = Clustered(seed: seed, dimension: 16, centres: 12)
        let vectors = source.matrix(900)
        let rows = source.random.shuffled((0..<900).map(Int32.init))
        let folder = try Folder()
        defer { folder.remove() }
        let kind = try Kinds.make(name)
        let cut = 600
        var segments: [VectorSegment] = []
        var deleted: [IdSet] = []
        for (number, part) in [Array(rows[..<cut]), Array(rows[cut...])].enumerated() {
            var gone = IdSet(capacity: part.count)
            for ordinal in part.indices where source.random.index(below: 5) == 0 { gone.insert(ordinal) }
            try kind.build(vectors, rows: part, to: folder.file("\(number)"))
            let index = try kind.open(folder.file("\(number)"), vectors: vectors, rows: part)
            segments.append(VectorSegment(index: index, isExact: type(of: kind).isExact, rows: part, deleted: gone))
            deleted.append(gone)
        }
        let searcher = VectorSearcher(segments, vectors: vectors, scanLimit: 0)
        for round in 0..<20 {
            let share = [1, 2, 10, 100][source.random.index(below: 4)]
            let allowed: [IdSet?] = segments.map { segment in
                if source.random.index(below: 3) == 0 { return nil }
                var set = IdSet(capacity: segment.rows.count)
                for ordinal in segment.rows.indices where source.random.index(below: share) == 0 { set.insert(ordinal) }
                return set
            }
            let keep = { (position: VectorPosition) in
                let ordinal = Int(position.ordinal)
                return !deleted[position.segment].contains(ordinal)
                    && allowed[position.segment]?.contains(ordinal) ?? true
            }
            let query = source.vector()
            let k = [1, 5, 20, 300, 2000][source.random.index(below: 5)]
            let found = try searcher.search(query, k: k, allowed: allowed, precedes: largerFirst)
            let truth = naive(query, k: k, vectors: vectors, rows: segments.map(\.rows), keep: keep)
            let comment: Comment = "\(name), seed \(seed), round \(round), k \(k)"
            #expect(found.count == truth.count, comment)
            #expect(found.allSatisfy { keep($0.position) }, comment)
            #expect(Set(found.map(\.position)).count == found.count, comment)
            if type(of: kind).isExact { #expect(found == truth, comment) }
        }
    }

    @Test(arguments: Kinds.names)
    func proposesEachOrdinalOnceAndOnlyAllowedOnes(name: String) throws {
        var source = Clustered(seed: 5, dimension: 16, centres: 8)
        let vectors = source.matrix(500)
        let rows = (0..<500).map(Int32.init)
        let folder = try Folder()
        defer { folder.remove() }
        let kind = try Kinds.make(name)
        try kind.build(vectors, rows: rows, to: folder.file("index"))
        let index = try kind.open(folder.file("index"), vectors: vectors, rows: rows)
        #expect(index.count == 500)
        var allowed = IdSet(capacity: 500)
        for ordinal in stride(from: 0, to: 500, by: 3) { allowed.insert(ordinal) }
        for k in [0, 1, 7, 499, 500, 600, 4000] {
            let all = try #require(try index.candidates(source.vector(), k: k, allowed: nil))
            #expect(Set(all).count == all.count && all.allSatisfy { (0..<500).contains($0) })
            if let some = try index.candidates(source.vector(), k: k, allowed: allowed) {
                #expect(Set(some).count == some.count && some.allSatisfy { allowed.contains(Int($0)) })
            }
        }
        #expect(throws: AssayError.self) { try index.candidates([1, 0], k: 3, allowed: nil) }
        let notFinite = [Float](repeating: .nan, count: 16)
        #expect(throws: AssayError.self) { try index.candidates(notFinite, k: 3, allowed: nil) }
    }

    @Test(arguments: Kinds.names, [0, 1, 2, 17])
    func worksWithFewVectors(name: String, count: Int) throws {
        var source = Clustered(seed: 7, dimension: 8, centres: 3)
        let vectors = source.matrix(20)
        let rows = (0..<count).map { Int32(19 - $0) }
        let folder = try Folder()
        defer { folder.remove() }
        let kind = try Kinds.make(name)
        try kind.build(vectors, rows: rows, to: folder.file("index"))
        let index = try kind.open(folder.file("index"), vectors: vectors, rows: rows)
        let found = try #require(try index.candidates(source.vector(), k: 30, allowed: nil))
        let everything = (0..<count).map(Int32.init)
        // FastScan drops what its 16-bit sums cannot tell from nothing; the searcher makes up for it.
        if name == "ivf_pq" {
            #expect(Set(found).isSubset(of: everything))
        } else {
            #expect(found.sorted() == everything)
        }
        let segment = VectorSegment(index: index, isExact: type(of: kind).isExact, rows: rows)
        let searcher = VectorSearcher([segment], vectors: vectors, scanLimit: 0)
        let hits = try searcher.search(source.vector(), k: 30, precedes: largerFirst)
        #expect(hits.map(\.position.ordinal).sorted() == everything)
    }

    @Test(arguments: Kinds.names)
    func equalInputGivesEqualAnswersAfterReopening(name: String) throws {
        var source = Clustered(seed: 3, dimension: 16, centres: 8)
        let vectors = source.matrix(700)
        let rows = (0..<700).map(Int32.init)
        let folder = try Folder()
        defer { folder.remove() }
        let kind = try Kinds.make(name)
        try kind.build(vectors, rows: rows, to: folder.file("a"))
        try kind.build(vectors, rows: rows, to: folder.file("b"))
        if name != "sqlite_vec" {
            #expect(FileManager.default.contentsEqual(atPath: folder.file("a"), andPath: folder.file("b")))
        }
        let first = try kind.open(folder.file("a"), vectors: vectors, rows: rows)
        let second = try kind.open(folder.file("b"), vectors: vectors, rows: rows)
        for _ in 0..<20 {
            let query = source.vector()
            #expect(
                try first.candidates(query, k: 10, allowed: nil) == second.candidates(query, k: 10, allowed: nil)
            )
        }
    }

    @Test(arguments: Kinds.names)
    func refusesRowsThatTheMatrixDoesNotHave(name: String) throws {
        let vectors = VectorMatrix([1, 0, 0, 0, 0, 1, 0, 0], dimension: 4)
        let folder = try Folder()
        defer { folder.remove() }
        let kind = try Kinds.make(name)
        #expect(throws: AssayError.self) { try kind.build(vectors, rows: [0, 2], to: folder.file("index")) }
        #expect(throws: AssayError.self) { try kind.build(vectors, rows: [-1], to: folder.file("index")) }
        #expect(throws: AssayError.self) { try kind.build(vectors, rows: [0], to: folder.file("no/such/folder")) }
        #expect(throws: AssayError.self) { try kind.open(folder.file("missing"), vectors: vectors, rows: [0]) }
    }

    @Test func everyKindHasALine() {
        #expect(Kinds.table.names == ["flat", "ivf_sq8", "ivf_pq", "hnsw", "sqlite_vec"])
    }
}
