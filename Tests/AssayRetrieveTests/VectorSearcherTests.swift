import AssayModel
import AssayRetrieve
import Testing

/// The searcher over indexes that are as awkward as their protocol allows.
struct VectorSearcherTests {
    /// An exact index whose sums differ from the kernel's in the last bits.
    private struct Sloppy: VectorIndex {
        let vectors: VectorMatrix
        let rows: [Int32]
        var filters = true
        /// Proposals at most, as of an index that looks into few lists.
        var limit = Int.max

        var count: Int { rows.count }

        func candidates(_ query: [Float], k: Int, allowed: IdSet?) throws -> [Int32]? {
            if allowed != nil, !filters { return nil }
            let ordinals = rows.indices.filter { allowed?.contains($0) ?? true }
            let scored = ordinals.map { ordinal in
                var sum: Float = 0
                for (left, right) in zip(query, vectors.row(Int(rows[ordinal]))).reversed() { sum += left * right }
                return (ordinal, sum)
            }
            let best = scored.sorted { $0.1 != $1.1 ? $0.1 > $1.1 : $0.0 < $1.0 }
            return best.prefix(min(k, limit)).map { Int32($0.0) }
        }
    }

    private static func unitRows(_ count: Int, _ dimension: Int, _ random: inout SeededRandom) -> [Float] {
        var values: [Float] = []
        for _ in 0..<count {
            // Few different directions with tiny differences: sums in another order disagree about the rank.
            let row = (0..<dimension).map { _ in Double(random.index(below: 3)) - 1 + 1e-7 * random.unit() }
            let length = max(1e-9, row.reduce(0) { $0 + $1 * $1 }.squareRoot())
            values += row.map { Float($0 / length) }
        }
        return values
    }

    private func idsDescend(_ left: VectorPosition, _ right: VectorPosition) -> Bool {
        (left.segment, left.ordinal) > (right.segment, right.ordinal)
    }

    private func scan(
        _ searcher: VectorSearcher,
        _ query: [Float],
        _ k: Int,
        _ allowed: [IdSet?]?
    ) throws -> [VectorHit] {
        var hits: [VectorHit] = []
        for (number, segment) in searcher.segments.enumerated() {
            let scores = DotKernel.scores(query, searcher.vectors, rows: segment.rows)
            for (ordinal, score) in scores.enumerated()
            where segment.live?.contains(ordinal) ?? true && allowed?[number]?.contains(ordinal) ?? true {
                hits.append(
                    VectorHit(position: VectorPosition(segment: number, ordinal: Int32(ordinal)), score: score)
                )
            }
        }
        hits.sort { $0.score != $1.score ? $0.score > $1.score : idsDescend($0.position, $1.position) }
        return Array(hits.prefix(k))
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func exactIndexesAgreeWithAScanBitForBit(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let vectors = VectorMatrix(Self.unitRows(1200, 6, &random), dimension: 6)
        let rows = random.shuffled((0..<1200).map(Int32.init))
        var segments: [VectorSegment] = []
        for (part, filters) in [(0..<800, true), (800..<1100, false), (1100..<1200, true)] {
            let rows = Array(rows[part])
            var deleted = IdSet(capacity: rows.count)
            for ordinal in rows.indices where random.index(below: 7) == 0 { deleted.insert(ordinal) }
            let index = part.count > 100 ? Sloppy(vectors: vectors, rows: rows, filters: filters) : nil
            segments.append(VectorSegment(index: index, rows: rows, deleted: deleted))
        }
        let searcher = VectorSearcher(segments, vectors: vectors, scanLimit: 0)
        for round in 0..<30 {
            let query = vectors.row(random.index(below: 1200))
            let k = 1 + random.index(below: 60)
            var allowed: [IdSet?]?
            if round % 2 == 1 {
                allowed = segments.map { segment in
                    var set = IdSet(capacity: segment.rows.count)
                    for ordinal in segment.rows.indices where random.index(below: 4) > 0 { set.insert(ordinal) }
                    return set
                }
            }
            let found = try searcher.search(query, k: k, allowed: allowed, precedes: idsDescend)
            #expect(try found == scan(searcher, query, k, allowed), "seed \(seed), round \(round)")
        }
    }

    @Test func anIndexThatProposesTooFewIsMadeUpForByAScan() throws {
        var random = SeededRandom(seed: 4)
        let vectors = VectorMatrix(Self.unitRows(500, 6, &random), dimension: 6)
        let rows = (0..<500).map(Int32.init)
        let index = Sloppy(vectors: vectors, rows: rows, limit: 5)
        let segment = VectorSegment(index: index, isExact: false, rows: rows)
        let searcher = VectorSearcher([segment], vectors: vectors, scanLimit: 0)
        let query = vectors.row(9)
        #expect(try searcher.search(query, k: 5, precedes: idsDescend).count == 5)
        #expect(try searcher.search(query, k: 20, precedes: idsDescend) == scan(searcher, query, 20, nil))
    }

    @Test func deletedVectorsNeverComeBack() throws {
        var random = SeededRandom(seed: 5)
        let vectors = VectorMatrix(Self.unitRows(300, 6, &random), dimension: 6)
        let rows = (0..<300).map(Int32.init)
        let query = vectors.row(0)
        let near = try #require(try Sloppy(vectors: vectors, rows: rows).candidates(query, k: 200, allowed: nil))
        var deleted = IdSet(capacity: 300)
        for ordinal in near { deleted.insert(Int(ordinal)) }
        for (filters, exact) in [(true, true), (false, true), (true, false), (false, false)] {
            let index = Sloppy(vectors: vectors, rows: rows, filters: filters)
            let segment = VectorSegment(index: index, isExact: exact, rows: rows, deleted: deleted)
            let searcher = VectorSearcher([segment], vectors: vectors, scanLimit: 0)
            let found = try searcher.search(query, k: 10, precedes: idsDescend)
            #expect(try found == scan(searcher, query, 10, nil))
        }
    }

    @Test func nothingAllowedGivesNothing() throws {
        let vectors = VectorMatrix([1, 0, 0, 1], dimension: 2)
        let searcher = VectorSearcher([VectorSegment(rows: [0, 1])], vectors: vectors)
        #expect(try searcher.search([1, 0], k: 5, allowed: [IdSet(capacity: 2)], precedes: idsDescend).isEmpty)
        #expect(try searcher.search([1, 0], k: 0, precedes: idsDescend).isEmpty)
        #expect(try VectorSearcher([], vectors: vectors).search([1, 0], k: 5, precedes: idsDescend).isEmpty)
        #expect(try searcher.search([1, 0], k: .max, precedes: idsDescend).map(\.score) == [1, 0])
    }

    @Test func refusesWhatDoesNotFit() {
        let vectors = VectorMatrix([1, 0, 0, 1], dimension: 2)
        let searcher = VectorSearcher([VectorSegment(rows: [0, 1])], vectors: vectors)
        for query in [[1], [1, .nan], [1, 0, 0], [.infinity, 0]] as [[Float]] {
            #expect(throws: AssayError.self) { try searcher.search(query, k: 1, precedes: idsDescend) }
        }
        for allowed in [[], [IdSet(capacity: 3)], [nil, nil]] as [[IdSet?]] {
            #expect(throws: AssayError.self) {
                try searcher.search([1, 0], k: 1, allowed: allowed, precedes: idsDescend)
            }
        }
    }

    @Test(arguments: [
        (20_000, false, 384, "flat"), (20_000, true, 384, "flat"), (20_001, false, 384, "ivf_pq"),
        (20_001, true, 384, "ivf_sq8"), (1_000_000, false, 6, "ivf_sq8"), (0, true, 8, "flat"),
    ])
    func autoChoosesByCountAndFilters(count: Int, filtered: Bool, dimension: Int, name: String) {
        #expect(VectorIndexChoice.auto(count: count, filtered: filtered, dimension: dimension) == name)
    }
}
