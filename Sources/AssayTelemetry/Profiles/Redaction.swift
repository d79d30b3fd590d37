/// Takes out of captured texts what looks like a secret or leads to a person: mail addresses, keys and tokens, numbers of payment cards.
///
/// It is a net with holes, not a proof: who must not export texts does not capture them.
package struct Redaction: Sendable {
    package init() {}

    /// The text with such words replaced by `[redacted …]`; everything else stays as it is, byte by byte.
    package func redact(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x40 || (0x30...0x39).contains($0) }) else { return text }
        var result = ""
        result.reserveCapacity(text.utf8.count)
        var word = ""
        var follows = false
        func flush() {
            guard !word.isEmpty else { return }
            let (start, core, end) = peeled(word)
            if let kind = follows && core.count >= 8 ? "token" : kind(core) {
                result += start + "[redacted \(kind)]" + end
            } else {
                result += word
            }
            follows = core.lowercased() == "bearer"
            word = ""
        }
        for character in text {
            if character.isWhitespace || character == "," || character == ";" {
                flush()
                result.append(character)
            } else {
                word.append(character)
            }
        }
        flush()
        return redactCards(result)
    }

    private func kind(_ word: Substring) -> String? {
        if word.contains("@") {
            let parts = word.split(separator: "@", omittingEmptySubsequences: false)
            if parts.count == 2, !parts[0].isEmpty, parts[1].dropFirst().dropLast().contains(".") { return "address" }
        }
        guard word.utf8.count >= 16 else { return nil }
        let prefixes = [
            "sk-", "pk-", "sk_", "ghp_", "gho_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "AKIA", "hf_", "AIza",
        ]
        if prefixes.contains(where: word.hasPrefix) { return "key" }
        if word.hasPrefix("eyJ"), word.count(where: { $0 == "." }) == 2 { return "token" }
        return nil
    }

    /// A word without the brackets, quotes and full stops around it.
    private func peeled(_ word: String) -> (Substring, Substring, Substring) {
        let around: Set<Character> = ["(", ")", "<", ">", "[", "]", "\"", "'", "`", ".", ":", "!", "?"]
        guard let first = word.firstIndex(where: { !around.contains($0) }),
            let last = word.lastIndex(where: { !around.contains($0) })
        else { return (word[...], "", "") }
        let end = word.index(after: last)
        return (word[..<first], word[first..<end], word[end...])
    }

    /// Runs of 13 to 19 digits, with single spaces or dashes between them, whose check digit (Luhn) is right.
    private func redactCards(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var position = 0
        while position < bytes.count {
            guard isDigit(bytes[position]), position == 0 || !isDigit(bytes[position - 1]) else {
                result.append(bytes[position])
                position += 1
                continue
            }
            var digits: [UInt8] = []
            var end = position
            var next = position
            while next < bytes.count {
                if isDigit(bytes[next]) {
                    digits.append(bytes[next] - 0x30)
                    next += 1
                    end = next
                } else if bytes[next] == 0x20 || bytes[next] == 0x2d, next + 1 < bytes.count, isDigit(bytes[next + 1]) {
                    next += 1
                } else {
                    break
                }
            }
            if (13...19).contains(digits.count), hasCheckDigit(digits) {
                result.append(contentsOf: "[redacted number]".utf8)
                position = end
            } else {
                result.append(contentsOf: bytes[position..<end])
                position = end
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private func hasCheckDigit(_ digits: [UInt8]) -> Bool {
        var sum = 0
        for (place, digit) in digits.reversed().enumerated() {
            let value = Int(digit) * (place % 2 == 0 ? 1 : 2)
            sum += value > 9 ? value - 9 : value
        }
        return sum % 10 == 0
    }
}
