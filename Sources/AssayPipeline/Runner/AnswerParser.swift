import AssayModel

/// Makes an `Answer` of a reply: citations resolved to chunks, "not in the documents" recognised.
enum AnswerParser {
    /// Parses a reply.
    ///
    /// - Parameters:
    ///   - reply: What the engine said.
    ///   - passages: Ids of the chunks that the prompt numbered 1, 2, ….
    /// - Returns: The answer.
    static func answer(_ reply: ChatReply, passages: [String]) -> Answer {
        let text = trimmed(reply.text)
        return Answer(
            text: text,
            citations: citations(in: text, passages: passages),
            abstained: abstains(text),
            finish: reply.finish,
            usage: reply.usage
        )
    }

    /// All marks like `[2]` and `[1, 3]`; a mark with several numbers gives one citation each.
    static func citations(in text: String, passages: [String]) -> [Citation] {
        let bytes = Array(text.utf8)
        var found: [Citation] = []
        var position = 0
        while position < bytes.count {
            guard bytes[position] == UInt8(ascii: "["),
                let close = bytes[position...].prefix(40).firstIndex(of: UInt8(ascii: "]"))
            else {
                position += 1
                continue
            }
            let inside = bytes[position + 1..<close].split(
                separator: UInt8(ascii: ","),
                omittingEmptySubsequences: false
            )
            let numbers = inside.map { part -> Int? in
                let digits = part.drop { $0 == 32 }.prefix { $0 != 32 }
                return digits.count <= 4 && digits.allSatisfy { (48...57).contains($0) }
                    ? Int(String(decoding: digits, as: UTF8.self)) : nil
            }
            if !numbers.isEmpty, numbers.allSatisfy({ $0 != nil }) {
                for number in numbers.compactMap(\.self) {
                    let chunk = passages.indices.contains(number - 1) ? passages[number - 1] : nil
                    found.append(Citation(number: number, start: position, end: close + 1, chunk: chunk))
                }
            }
            position = close + 1
        }
        return found
    }

    /// Whether the answer says that the documents do not answer the question.
    ///
    /// The first 200 characters decide: an answer that opens by declining has abstained even when it goes on to talk.
    static func abstains(_ text: String) -> Bool {
        let head = Array(text.prefix(200).lowercased().utf8)
        return Self.declines.contains { decline in
            decline.contains { head.holds($0) }
        }
    }

    /// Each phrase with a plain and with a curly apostrophe, as bytes: this is asked of every answer.
    private static let declines = phrases.map { phrase -> [[UInt8]] in
        let curly = phrase.map { $0 == "'" ? "\u{2019}" : $0 }
        return phrase.contains("'") ? [Array(phrase.utf8), Array(String(curly).utf8)] : [Array(phrase.utf8)]
    }

    private static let phrases = [
        "not in the documents", "do not answer the question", "does not answer the question",
        "don't answer the question",
        "no information about", "do not contain the answer", "does not contain the answer",
        "not mentioned in the passages",
        "cannot answer", "can't answer", "unable to answer", "i don't know", "i do not know",
        "passages do not", "documents do not", "not provided in the passages",
    ]
}

extension [UInt8] {
    /// Whether `other` stands somewhere in these bytes.
    fileprivate func holds(_ other: [UInt8]) -> Bool {
        guard let first = other.first, count >= other.count else { return other.isEmpty }
        for start in 0...(count - other.count) where self[start] == first {
            if self[start..<start + other.count].elementsEqual(other) { return true }
        }
        return false
    }
}
