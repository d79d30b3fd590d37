import AssayModel

extension EngineScript {
    /// Everything in the script that decides replies; delays and injected failures do not.
    var digest: String {
        let parts = rules.flatMap { [$0.digestPrefix ?? "-", $0.contains ?? "-", $0.reply] }
        return ItemKey("script", parts: ["2", mode.rawValue, text, abstention] + parts).hex
    }

    /// The reply to `request`.
    ///
    /// - Parameters:
    ///   - request: What was asked.
    ///   - call: Number of the call, from 0.
    ///   - engine: Name for errors.
    /// - Returns: The text of the reply.
    /// - Throws: `AssayError` "engine.injected" for a failure that the script asks for.
    func reply(to request: ChatRequest, call: Int, engine: String) throws -> String {
        let digest = request.digest
        if let failAfter, call >= failAfter {
            throw AssayError("engine.injected", "engine '\(engine)' fails after \(failAfter) calls, as its script says")
        }
        if failureRate > 0, seed(digest, 1).unit < failureRate {
            throw AssayError("engine.injected", "engine '\(engine)' fails this request, as its script says")
        }
        for rule in rules {
            let matches = rule.digestPrefix.map { digest.hasPrefix($0) } ?? true
            let holds = rule.contains.map { text in request.messages.contains { $0.content.contains(text) } } ?? true
            if matches && holds { return rule.reply }
        }
        if let schema = request.schema {
            var random = SeededRandom(seed: seed(digest, 2).value)
            return try SchemaInstance(schema).make(&random).text
        }
        if request.topLogprobs != nil {
            var random = SeededRandom(seed: seed(digest, 3).value)
            return FirstTokenScript.reply(leaning: random.unit())
        }
        switch mode {
        case .extract: return extract(from: request)
        case .fixed: return text
        case .echo: return request.messages.last?.content ?? ""
        }
    }

    private func seed(_ digest: String, _ use: UInt64) -> (value: UInt64, unit: Double) {
        let value = (UInt64(digest.prefix(16), radix: 16) ?? 0) &+ use
        var random = SeededRandom(seed: value)
        return (value, random.unit())
    }

    private func extract(from request: ChatRequest) -> String {
        for message in request.messages.reversed() {
            if let sentence = firstSentence(ofPassage: 1, in: message.content) { return "\(sentence) [1]" }
        }
        return abstention
    }
}

/// The first sentence of the passage that a line starting with `[number]` opens; it ends at the next number or an empty line
/// after its text.
///
/// A first line without an end of sentence, followed by more text, is taken for the passage's heading and left out.
func firstSentence(ofPassage number: Int, in prompt: String) -> String? {
    var lines: [Substring] = []
    var isInside = false
    for line in prompt.split(separator: "\n", omittingEmptySubsequences: false) {
        // Further lines of a passage are quoted.
        let trimmed = trim(isInside && line.hasPrefix(">") ? line.dropFirst() : line)
        if isInside {
            if trimmed.hasPrefix("[\(number + 1)]") || (trimmed.isEmpty && !lines.isEmpty) { break }
            if !trimmed.isEmpty { lines.append(trimmed) }
        } else if trimmed.hasPrefix("[\(number)]") {
            isInside = true
            let rest = trim(trimmed.dropFirst("[\(number)]".count))
            if !rest.isEmpty { lines.append(rest) }
        }
    }
    if lines.count > 1, sentenceEnd(in: String(lines[0])) == nil { lines.removeFirst() }
    let text = lines.joined(separator: " ")
    guard !text.isEmpty else { return nil }
    return sentenceEnd(in: text).map { String(text[..<$0]) } ?? text
}

/// Where the first sentence ends: after a mark that white space or the end follows.
private func sentenceEnd(in text: String) -> String.Index? {
    var position = text.startIndex
    while position < text.endIndex {
        let next = text.index(after: position)
        if ".!?".contains(text[position]), next == text.endIndex || text[next].isWhitespace { return next }
        position = next
    }
    return nil
}

private func trim(_ line: Substring) -> Substring {
    var line = line.drop { $0.isWhitespace }
    while line.last?.isWhitespace == true { line.removeLast() }
    return line
}
