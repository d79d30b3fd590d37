import AssayModel
import FoundationEssentials

/// Reads the single-precision tensors of a safetensors file without copying them.
///
/// Every offset is checked before anything is read: the header's length, each tensor's shape against its bytes, and that the
/// tensors fill the data part without gaps or overlaps (https://github.com/huggingface/safetensors, "Format").
@safe final class Safetensors: Sendable {
    /// Bytes of a header at most; all-MiniLM-L6-v2's has 10 kB.
    static let headerLimit = 16 << 20
    /// Bytes of a file at most.
    static let fileLimit = 64 << 30
    private static let tensorLimit = 100_000
    private static let rankLimit = 8

    private let file: MappedFile
    private let dataStart: Int
    private let tensors: [String: Entry]

    private struct Entry: Decodable {
        var dtype: String
        var shape: [Int]
        var offsets: [Int]

        enum CodingKeys: String, CodingKey {
            case dtype
            case shape
            case offsets = "data_offsets"
        }
    }

    /// The header; `__metadata__` has another shape than the tensors and is not needed.
    private struct Header: Decodable {
        var tensors: [String: Entry] = [:]

        struct Key: CodingKey {
            var stringValue: String
            var intValue: Int? { nil }
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            for key in container.allKeys where key.stringValue != "__metadata__" {
                tensors[key.stringValue] = try container.decode(Entry.self, forKey: key)
            }
        }
    }

    /// Maps the file and checks its header.
    ///
    /// - Parameter path: The file.
    /// - Throws: `AssayError` "safetensors.header" that says what is wrong with the file.
    init(_ path: String) throws {
        file = try MappedFile(path, limit: Self.fileLimit)
        guard file.count >= 8 else { throw Self.broken(path, "it has only \(file.count) bytes") }
        let length = unsafe UInt64(littleEndian: file.bytes.loadUnaligned(as: UInt64.self))
        guard length <= UInt64(Self.headerLimit), length <= UInt64(file.count - 8) else {
            throw Self.broken(
                path,
                "its header claims \(length) bytes of \(file.count); at most \(Self.headerLimit) are allowed"
            )
        }
        dataStart = 8 + Int(length)
        do {
            let data = unsafe Data(file.bytes[8..<dataStart])
            tensors = try JSONDecoder().decode(Header.self, from: data).tensors
        } catch {
            throw Self.broken(path, "its header is not the JSON it should be")
        }
        guard tensors.count <= Self.tensorLimit else { throw Self.broken(path, "it has \(tensors.count) tensors") }
        guard dataStart % MemoryLayout<Float>.alignment == 0 else {
            throw Self.broken(path, "its data start at byte \(dataStart), which is not a multiple of 4")
        }
        try checkLayout()
    }

    /// Names of the tensors, sorted.
    var names: [String] { tensors.keys.sorted() }

    /// The numbers of a single-precision tensor, in the mapped file.
    ///
    /// - Parameters:
    ///   - name: Name in the header.
    ///   - shape: The shape it must have.
    /// - Returns: Memory that is valid as long as this object.
    /// - Throws: `AssayError` "safetensors.tensor" when it is absent or of another type or shape.
    func floats(_ name: String, shape: [Int]) throws -> UnsafePointer<Float> {
        guard let entry = tensors[name] else {
            throw AssayError(
                "safetensors.tensor",
                "\(file.path) has no tensor '\(name)'",
                remedy: "use a BERT model saved by sentence-transformers"
            )
        }
        guard entry.dtype == "F32" else {
            throw AssayError(
                "safetensors.tensor",
                "'\(name)' in \(file.path) is \(entry.dtype); the encoder takes F32",
                remedy: "save the model in single precision"
            )
        }
        guard entry.shape == shape, entry.offsets[0] % MemoryLayout<Float>.alignment == 0,
            let base = unsafe file.bytes.baseAddress
        else {
            throw AssayError(
                "safetensors.tensor",
                "'\(name)' in \(file.path) has the shape \(entry.shape); config.json asks for \(shape)"
            )
        }
        return unsafe (base + dataStart + entry.offsets[0]).assumingMemoryBound(to: Float.self)
    }

    /// Whether the file has a tensor of that name.
    func contains(_ name: String) -> Bool { tensors[name] != nil }

    private func checkLayout() throws {
        let path = file.path
        let available = file.count - dataStart
        var next = 0
        let ordered = tensors.sorted { ($0.value.offsets.first ?? 0, $0.key) < ($1.value.offsets.first ?? 0, $1.key) }
        for (name, entry) in ordered {
            let shown = String(name.prefix(100))
            guard entry.shape.count <= Self.rankLimit, entry.offsets.count == 2,
                let width = Self.width(entry.dtype)
            else { throw Self.broken(path, "tensor '\(shown)' has an unknown type, rank or number of offsets") }
            var bytes = width
            for size in entry.shape {
                let (product, overflow) = bytes.multipliedReportingOverflow(by: size)
                guard size >= 0, !overflow else { throw Self.broken(path, "tensor '\(shown)' has an impossible shape") }
                bytes = product
            }
            let (begin, end) = (entry.offsets[0], entry.offsets[1])
            guard begin == next, end >= begin, end <= available, end - begin == bytes else {
                throw Self.broken(path, "tensor '\(shown)' is not where it should be (bytes \(begin) to \(end))")
            }
            next = end
        }
        guard next == available else {
            throw Self.broken(path, "its tensors end at byte \(next) of \(available)")
        }
    }

    private static func width(_ dtype: String) -> Int? {
        switch dtype {
        case "F64", "I64", "U64": 8
        case "F32", "I32", "U32": 4
        case "F16", "BF16", "I16", "U16": 2
        case "I8", "U8", "BOOL", "F8_E4M3", "F8_E5M2": 1
        default: nil
        }
    }

    private static func broken(_ path: String, _ what: String) -> AssayError {
        AssayError("safetensors.header", "\(path) is not a valid safetensors file: \(what)", remedy: "fetch it again")
    }
}
