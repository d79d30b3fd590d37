import AssayModel

/// Writes JSON that can stand inside a `<script>` element whatever its texts hold.
///
/// `<`, `>` and `&` are written as `\u003c` and so on, so that neither `</script>` nor `<!--` can occur; U+2028 and
/// U+2029 too, and characters that a reader cannot see become visible ones with the same number of UTF-16 units.
struct ScriptJSON {
    private(set) var bytes: [UInt8] = []
    /// Whether the next value of the open list or object needs a comma before it.
    private var needsComma = false

    var text: String { String(decoding: bytes, as: UTF8.self) }

    mutating func object(_ body: (inout ScriptJSON) throws -> Void) rethrows {
        try enclose(UInt8(ascii: "{"), UInt8(ascii: "}"), body)
    }

    mutating func array(_ body: (inout ScriptJSON) throws -> Void) rethrows {
        try enclose(UInt8(ascii: "["), UInt8(ascii: "]"), body)
    }

    mutating func array<Items: Sequence>(_ items: Items, _ body: (inout ScriptJSON, Items.Element) -> Void) {
        array { json in for item in items { body(&json, item) } }
    }

    /// The key of the next value of an object.
    mutating func key(_ name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    mutating func null() { raw("null") }
    mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }
    mutating func int(_ value: Int) { raw("\(value)") }

    /// A number with at most four decimals, which is more than is shown; null where it is not finite.
    mutating func double(_ value: Double?) {
        guard let value, value.isFinite else { return null() }
        guard value.magnitude < 1e11 else { return raw("\(value)") }
        let units = Int((value * 10_000).rounded())
        if units.isMultiple(of: 10_000) { return int(units / 10_000) }
        let fraction = "\(units.magnitude % 10_000)"
        var digits = String(repeating: "0", count: 4 - fraction.utf8.count) + fraction
        while digits.hasSuffix("0") { digits.removeLast() }
        raw("\(units < 0 ? "-" : "")\(units.magnitude / 10_000).\(digits)")
    }

    mutating func string(_ value: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        var tail: (UInt8, UInt8) = (0, 0)
        for byte in PrintableText.visible(value).utf8 {
            switch byte {
            case UInt8(ascii: "\""): bytes += "\\\"".utf8
            case UInt8(ascii: "\\"): bytes += "\\\\".utf8
            case UInt8(ascii: "\n"): bytes += "\\n".utf8
            case UInt8(ascii: "<"): bytes += "\\u003c".utf8
            case UInt8(ascii: ">"): bytes += "\\u003e".utf8
            case UInt8(ascii: "&"): bytes += "\\u0026".utf8
            case 0..<0x20: bytes += "\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8
            case 0xA8 where tail == (0xE2, 0x80), 0xA9 where tail == (0xE2, 0x80):
                bytes.removeLast(2)
                bytes += (byte == 0xA8 ? "\\u2028" : "\\u2029").utf8
            default: bytes.append(byte)
            }
            tail = (tail.1, byte)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Any JSON, members by key.
    mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let value): bool(value)
        case .int(let value): int(value)
        case .double(let value): double(value)
        case .string(let value): string(value)
        case .array(let items): array(items) { $0.value($1) }
        case .object(let members):
            object { json in
                for (key, value) in members.sorted(by: { $0.key < $1.key }) {
                    json.key(key)
                    json.value(value)
                }
            }
        }
    }

    /// A value that was written apart.
    mutating func splice(_ other: ScriptJSON) {
        separate()
        bytes += other.bytes
    }

    private mutating func raw(_ text: String) {
        separate()
        bytes += text.utf8
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func enclose(_ open: UInt8, _ close: UInt8, _ body: (inout ScriptJSON) throws -> Void) rethrows {
        separate()
        bytes.append(open)
        needsComma = false
        try body(&self)
        bytes.append(close)
        needsComma = true
    }
}
