import AssayModel
import FoundationEssentials

/// A strict reader of one JSON value (RFC 8259) from the bytes of a line.
///
/// It refuses what the usual decoders let pass: a key that stands twice, and nesting without end. Numbers that are not whole or
/// do not fit become doubles.
struct JSONLine {
    private let bytes: [UInt8]
    private var position = 0
    private static let maximumDepth = 64

    /// Why a line is not JSON.
    struct Failure: Error, Equatable {
        /// What is wrong.
        var reason: String
        /// Byte of the line, from 1.
        var column: Int
    }

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Parses `line`.
    ///
    /// - Parameters:
    ///   - line: One JSON value, white space around it allowed.
    ///   - place: For messages.
    /// - Returns: The value.
    /// - Throws: `AssayError` "json.syntax" with the column.
    static func parse(_ line: ArraySlice<UInt8>, at place: Place) throws -> JSONValue {
        do throws(Failure) {
            var parser = JSONLine(Array(line))
            let value = try parser.value(depth: 0)
            parser.skipSpace()
            if parser.position < parser.bytes.count { throw parser.failure("something stands after the value") }
            return value
        } catch {
            throw AssayError("json.syntax", "this is not JSON: \(error.reason) (column \(error.column))", at: place)
        }
    }

    private func failure(_ reason: String) -> Failure { Failure(reason: reason, column: position + 1) }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
    }

    private mutating func value(depth: Int) throws(Failure) -> JSONValue {
        guard depth < Self.maximumDepth else { throw failure("nested deeper than \(Self.maximumDepth) levels") }
        skipSpace()
        switch current {
        case UInt8(ascii: "{"): return try object(depth)
        case UInt8(ascii: "["): return try array(depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case .some(UInt8(ascii: "-")), .some(0x30...0x39): return try number()
        case nil: throw failure("a value is missing")
        default: throw failure("a value must start here")
        }
    }

    private mutating func object(_ depth: Int) throws(Failure) -> JSONValue {
        position += 1
        var members: [String: JSONValue] = [:]
        skipSpace()
        if current == UInt8(ascii: "}") {
            position += 1
            return .object(members)
        }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw failure("a key in quotes must start here") }
            let start = position
            let key = try string()
            skipSpace()
            guard current == UInt8(ascii: ":") else { throw failure("':' is missing") }
            position += 1
            let value = try value(depth: depth + 1)
            if members.updateValue(value, forKey: key) != nil {
                position = start
                throw failure("a key stands twice")
            }
            if try !another(closing: UInt8(ascii: "}")) { return .object(members) }
        }
    }

    private mutating func array(_ depth: Int) throws(Failure) -> JSONValue {
        position += 1
        var elements: [JSONValue] = []
        skipSpace()
        if current == UInt8(ascii: "]") {
            position += 1
            return .array(elements)
        }
        while true {
            elements.append(try value(depth: depth + 1))
            if try !another(closing: UInt8(ascii: "]")) { return .array(elements) }
        }
    }

    /// Reads `,` (true) or the closing bracket (false).
    private mutating func another(closing: UInt8) throws(Failure) -> Bool {
        skipSpace()
        guard let byte = current, byte == UInt8(ascii: ",") || byte == closing else {
            throw failure("',' or '\(Character(Unicode.Scalar(closing)))' is missing")
        }
        position += 1
        return byte != closing
    }

    private mutating func word(_ text: String, _ value: JSONValue) throws(Failure) -> JSONValue {
        for byte in text.utf8 {
            guard current == byte else { throw failure("'\(text)' is expected") }
            position += 1
        }
        return value
    }

    private mutating func digits() throws(Failure) -> Int {
        let start = position
        while let byte = current, (0x30...0x39).contains(byte) { position += 1 }
        if position == start { throw failure("a digit is missing") }
        return position - start
    }

    private mutating func number() throws(Failure) -> JSONValue {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        let isZero = current == 0x30
        if try digits() > 1, isZero { throw failure("a number must not start with 0") }
        var isWhole = true
        if current == UInt8(ascii: ".") {
            isWhole = false
            position += 1
            _ = try digits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            isWhole = false
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            _ = try digits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isWhole, let value = Int(text) { return .int(value) }
        guard let value = Double(text), value.isFinite else { throw failure("the number is too large") }
        return .double(value)
    }

    private mutating func string() throws(Failure) -> String {
        position += 1
        var piece = position
        var unescaped: [UInt8] = []
        while true {
            position = unsafe bytes.withUnsafeBufferPointer { unsafe skipStringBytes($0, from: position) }
            switch current {
            case UInt8(ascii: "\""):
                unescaped.append(contentsOf: bytes[piece..<position])
                guard let text = String(validating: unescaped, as: UTF8.self) else {
                    throw failure("the text before this is not UTF-8")
                }
                position += 1
                return text
            case UInt8(ascii: "\\"):
                unescaped.append(contentsOf: bytes[piece..<position])
                position += 1
                unescaped.append(contentsOf: try escape().utf8)
                piece = position
            case nil: throw failure("the closing '\"' is missing")
            default: throw failure("a control character stands in a text")
            }
        }
    }

    private mutating func escape() throws(Failure) -> String {
        guard let byte = current else { throw failure("the text ends within an escape") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): break
        default: throw failure("there is no such escape")
        }
        var code = try hexadecimal()
        if (0xD800...0xDBFF).contains(code), current == UInt8(ascii: "\\"), position + 1 < bytes.count,
            bytes[position + 1] == UInt8(ascii: "u")
        {
            position += 2
            let low = try hexadecimal()
            guard (0xDC00...0xDFFF).contains(low) else { throw failure("half of a surrogate pair is missing") }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw failure("half of a surrogate pair is missing") }
        return String(Character(scalar))
    }

    private mutating func hexadecimal() throws(Failure) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw failure("four hexadecimal digits are expected")
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }
}

/// The first position from `start` on of a quote, a backslash or a control character; the end when there is none.
private func skipStringBytes(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    guard let base = unsafe UnsafeRawPointer(bytes.baseAddress) else { return 0 }
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs: UInt64 = 0x8080_8080_8080_8080
    var position = start
    while position + 8 <= bytes.count {
        let word = unsafe UInt64(littleEndian: base.loadUnaligned(fromByteOffset: position, as: UInt64.self))
        let quote = word ^ (ones &* 0x22)
        let backslash = word ^ (ones &* 0x5C)
        // Only the lowest flag is exact, and only it is used.
        let flags =
            (((word &- ones &* 0x20) & ~word) | ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)) & highs
        if flags != 0 { return position + flags.trailingZeroBitCount >> 3 }
        position += 8
    }
    while position < bytes.count {
        let byte = unsafe bytes[position]
        if byte < 0x20 || byte == 0x22 || byte == 0x5C { return position }
        position += 1
    }
    return bytes.count
}
