/// W3C Trace Context, version 00: the headers `traceparent` and `tracestate`.
package enum TraceContext {
    package static let parentHeader = "traceparent"
    package static let stateHeader = "tracestate"

    /// The value of `traceparent`.
    package static func header(_ identity: SpanIdentity) -> String {
        "00-\(identity.trace.hex)-\(hex(identity.span))-\(identity.isSampled ? "01" : "00")"
    }

    /// Reads the headers.
    ///
    /// - Parameters:
    ///   - parent: Value of `traceparent`.
    ///   - state: Value of `tracestate`; left out when it is longer than 512 bytes or holds anything but printable ASCII.
    /// - Returns: Nil for what the specification calls invalid; a later version is read as version 00, as it demands.
    package static func identity(parent: String?, state: String? = nil) -> SpanIdentity? {
        guard let parent else { return nil }
        let parts = parent.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, let version = lowerHex(parts[0], digits: 2), version != 0xff,
            version != 0 || parts.count == 4, parts[1].utf8.count == 32,
            let high = lowerHex(parts[1].prefix(16), digits: 16), let low = lowerHex(parts[1].suffix(16), digits: 16),
            let span = lowerHex(parts[2], digits: 16), let flags = lowerHex(parts[3], digits: 2),
            high | low != 0, span != 0
        else { return nil }
        let state = state.flatMap { text in
            !text.isEmpty && text.utf8.count <= 512 && text.utf8.allSatisfy { (0x20...0x7e).contains($0) } ? text : nil
        }
        return SpanIdentity(
            trace: TraceID(high: high, low: low),
            span: span,
            isSampled: flags & 1 == 1,
            state: state
        )
    }

    private static func lowerHex(_ text: Substring, digits: Int) -> UInt64? {
        guard text.utf8.count == digits else { return nil }
        let isHex = text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
        return isHex ? UInt64(text, radix: 16) : nil
    }
}
