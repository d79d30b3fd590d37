import AssayModel
import FoundationEssentials

/// What a segment knows of its chunks, in columns: a million rows stay below 100 MB.
struct ChunkTable: Sendable, Equatable {
    /// Documents that the chunks come from: id, content hash, metadata.
    struct DocumentLine: Sendable, Codable, Equatable {
        var id: String
        var hash: String
        var metadata: [String: String]
    }

    /// One chunk.
    struct Row: Sendable, Equatable {
        var document: Int32
        var ordinal: Int32
        var start: Int32
        var end: Int32
        var tokens: Int32
        /// Row in the vector file, −1 without vectors.
        var vector: Int32
        /// First 16 bytes of the digest over id, embedded text and metadata: equal rows mean equal index entries.
        var identity: Identity
    }

    /// 128 bits of a digest.
    struct Identity: Hashable, Sendable {
        var high: UInt64
        var low: UInt64
    }

    private(set) var documents: [DocumentLine] = []
    private(set) var rows: [Row] = []

    var count: Int { rows.count }

    mutating func add(document: DocumentLine) -> Int32 {
        documents.append(document)
        return Int32(documents.count - 1)
    }

    mutating func add(_ row: Row) {
        rows.append(row)
    }

    /// Id of a chunk.
    func id(_ ordinal: Int) -> String {
        let row = rows[ordinal]
        return "\(documents[Int(row.document)].id)#\(row.start)-\(row.end)"
    }

    /// Whether the chunk at `left` comes before the one at `right` when scores are equal: ids by UTF-8 bytes descending.
    static func idPrecedes(
        _ left: (table: ChunkTable, ordinal: Int),
        _ right: (table: ChunkTable, ordinal: Int)
    ) -> Bool {
        right.table.id(right.ordinal).utf8.lexicographicallyPrecedes(left.table.id(left.ordinal).utf8)
    }

    /// The bytes of the table: a length-prefixed JSON head with the documents, then the rows as they lie in memory.
    func encoded() throws -> Data {
        let head = Data(try canonicalJSON(documents).utf8)
        var data = Data()
        for number in [Self.magic, UInt64(head.count), UInt64(rows.count)] {
            unsafe withUnsafeBytes(of: number.littleEndian) { unsafe data.append(contentsOf: $0) }
        }
        data.append(head)
        unsafe rows.withUnsafeBytes { unsafe data.append(contentsOf: $0) }
        return data
    }

    /// Reads what `encoded` made.
    ///
    /// - Throws: `AssayError` "index.damaged" naming `path`.
    init(_ data: Data, path: String) throws {
        let damaged = AssayError(
            "index.damaged",
            "the chunk table \(path) is damaged",
            remedy: "remove its index folder; the next run builds it anew"
        )
        guard data.count >= 24 else { throw damaged }
        let numbers = unsafe data.withUnsafeBytes { bytes in
            (0..<3).map { unsafe UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)) }
        }
        let stride = MemoryLayout<Row>.stride
        guard numbers[0] == Self.magic, numbers[1] <= UInt64(data.count), numbers[2] <= UInt64(data.count),
            24 + Int(numbers[1]) + Int(numbers[2]) * stride == data.count
        else { throw damaged }
        let head = Int(numbers[1])
        guard let lines = try? JSONDecoder().decode([DocumentLine].self, from: data[24..<24 + head]) else {
            throw damaged
        }
        documents = lines
        rows = unsafe data.withUnsafeBytes { bytes in
            (0..<Int(numbers[2])).map {
                unsafe bytes.loadUnaligned(fromByteOffset: 24 + head + $0 * stride, as: Row.self)
            }
        }
        guard rows.allSatisfy({ $0.document >= 0 && Int($0.document) < lines.count }) else { throw damaged }
    }

    init() {}

    private static let magic: UInt64 = 0x0001_4b4e_4843_5941
}
