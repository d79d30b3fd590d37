extension ChatRequest {
    /// The request as canonical JSON: the bytes of `canonicalJSON(self)`, written directly, since every question's key needs them.
    ///
    /// - Returns: One line of JSON with sorted keys.
    /// - Throws: What the encoder throws for a temperature or nucleus that is not finite.
    public func canonicalText() throws -> String {
        guard temperature.isFinite, topP.isFinite else { return try canonicalJSON(self) }
        var out = "{"
        out.reserveCapacity(messages.reduce(256) { $0 + $1.content.utf8.count + 64 })
        if let compact { out += "\"compact\":\(compact)," }
        out += "\"maxTokens\":\(maxTokens),\"messages\":["
        for (number, message) in messages.enumerated() {
            out += number == 0 ? "{\"content\":" : ",{\"content\":"
            Self.write(message.content, to: &out)
            out += ",\"role\":"
            Self.write(message.role, to: &out)
            out += "}"
        }
        out += "]"
        if let schema { out += ",\"schema\":\(schema.text)" }
        out += ",\"seed\":\(seed),\"stop\":["
        for (number, text) in stop.enumerated() {
            if number > 0 { out += "," }
            Self.write(text, to: &out)
        }
        out += "],\"temperature\":\(Self.number(temperature))"
        if let topLogprobs { out += ",\"topLogprobs\":\(topLogprobs)" }
        out += ",\"topP\":\(Self.number(topP))}"
        return out
    }

    /// A finite number without a needless fraction.
    private static func number(_ value: Double) -> String {
        let text = value.description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    private static func write(_ text: String, to out: inout String) {
        out += "\""
        var plain = text.utf8.startIndex
        let bytes = text.utf8
        var position = plain
        while position < bytes.endIndex {
            let byte = bytes[position]
            if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
                position = bytes.index(after: position)
                continue
            }
            out += text[plain..<position]
            out += escape(byte)
            position = bytes.index(after: position)
            plain = position
        }
        out += text[plain...]
        out += "\""
    }

    private static func escape(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "\""): "\\\""
        case UInt8(ascii: "\\"): "\\\\"
        case 0x08: "\\b"
        case 0x09: "\\t"
        case 0x0a: "\\n"
        case 0x0c: "\\f"
        case 0x0d: "\\r"
        default: "\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))"
        }
    }
}
