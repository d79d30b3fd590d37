import AssayModel
import AssayRetrieve
import Testing

/// Fusions against values worked out by hand.
struct FusionTests {
    private static let table = Registry<any Fusion>(kind: "fusion", Fusions.builtin)

    private func make(_ name: String, _ options: [(String, ConfigNode.Value)] = []) throws -> any Fusion {
        let place = Place(file: "test.yaml", line: 3)
        let members = options.map { ConfigNode.Member(key: $0.0, place: place, value: ConfigNode($0.1, at: place)) }
        let reader = try OptionReader(ConfigNode(.mapping(members), at: place), owner: "fuse", place: place)
        return try Self.table.make(name, options: reader, resources: .none, at: nil).product
    }

    private func list(_ hits: [(String, Double)]) -> RankedList {
        RankedList(hits.map { Hit(id: $0.0, score: $0.1) })
    }

    private func numbers(_ values: [Double]) -> ConfigNode.Value {
        .list(values.map { ConfigNode(.double($0), at: Place(file: "test.yaml", line: 3)) })
    }

    private var dense: RankedList { list([("a", 0.9), ("b", 0.8), ("c", 0.5)]) }
    private var lexical: RankedList { list([("b", 12), ("d", 7), ("a", 2)]) }

    @Test func rrfSumsReciprocalRanks() throws {
        let fused = try make("rrf").fuse([dense, lexical], depth: 10)
        #expect(
            fused.hits == [
                Hit(id: "b", score: 1.0 / 62 + 1.0 / 61),
                Hit(id: "a", score: 1.0 / 61 + 1.0 / 63),
                Hit(id: "d", score: 1.0 / 62),
                Hit(id: "c", score: 1.0 / 63),
            ]
        )
    }

    @Test func rrfCountsFromItsBaseAndWeighs() throws {
        let fusion = try make("rrf", [("k", .int(2)), ("base", .int(0)), ("weights", numbers([1, 3]))])
        let fused = try fusion.fuse([dense, lexical], depth: 2)
        // b: 1/3 + 3/2; a: 1/2 + 3/4; d: 3/3; c: 1/4.
        #expect(fused.hits == [Hit(id: "b", score: 1.0 / 3 + 3.0 / 2), Hit(id: "a", score: 1.25)])
    }

    @Test func rrfGivesEqualScoresOfAListDifferentRanks() throws {
        let fused = try make("rrf", [("k", .int(0))]).fuse([list([("a", 1), ("b", 1), ("c", 1)])], depth: 3)
        #expect(fused.hits == [Hit(id: "c", score: 1), Hit(id: "b", score: 0.5), Hit(id: "a", score: 1.0 / 3)])
    }

    @Test func equalFusedScoresAreOrderedByIdDescending() throws {
        let fused = try make("rrf").fuse([list([("x", 2), ("y", 1)]), list([("y", 2), ("x", 1)])], depth: 10)
        #expect(fused.hits.map(\.id) == ["y", "x"])
        #expect(fused.hits[0].score == fused.hits[1].score)
    }

    @Test func convexScalesByMinimumAndMaximum() throws {
        let fused = try make("convex").fuse([dense, lexical], depth: 10)
        // dense: a 1, b (0.8 - 0.5) / 0.4, c 0; lexical: b 1, d (7 - 2) / 10, a 0.
        let b = 0.5 * ((0.8 - 0.5) / (0.9 - 0.5)) + 0.5
        #expect(
            fused.hits == [
                Hit(id: "b", score: b), Hit(id: "a", score: 0.5), Hit(id: "d", score: 0.25), Hit(id: "c", score: 0),
            ]
        )
        #expect(abs(b - 0.875) < 1e-12)
    }

    @Test func convexDividesWeightsByTheirSum() throws {
        let fused = try make("convex", [("weights", numbers([3, 1]))]).fuse([dense, lexical], depth: 1)
        #expect(fused.hits.map(\.id) == ["b"])
        #expect(abs(fused.hits[0].score - (0.75 * 0.75 + 0.25)) < 1e-12)
    }

    @Test func convexTakesEqualScoresAsOneAndNonFiniteOnesAsMissing() throws {
        let equal = list([("a", 4), ("b", 4)])
        let broken = list([("c", 3), ("a", 1), ("d", -.infinity)])
        let fused = try make("convex").fuse([equal, broken], depth: 10)
        // a: 1/2 + 0; b: 1/2; c: 1/2; d: 0 - ties by id, descending.
        #expect(fused.hits.map(\.id) == ["c", "b", "a", "d"])
        #expect(fused.hits.map(\.score) == [0.5, 0.5, 0.5, 0])
    }

    @Test(arguments: ["rrf", "convex"])
    func emptyListsGiveNothing(name: String) throws {
        #expect(try make(name).fuse([list([]), list([])], depth: 5).hits.isEmpty)
        #expect(try make(name).fuse([list([]), dense], depth: 5).hits.map(\.id) == ["a", "b", "c"])
    }

    @Test(arguments: ["rrf", "convex"])
    func everyIdComesOnceCutToDepth(name: String) throws {
        let seed: UInt64 = 17
        var random = SeededRandom(seed: seed)
        for _ in 0..<30 {
            let lists = (0..<3).map { _ in
                let ids = random.shuffled((0..<40).map { "d\($0)" }).prefix(random.index(below: 30))
                return list(ids.map { ($0, Double(random.index(below: 6))) })
            }
            let all = Set(lists.flatMap { $0.hits.map(\.id) })
            let fused = try make(name).fuse(lists, depth: 25)
            #expect(fused.hits.count == min(25, all.count), "seed \(seed)")
            #expect(Set(fused.hits.map(\.id)).count == fused.hits.count, "seed \(seed)")
            #expect(fused == RankedList(fused.hits), "seed \(seed)")
        }
    }

    @Test(arguments: ["rrf", "convex"])
    func refusesWeightsForAnotherNumberOfLists(name: String) throws {
        let fusion = try make(name, [("weights", numbers([1, 2, 3]))])
        let error = #expect(throws: AssayError.self) { try fusion.fuse([dense, lexical], depth: 5) }
        #expect(error?.code == "fusion.weights")
    }

    @Test func refusesOptionsOutOfRange() {
        #expect(throws: AssayError.self) { try make("rrf", [("weights", numbers([0, 0]))]) }
        #expect(throws: AssayError.self) { try make("rrf", [("weights", numbers([-1, 2]))]) }
        #expect(throws: AssayError.self) { try make("rrf", [("k", .int(0)), ("base", .int(0))]) }
        #expect(throws: AssayError.self) { try make("rrf", [("base", .int(2))]) }
        #expect(throws: AssayError.self) { try make("convex", [("k", .int(60))]) }
    }

    /// A change here means another output for equal input: raise the version and take the new digest.
    @Test(arguments: [
        ("rrf", 1, "79cca94444fb6f01ed64c220023da7d032a355867d5f602da1eb0a5beba634fe"),
        ("convex", 1, "12e44e3698620bf3fbad5db717f97e6915e2a7bb47c866cb9a2aa0043fe18c36"),
    ])
    func outputIsThatOfTheVersion(name: String, version: Int, digest: String) throws {
        let fused = try make(name, [("weights", numbers([2, 1]))]).fuse([dense, lexical], depth: 4)
        let entry = try #require(Fusions.builtin.first { $0.name == name })
        #expect(entry.version == version)
        #expect(SHA256.hex(fused.hits.map { "\($0.id) \($0.score.bitPattern)\n" }.joined()) == digest, "\(name)")
    }
}
