import AssayFaiss
import AssayModel
import AssayRetrieve
import AssaySQLiteVec
import FoundationEssentials

/// Every kind that ships, by name.
enum Kinds {
    static let table = Registry<any VectorIndexKind>(
        kind: "vector index",
        FaissIndexKinds.builtin + SQLiteVecKinds.builtin
    )

    static let hasSQLiteVec = ProcessInfo.processInfo.environment["ASSAY_SQLITE_VEC"] != nil

    /// Names of the kinds that can run here: sqlite-vec needs its library.
    static let names = table.names.filter { $0 != "sqlite_vec" || hasSQLiteVec }

    static func make(_ name: String, _ options: [(String, Int)] = []) throws -> any VectorIndexKind {
        let place = Place(file: "test.yaml")
        let members = options.map {
            ConfigNode.Member(key: $0.0, place: place, value: ConfigNode(.int($0.1), at: place))
        }
        let reader = try OptionReader(ConfigNode(.mapping(members), at: place), owner: "index.vectors", place: place)
        return try table.make(name, options: reader, resources: .none, at: nil).product
    }
}

/// A folder that is removed at the end of a test.
struct Folder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/assay-vectors-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    func file(_ name: String) -> String { path + "/" + name }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}

/// Unit vectors around seeded centres, the way embeddings lie.
struct Clustered {
    var random: SeededRandom
    let dimension: Int
    let centres: [[Float]]

    init(seed: UInt64, dimension: Int, centres count: Int) {
        random = SeededRandom(seed: seed)
        self.dimension = dimension
        var centres: [[Float]] = []
        for _ in 0..<count { centres.append(Self.gaussian(&random, dimension)) }
        self.centres = centres
    }

    /// One vector near a random centre.
    mutating func vector(spread: Float = 0.5) -> [Float] {
        let centre = centres[random.index(below: centres.count)]
        let noise = Self.gaussian(&random, dimension)
        return Self.unit((0..<dimension).map { centre[$0] + spread * noise[$0] })
    }

    mutating func matrix(_ count: Int) -> VectorMatrix {
        var values: [Float] = []
        values.reserveCapacity(count * dimension)
        for _ in 0..<count { values += vector() }
        return VectorMatrix(values, dimension: dimension)
    }

    private static func gaussian(_ random: inout SeededRandom, _ count: Int) -> [Float] {
        // The sum of four uniform numbers is near enough to a normal one: four of 16 bits each.
        (0..<count).map { _ in
            let bits = random.next()
            let sum = (bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48)
            return Float(sum) / 65_536 - 2
        }
    }

    static func unit(_ values: [Float]) -> [Float] {
        let length = values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        return values.map { Float(Double($0) / length) }
    }
}

/// The order of equal scores in these tests: larger row first, as ids descend.
func largerFirst(_ left: VectorPosition, _ right: VectorPosition) -> Bool {
    (left.segment, left.ordinal) > (right.segment, right.ordinal)
}

/// Compares everything with the kernel and sorts everything.
func naive(
    _ query: [Float],
    k: Int,
    vectors: VectorMatrix,
    rows: [[Int32]],
    keep: (VectorPosition) -> Bool = { _ in true }
) -> [VectorHit] {
    var hits: [VectorHit] = []
    for (segment, rows) in rows.enumerated() {
        let scores = DotKernel.scores(query, vectors, rows: rows)
        for (ordinal, score) in scores.enumerated() {
            let position = VectorPosition(segment: segment, ordinal: Int32(ordinal))
            if keep(position) { hits.append(VectorHit(position: position, score: score)) }
        }
    }
    hits.sort { $0.score != $1.score ? $0.score > $1.score : largerFirst($0.position, $1.position) }
    return Array(hits.prefix(k))
}
