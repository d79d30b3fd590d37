import AssayModel

#if canImport(Glibc)
import Glibc
#endif

/// Reads the control tokens of a model out of its GGUF file (format version 2 and 3).
package enum GGUFVocabulary {
    /// `tokenizer.ggml.token_type` of unknown and control tokens (llama.cpp, `LLAMA_TOKEN_TYPE_…`): parsed only when asked for.
    static let controlTypes = 2...3
    /// Of user-defined tokens: always parsed.
    static let userDefinedType = 4

    /// The control tokens in the order of the vocabulary, for `PromptGuard`.
    ///
    /// - Parameter path: The model file; only its header is read.
    /// - Returns: Tokens that a chat template may use; none when the file has no vocabulary.
    /// - Throws: `AssayError` "engine.model" for a file that is not GGUF or is broken.
    package static func controlTokens(of path: String) throws -> [String] {
        // Words alone are left out: to break them would change plain text.
        try specialTokens(of: path).control.filter(PromptGuard.isMarkup)
    }

    /// All special tokens, in the order of the vocabulary.
    ///
    /// - Parameter path: The model file; only its header is read.
    /// - Returns: The tokens; none when the file has no vocabulary.
    /// - Throws: As `controlTokens`.
    static func specialTokens(of path: String) throws -> SpecialTokens {
        var reader = try GGUFReader(path)
        defer { reader.close() }
        guard try reader.bytes(4).elementsEqual("GGUF".utf8), case let version = try reader.integer(4),
            (2...3).contains(version)
        else { throw AssayError("engine.model", "\(path) is not a GGUF file of version 2 or 3") }
        _ = try reader.integer(8)
        let count = try reader.count(limit: 1 << 20)
        var tokens: [String] = []
        var types: [Int] = []
        for _ in 0..<count {
            let key = try reader.text()
            let type = try reader.integer(4)
            switch (key, type) {
            case ("tokenizer.ggml.tokens", GGUFReader.arrayType): tokens = try reader.texts()
            case ("tokenizer.ggml.token_type", GGUFReader.arrayType): types = try reader.integers()
            default: try reader.skip(type, depth: 0)
            }
            if !tokens.isEmpty && !types.isEmpty { break }
        }
        return SpecialTokens(
            control: zip(tokens, types).filter { controlTypes.contains($0.1) && $0.0.utf8.count >= 2 }.map(\.0),
            userDefined: zip(tokens, types).filter { $0.1 == userDefinedType }.map(\.0)
        )
    }
}

/// Tokens that a tokenizer finds in text before anything else.
struct SpecialTokens: Sendable, Equatable {
    /// Found only where control tokens are parsed.
    var control: [String]
    /// Found in plain text too.
    var userDefined: [String]
}

/// The values of a GGUF header, read from its start on.
private struct GGUFReader {
    static let stringType = 8
    static let arrayType = 9
    /// Bytes of a value by type; 0 for strings and lists.
    static let sizes = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8]
    /// Elements of a list, and bytes of a text, to accept.
    static let limit = 1 << 24

    private let path: String
    private let file: CInt
    private var buffer: [UInt8] = []
    private var position = 0

    init(_ path: String) throws {
        self.path = path
        file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw AssayError("engine.model", "the model \(path) cannot be opened: \(systemMessage(errno))")
        }
    }

    func close() { _ = Glibc.close(file) }

    mutating func bytes(_ count: Int) throws -> ArraySlice<UInt8> {
        while buffer.count - position < count {
            buffer.removeFirst(position)
            position = 0
            var part = [UInt8](repeating: 0, count: max(1 << 20, count))
            let found = unsafe read(file, &part, part.count)
            guard found > 0 else { throw AssayError("engine.model", "the header of the model \(path) is cut off") }
            buffer.append(contentsOf: part[..<found])
        }
        position += count
        return buffer[position - count..<position]
    }

    /// A little-endian number.
    mutating func integer(_ size: Int) throws -> Int {
        Int(truncatingIfNeeded: try bytes(size).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    mutating func count(limit: Int = Self.limit) throws -> Int {
        let count = try integer(8)
        guard (0...limit).contains(count) else {
            throw AssayError("engine.model", "the header of the model \(path) names an impossible size")
        }
        return count
    }

    mutating func text() throws -> String {
        String(decoding: try bytes(try count()), as: UTF8.self)
    }

    mutating func texts() throws -> [String] {
        guard try integer(4) == Self.stringType else { throw broken }
        return try (0..<(try count())).map { _ in try text() }
    }

    mutating func integers() throws -> [Int] {
        let type = try integer(4)
        guard Self.sizes.indices.contains(type), case let size = Self.sizes[type], size > 0 else { throw broken }
        return try (0..<(try count())).map { _ in try integer(size) }
    }

    mutating func skip(_ type: Int, depth: Int) throws {
        guard Self.sizes.indices.contains(type), depth < 4 else { throw broken }
        if type == Self.stringType {
            _ = try bytes(try count())
        } else if type == Self.arrayType {
            let element = try integer(4)
            for _ in 0..<(try count()) { try skip(element, depth: depth + 1) }
        } else {
            _ = try bytes(Self.sizes[type])
        }
    }

    private var broken: AssayError { AssayError("engine.model", "the header of the model \(path) is broken") }
}
