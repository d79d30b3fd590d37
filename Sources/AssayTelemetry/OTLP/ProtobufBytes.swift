/// Writes protobuf's wire format.
struct ProtobufBytes {
    private(set) var bytes: [UInt8] = []

    mutating func reserve(_ count: Int) {
        bytes.reserveCapacity(count)
    }

    /// A length-delimited field of text; nothing for an empty one, as proto3 has it.
    mutating func string(_ field: UInt32, _ text: String, always: Bool = false) {
        guard always || !text.isEmpty else { return }
        tag(field, 2)
        var text = text
        text.withUTF8 { utf8 in
            varint(UInt64(utf8.count))
            unsafe bytes.append(contentsOf: utf8)
        }
    }

    /// A length-delimited field of one or two big-endian words: OTLP's ids.
    mutating func id(_ field: UInt32, _ words: UInt64...) {
        tag(field, 2)
        varint(UInt64(8 * words.count))
        for word in words {
            for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
        }
    }

    mutating func varint(_ field: UInt32, _ value: UInt64) {
        tag(field, 0)
        varint(value)
    }

    mutating func fixed64(_ field: UInt32, _ value: UInt64) {
        tag(field, 1)
        for shift in stride(from: 0, through: 56, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    /// Nothing for 0, as proto3 has it.
    mutating func fixed32(_ field: UInt32, _ value: UInt32) {
        guard value != 0 else { return }
        tag(field, 5)
        for shift in stride(from: 0, through: 24, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    /// A field that holds a message.
    mutating func message(_ field: UInt32, _ body: (inout ProtobufBytes) -> Void) {
        tag(field, 2)
        // One byte is kept for the length; messages of 128 bytes and more are moved up by what their length takes more.
        let start = bytes.count
        bytes.append(0)
        body(&self)
        var length = bytes.count - start - 1
        bytes[start] = UInt8(truncatingIfNeeded: length & 0x7f) | (length > 0x7f ? 0x80 : 0)
        guard length > 0x7f else { return }
        var more: [UInt8] = []
        length >>= 7
        while length > 0 {
            more.append(UInt8(truncatingIfNeeded: length & 0x7f) | (length > 0x7f ? 0x80 : 0))
            length >>= 7
        }
        bytes.insert(contentsOf: more, at: start + 1)
    }

    private mutating func tag(_ field: UInt32, _ type: UInt32) {
        varint(UInt64(field << 3 | type))
    }

    private mutating func varint(_ value: UInt64) {
        var value = value
        while value > 0x7f {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(value))
    }
}
