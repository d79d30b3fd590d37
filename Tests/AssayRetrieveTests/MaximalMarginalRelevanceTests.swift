import AssayModel
import AssayRetrieve
import Testing

/// MMR against values worked out by hand.
struct MaximalMarginalRelevanceTests {
    /// Unit vectors with exact numbers: a and b are nearly the same, c stands apart, d is opposite to a.
    private let vectors = VectorMatrix([1, 0, 0.96, 0.28, 0, 1, -1, 0], dimension: 2)
    private let list = RankedList([
        Hit(id: "a", score: 4), Hit(id: "b", score: 3), Hit(id: "c", score: 2), Hit(id: "d", score: 0),
    ])

    private func make(_ lambda: Double) throws -> MaximalMarginalRelevance {
        let place = Place(file: "test.yaml")
        let member = ConfigNode.Member(key: "lambda", place: place, value: ConfigNode(.double(lambda), at: place))
        var options = try OptionReader(ConfigNode(.mapping([member]), at: place), owner: "mmr", place: place)
        return try MaximalMarginalRelevance(options: &options, resources: .none)
    }

    @Test func movesNearRepetitionsDown() throws {
        let query: [Float] = [0.8, 0.6]
        let result = try make(0.5).reorder(list, rows: [0, 1, 2, 3], vectors: vectors, query: query, depth: 4)
        // rel: a 0.8, b 0.936, c 0.6, d -0.8. First b: (0.936 + 1) / 2.
        // Then a (0.8 - 0.96) / 2, c (0.6 - 0.28) / 2, d (-0.8 + 0.96) / 2: c.
        // Then a -0.08 (nearest is b), d (-0.8 - max(-0.96, 0)) / 2 = -0.4: a; then d: nearest is c with 0, -0.4.
        #expect(result.hits.map(\.id) == ["b", "c", "a", "d"])
        for (hit, value) in zip(result.hits, [0.968, 0.16, -0.08, -0.4]) { #expect(abs(hit.score - value) < 1e-6) }
    }

    @Test func lambdaOneKeepsTheOrderOfRelevance() throws {
        let result = try make(1).reorder(list, rows: [0, 1, 2, 3], vectors: vectors, query: nil, depth: 3)
        #expect(result.hits.map(\.id) == ["a", "b", "c"])
        #expect(result.hits.map(\.score) == [1, 0.75, 0.5])
    }

    @Test func lambdaZeroOnlySpreads() throws {
        let result = try make(0).reorder(list, rows: [0, 1, 2, 3], vectors: vectors, query: nil, depth: 2)
        // All start with -(-1) = 1: the largest id; then the one farthest from d.
        #expect(result.hits.map(\.id) == ["d", "a"])
        #expect(result.hits.map(\.score) == [1, 1])
    }

    @Test func scoresNeverRise() throws {
        let seed: UInt64 = 23
        var random = SeededRandom(seed: seed)
        var values: [Float] = []
        for _ in 0..<60 {
            let row = (0..<8).map { _ in random.unit() - 0.5 }
            let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
            values += row.map { Float($0 / length) }
        }
        let matrix = VectorMatrix(values, dimension: 8)
        let many = RankedList((0..<60).map { Hit(id: "d\($0)", score: Double(random.index(below: 9))) })
        for lambda in [0.0, 0.3, 0.7, 1] {
            let rows = (0..<60).map { _ in Int32(random.index(below: 60)) }
            let query = matrix.row(random.index(below: 60))
            let whole = try make(lambda).reorder(many, rows: rows, vectors: matrix, query: query, depth: 60)
            #expect(Set(whole.hits.map(\.id)) == Set(many.hits.map(\.id)), "seed \(seed)")
            // A shorter depth is a prefix of a longer one: scores and ties reproduce the order of choice.
            for depth in [1, 2, 13, 40] {
                let part = try make(lambda).reorder(many, rows: rows, vectors: matrix, query: query, depth: depth)
                #expect(part.hits == Array(whole.hits.prefix(depth)), "seed \(seed), depth \(depth)")
            }
        }
    }

    /// A change here means another output for equal input: raise the version and take the new digest.
    @Test func outputIsThatOfTheVersion() throws {
        let result = try make(0.7).reorder(list, rows: [0, 1, 2, 3], vectors: vectors, query: [0.8, 0.6], depth: 4)
        #expect(MaximalMarginalRelevance.version == 1)
        #expect(
            SHA256.hex(result.hits.map { "\($0.id) \($0.score.bitPattern)\n" }.joined())
                == "13883267cea8a8a5117757bbd69c22a9801148dd530dd0e4773737e40804ba8e"
        )
    }
}
