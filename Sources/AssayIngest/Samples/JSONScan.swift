import AssayModel

/// Finds the elements of a list in a JSON document without reading the rest of it.
///
/// It only skips: what an element holds is checked when it is parsed, so one broken element does not cost the others.
struct JSONScan {
    let bytes: [UInt8]

    /// The first position from `start` on that is no white space.
    func skipSpace(_ start: Int) -> Int {
        var position = start
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
        return position
    }

    /// The position after the value at `start`, nil when the file ends inside of it.
    func skipValue(_ start: Int) -> Int? {
        guard start < bytes.count else { return nil }
        switch bytes[start] {
        case UInt8(ascii: "\""): return skipString(start)
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            var depth = 0
            var position = start
            while position < bytes.count {
                switch bytes[position] {
                case UInt8(ascii: "\""):
                    guard let end = skipString(position) else { return nil }
                    position = end
                    continue
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    depth -= 1
                    if depth == 0 { return position + 1 }
                default: break
                }
                position += 1
            }
            return nil
        default:
            var position = start
            while position < bytes.count, !Self.ends.contains(bytes[position]) { position += 1 }
            return position > start ? position : nil
        }
    }

    private static let ends = Set(",]}: \t\r\n".utf8)

    private func skipString(_ start: Int) -> Int? {
        var position = start + 1
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "\"") { return position + 1 }
            position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        return nil
    }

    /// Keys of the mapping at `start` with the positions of their values; keys with escapes are left out.
    func members(_ start: Int) -> [(key: String, value: Int)] {
        guard start < bytes.count, bytes[start] == UInt8(ascii: "{") else { return [] }
        var found: [(key: String, value: Int)] = []
        var position = skipSpace(start + 1)
        while position < bytes.count, bytes[position] == UInt8(ascii: "\""), let end = skipString(position) {
            let key = bytes[position + 1..<end - 1]
            let colon = skipSpace(end)
            guard colon < bytes.count, bytes[colon] == UInt8(ascii: ":") else { break }
            let value = skipSpace(colon + 1)
            if !key.contains(UInt8(ascii: "\\")) { found.append((String(decoding: key, as: UTF8.self), value)) }
            guard found.count < 10_000, let next = skipValue(value) else { break }
            position = skipSpace(next)
            guard position < bytes.count, bytes[position] == UInt8(ascii: ",") else { break }
            position = skipSpace(position + 1)
        }
        return found
    }

    /// The elements of the list at `start`; `isCut` when the file ends, or goes wrong, before the list is closed.
    func elements(_ start: Int, limit: Int) -> (ranges: [Range<Int>], isCut: Bool) {
        var ranges: [Range<Int>] = []
        var position = skipSpace(start + 1)
        if position < bytes.count, bytes[position] == UInt8(ascii: "]") { return ([], false) }
        while ranges.count <= limit, position < bytes.count, let end = skipValue(position) {
            ranges.append(position..<end)
            position = skipSpace(end)
            guard position < bytes.count, bytes[position] == UInt8(ascii: ",") else {
                return (ranges, position >= bytes.count || bytes[position] != UInt8(ascii: "]"))
            }
            position = skipSpace(position + 1)
        }
        return (ranges, true)
    }

    /// Whether the value at `start` is a list whose first element is a mapping.
    func isListOfMappings(_ start: Int) -> Bool {
        guard start < bytes.count, bytes[start] == UInt8(ascii: "[") else { return false }
        let first = skipSpace(start + 1)
        return first < bytes.count && bytes[first] == UInt8(ascii: "{")
    }
}
