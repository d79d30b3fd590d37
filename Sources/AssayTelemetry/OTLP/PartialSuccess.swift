import AssayHTTP
import AssayModel

/// How many items the receiver refused, by the partial success of its response; such a request is never sent again.
func rejectedItems(_ response: HTTPResponse, _ encoding: ExportSettings.Encoding) -> Int {
    switch encoding {
    case .json:
        guard let body = try? JSONValue(parsing: response.text), case .object(let members) = body,
            case .object(let partial)? = members["partialSuccess"],
            let count = partial["rejectedSpans"] ?? partial["rejectedLogRecords"]
        else { return 0 }
        switch count {
        case .int(let number): return number
        case .string(let text): return Int(text) ?? 0
        default: return 0
        }
    case .protobuf:
        // Export…ServiceResponse { partial_success = 1 { rejected_… = 1 int64, error_message = 2 } }
        guard let partial = protobufField(1, in: response.body[...]), case .bytes(let inner) = partial,
            case .varint(let count)? = protobufField(1, in: inner)
        else { return 0 }
        return Int(clamping: Int64(bitPattern: count))
    }
}

enum ProtobufField {
    case varint(UInt64)
    case bytes(ArraySlice<UInt8>)
}

/// The first field of this number, nil when there is none or the bytes are no protobuf.
func protobufField(_ number: UInt64, in bytes: ArraySlice<UInt8>) -> ProtobufField? {
    var rest = bytes
    func varint() -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 64, by: 7) {
            guard let byte = rest.popFirst() else { return nil }
            value |= UInt64(byte & 0x7f) << UInt64(shift)
            if byte < 0x80 { return value }
        }
        return nil
    }
    while !rest.isEmpty {
        guard let tag = varint() else { return nil }
        switch tag & 7 {
        case 0:
            guard let value = varint() else { return nil }
            if tag >> 3 == number { return .varint(value) }
        case 2:
            guard let length = varint(), length <= UInt64(rest.count) else { return nil }
            let body = rest.prefix(Int(length))
            if tag >> 3 == number { return .bytes(body) }
            rest = rest.dropFirst(Int(length))
        case 1: rest = rest.dropFirst(8)
        case 5: rest = rest.dropFirst(4)
        default: return nil
        }
    }
    return nil
}
