import AssayModel

/// Parses JSON exactly as RFC 8259 has it, and refuses what a judge's reply must not hold.
///
/// Refused beyond the grammar's errors: a key that stands twice, text around the value, half surrogate pairs, nesting and sizes
/// above the limits, and numbers that are not finite. Foundation's decoder takes the last of equal keys in silence.
struct StrictJSON {
    /// What is wrong, for the repair note and the reason; never holds text of the reply.
    struct Fault: Error, Equatable {
        var message: String
    }

    static let maximumBytes = 65_536
    static let maximumDepth = 8

    private let bytes: [UInt8]
    private let depthLimit: Int
    private var position = 0

    private init(_ text: String, depthLimit: Int) {
        bytes = Array(text.utf8)
        self.depthLimit = depthLimit
    }

    /// The value of `text`.
    ///
    /// - Parameters:
    ///   - text: The whole reply.
    ///   - maximumDepth: Lists and mappings within each other at most.
    /// - Returns: The value.
    /// - Throws: `Fault`.
    static func parse(_ text: String, maximumDepth: Int = Self.maximumDepth) throws(Fault) -> JSONValue {
        guard text.utf8.count <= maximumBytes else { throw Fault(message: "it is longer than \(maximumBytes) bytes") }
        var parser = StrictJSON(text, depthLimit: maximumDepth)
        parser.skipSpace()
        guard parser.position < parser.bytes.count else { throw Fault(message: "it is empty") }
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.position == parser.bytes.count else { throw Fault(message: "there is text after the JSON") }
        return value
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func fault(_ message: String) -> Fault { Fault(message: "\(message) at byte \(position)") }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ byte: UInt8, _ name: String) throws(Fault) {
        guard next == byte else { throw fault(next == nil ? "it ends before \(name)" : "\(name) is missing") }
        position += 1
    }

    private mutating func value(depth: Int) throws(Fault) -> JSONValue {
        guard depth <= depthLimit else { throw fault("it is nested too deeply") }
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case let byte? where byte == UInt8(ascii: "-") || (48...57).contains(byte): return try number()
        case nil: throw fault("it ends before a value")
        default: throw fault("it is not JSON")
        }
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(Fault) -> JSONValue {
        guard bytes[position...].starts(with: word.utf8) else { throw fault("it is not JSON") }
        position += word.utf8.count
        return value
    }

    private mutating func object(depth: Int) throws(Fault) -> JSONValue {
        position += 1
        var members: [String: JSONValue] = [:]
        skipSpace()
        if next == UInt8(ascii: "}") {
            position += 1
            return .object(members)
        }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw fault("a key is missing") }
            let key = try string()
            guard members[key] == nil else { throw fault("a key stands twice") }
            skipSpace()
            try take(UInt8(ascii: ":"), "':'")
            skipSpace()
            members[key] = try value(depth: depth + 1)
            skipSpace()
            if next == UInt8(ascii: ",") {
                position += 1
                continue
            }
            try take(UInt8(ascii: "}"), "'}'")
            return .object(members)
        }
    }

    private mutating func array(depth: Int) throws(Fault) -> JSONValue {
        position += 1
        var elements: [JSONValue] = []
        skipSpace()
        if next == UInt8(ascii: "]") {
            position += 1
            return .array(elements)
        }
        while true {
            skipSpace()
            elements.append(try value(depth: depth + 1))
            skipSpace()
            if next == UInt8(ascii: ",") {
                position += 1
                continue
            }
            try take(UInt8(ascii: "]"), "']'")
            return .array(elements)
        }
    }

    private mutating func string() throws(Fault) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text.append(contentsOf: try escape().utf8)
            case 0..<0x20: throw fault("a string holds a control character")
            default: text.append(byte)
            }
        }
        throw fault("it ends inside a string")
    }

    private mutating func escape() throws(Fault) -> String {
        guard let byte = next else { throw fault("it ends inside a string") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return String(Unicode.Scalar(byte))
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            var units = [try hexadecimal()]
            if (0xd800..<0xdc00).contains(units[0]) {
                try take(UInt8(ascii: "\\"), "the second half of a surrogate pair")
                try take(UInt8(ascii: "u"), "the second half of a surrogate pair")
                units.append(try hexadecimal())
            }
            guard let text = String(validating: units, as: UTF16.self) else {
                throw fault("a string holds half a character")
            }
            return text
        default: throw fault("a string holds an unknown escape")
        }
    }

    private mutating func hexadecimal() throws(Fault) -> UInt16 {
        guard position + 4 <= bytes.count else { throw fault("it ends inside a string") }
        var value: UInt16 = 0
        for byte in bytes[position..<position + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw fault("a string holds an unknown escape")
            }
            value = value << 4 | UInt16(digit)
        }
        position += 4
        return value
    }

    private mutating func number() throws(Fault) -> JSONValue {
        let start = position
        if next == UInt8(ascii: "-") { position += 1 }
        let leading = next
        let whole = try digits()
        if leading == UInt8(ascii: "0"), whole > 1 { throw fault("a number begins with 0") }
        var isWhole = true
        if next == UInt8(ascii: ".") {
            position += 1
            isWhole = false
            _ = try digits()
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            position += 1
            isWhole = false
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            _ = try digits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isWhole, let value = Int(text) { return .int(value) }
        guard !isWhole, let value = Double(text), value.isFinite else { throw fault("a number is too large") }
        return .double(value)
    }

    private mutating func digits() throws(Fault) -> Int {
        let start = position
        while let byte = next, (48...57).contains(byte) { position += 1 }
        guard position > start else { throw fault("a digit is missing") }
        return position - start
    }
}
