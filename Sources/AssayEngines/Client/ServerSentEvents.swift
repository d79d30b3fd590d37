import AssayModel

/// Splits a stream of server-sent events into the data of each event.
///
/// Lines end in LF, CR LF or CR; `:` lines (keep-alive) and other fields are skipped; several `data:` lines of one event are joined
/// by LF (WHATWG HTML, 9.2.6). Works on bytes, so a character may be split between two parts.
struct ServerSentEvents {
    /// Bytes of one line to accept.
    static let maxLineBytes = 1 << 20

    private var line: [UInt8] = []
    private var data: [UInt8]?
    private var lastWasCR = false
    private var isFirstLine = true

    /// Takes bytes as they arrive.
    ///
    /// - Parameter bytes: The next part of the stream.
    /// - Returns: Data of the events that it completes.
    /// - Throws: `AssayError` "engine.protocol" for a line without end.
    mutating func feed(_ bytes: [UInt8]) throws -> [String] {
        var events: [String] = []
        var rest = bytes[...]
        while let first = rest.first {
            let followsCR = lastWasCR
            lastWasCR = false
            if first == 10 && followsCR {
                rest.removeFirst()
                continue
            }
            let end = rest.firstIndex { $0 == 10 || $0 == 13 } ?? rest.endIndex
            guard line.count + (data?.count ?? 0) + (end - rest.startIndex) <= Self.maxLineBytes else {
                throw AssayError("engine.protocol", "an event of the stream has more than \(Self.maxLineBytes) bytes")
            }
            line.append(contentsOf: rest[..<end])
            guard end < rest.endIndex else { break }
            lastWasCR = rest[end] == 13
            rest = rest[(end + 1)...]
            if let event = endLine() { events.append(event) }
        }
        return events
    }

    /// Data that the end of the stream cut off from its blank line, for servers that leave the last one out.
    mutating func finish() -> String? {
        if !line.isEmpty { _ = endLine() }
        return endEvent()
    }

    private mutating func endLine() -> String? {
        defer {
            line.removeAll(keepingCapacity: true)
            isFirstLine = false
        }
        if isFirstLine, line.starts(with: [0xef, 0xbb, 0xbf]) { line.removeFirst(3) }
        if line.isEmpty { return endEvent() }
        guard line.starts(with: Self.dataField) else { return nil }
        var value = line.dropFirst(Self.dataField.count)
        if value.first == 32 { value.removeFirst() }
        if data == nil {
            data = Array(value)
        } else {
            data?.append(10)
            data?.append(contentsOf: value)
        }
        return nil
    }

    private mutating func endEvent() -> String? {
        defer { data = nil }
        return data.map { String(decoding: $0, as: UTF8.self) }
    }

    private static let dataField = Array("data:".utf8)
}
