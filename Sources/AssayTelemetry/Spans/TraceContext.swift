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
    ///   - state: Value of `tracestate`: 32 members and 512 bytes of it; left out when it is not a list of members.
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
        return SpanIdentity(
            trace: TraceID(high: high, low: low),
            span: span,
            isSampled: flags & 1 == 1,
            state: state.flatMap(kept)
        )
    }

    /// What is passed on of a `tracestate`: the newest members, which come first; those above 128 bytes go before others do.
    private static func kept(_ state: String) -> String? {
        var members = state.split(separator: ",").map { $0.trimming { $0 == " " || $0 == "\t" } }.filter { !$0.isEmpty }
        let areMembers = members.allSatisfy { member in
            member.dropFirst().contains("=") && member.utf8.allSatisfy { (0x20...0x7e).contains($0) }
        }
        guard areMembers else { return nil }
        members = Array(members.prefix(32))
        func length() -> Int { members.reduce(members.count - 1) { $0 + $1.utf8.count } }
        while length() > 512, let large = members.lastIndex(where: { $0.utf8.count > 128 }) {
            members.remove(at: large)
        }
        while length() > 512 { members.removeLast() }
        return members.isEmpty ? nil : members.joined(separator: ",")
    }

    private static func lowerHex(_ text: Substring, digits: Int) -> UInt64? {
        guard text.utf8.count == digits else { return nil }
        let isHex = text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
        return isHex ? UInt64(text, radix: 16) : nil
    }
}

extension Substring {
    fileprivate func trimming(_ isSpace: (Character) -> Bool) -> Substring {
        guard let start = firstIndex(where: { !isSpace($0) }), let end = lastIndex(where: { !isSpace($0) }) else {
            return ""
        }
        return self[start...end]
    }
}
