import AssayModel
import AssayStore
import FoundationEssentials

/// What a segment knows of its chunks, in columns: a million rows stay below 100 MB.
struct ChunkTable: Sendable, Equatable {
    /// A document that chunks come from.
    struct DocumentLine: Sendable, Equatable {
        var id: String
        /// Its content hash, 64 hexadecimal digits.
        var hash: String { SHA256.hexadecimal(digest) }
        var metadata: [String: String]
        /// The hash's bytes in four words: half the memory of its digits, and no allocation.
        private let words: SIMD4<UInt64>

        init(id: String, hash: String, metadata: [String: String]) {
            self.init(id: id, digest: hexBytes(hash)[...], metadata: metadata)
        }

        fileprivate init(id: String, digest: ArraySlice<UInt8>, metadata: [String: String]) {
            self.id = id
            self.metadata = metadata
            var words = SIMD4<UInt64>()
            for (index, byte) in digest.prefix(32).enumerated() {
                words[index / 8] |= UInt64(byte) << UInt64(8 * (index % 8))
            }
            self.words = words
        }

        fileprivate var digest: [UInt8] {
            (0..<32).map { UInt8(truncatingIfNeeded: words[$0 / 8] >> UInt64(8 * ($0 % 8))) }
        }
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

    /// The bytes of the table: three counts, the documents, then the rows as they lie in memory.
    func encoded() -> Data {
        var head = Data()
        for line in documents {
            head.append(text: line.id)
            head.append(contentsOf: line.digest)
            head.append(number: UInt32(line.metadata.count))
            for (key, value) in line.metadata.sorted(by: { $0.key < $1.key }) {
                head.append(text: key)
                head.append(text: value)
            }
        }
        var data = Data()
        data.reserveCapacity(32 + head.count + rows.count * MemoryLayout<Row>.stride)
        for number in [Self.magic, UInt64(head.count), UInt64(documents.count), UInt64(rows.count)] {
            data.append(number: number)
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
        var reader = ByteReader(data)
        guard reader.number(UInt64.self) == Self.magic,
            let head = reader.number(UInt64.self).flatMap(Int.init(exactly:)),
            let documents = reader.number(UInt64.self),
            let rows = reader.number(UInt64.self).flatMap(Int.init(exactly:)),
            documents <= UInt64(data.count), rows <= data.count, head <= data.count,
            32 + head + rows * MemoryLayout<Row>.stride == data.count
        else { throw damaged }
        self.documents.reserveCapacity(Int(documents))
        for _ in 0..<documents {
            guard let line = reader.documentLine() else { throw damaged }
            self.documents.append(line)
        }
        guard reader.position == 32 + head else { throw damaged }
        self.rows = unsafe data.withUnsafeBytes { bytes in
            (0..<rows).map {
                unsafe bytes.loadUnaligned(fromByteOffset: 32 + head + $0 * MemoryLayout<Row>.stride, as: Row.self)
            }
        }
        guard self.rows.allSatisfy({ $0.document >= 0 && Int($0.document) < self.documents.count }) else {
            throw damaged
        }
    }

    init() {}

    /// Version of the file's form: another one is another index.
    static let version = "chunks/2"
    private static let magic: UInt64 = 0x0002_4b4e_4843_5941
}

extension Data {
    fileprivate mutating func append(number: some FixedWidthInteger) {
        unsafe Swift.withUnsafeBytes(of: number.littleEndian) { unsafe append(contentsOf: $0) }
    }

    /// The number of bytes, then the bytes.
    fileprivate mutating func append(text: String) {
        append(number: UInt32(text.utf8.count))
        append(contentsOf: text.utf8)
    }
}

/// Reads the documents of a table; nil for everything that goes beyond its bytes.
private struct ByteReader {
    let data: Data
    var position = 0

    init(_ data: Data) { self.data = data }

    mutating func bytes(_ count: Int) -> Data? {
        guard count >= 0, count <= data.count - position else { return nil }
        defer { position += count }
        let start = data.startIndex + position
        return data[start..<start + count]
    }

    mutating func number<Number: FixedWidthInteger>(_: Number.Type) -> Number? {
        bytes(MemoryLayout<Number>.size).map { bytes in
            bytes.enumerated().reduce(0) { $0 | Number(truncatingIfNeeded: $1.element) << Number(8 * $1.offset) }
        }
    }

    mutating func text() -> String? {
        guard let count = number(UInt32.self), let bytes = bytes(Int(count)) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    mutating func documentLine() -> ChunkTable.DocumentLine? {
        guard let id = text(), let digest = bytes(32), let count = number(UInt32.self) else { return nil }
        var metadata: [String: String] = [:]
        for _ in 0..<count {
            guard let key = text(), let value = text() else { return nil }
            metadata[key] = value
        }
        return ChunkTable.DocumentLine(id: id, digest: Array(digest)[...], metadata: metadata)
    }
}
