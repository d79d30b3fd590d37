/// Takes out of captured texts what looks like a secret or leads to a person: mail addresses, keys and tokens, numbers of payment cards.
///
/// It is a net with holes, not a proof: who must not export texts does not capture them.
package struct Redaction: Sendable {
    package init() {}

    /// The text with such words replaced by `[redacted …]`; everything else stays as it is, byte by byte.
    ///
    /// Works on bytes: prompts are long, and nearly every word is passed over after a look at a few of its bytes.
    package func redact(_ text: String) -> String {
        String(decoding: Self.redactCards(Self.redactWords(Array(text.utf8))), as: UTF8.self)
    }

    private static func redactWords(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var follows = false
        var start = 0
        while start < bytes.count {
            let gap = separator(bytes, at: start)
            if gap > 0 {
                result.append(contentsOf: bytes[start..<start + gap])
                start += gap
                continue
            }
            var end = start
            while end < bytes.count, separator(bytes, at: end) == 0 { end += 1 }
            let word = bytes[start..<end]
            if follows || mayMatter(word) {
                let core = peeled(word)
                let text = String(decoding: core, as: UTF8.self)
                if let kind = follows && text.count >= 8 ? "token" : kind(text) {
                    result.append(contentsOf: word[..<core.startIndex])
                    result.append(contentsOf: "[redacted \(kind)]".utf8)
                    result.append(contentsOf: word[core.endIndex...])
                } else {
                    result.append(contentsOf: word)
                }
                follows = text.utf8.count == 6 && text.lowercased() == "bearer"
            } else {
                result.append(contentsOf: word)
            }
            start = end
        }
        return result
    }

    /// Whether a word can be an address, a key, or the word before a token.
    private static func mayMatter(_ word: ArraySlice<UInt8>) -> Bool {
        if word.contains(at) { return true }
        if word.count >= 16 { return true }
        return word.count >= 6 && word.contains { $0 | 0x20 == 0x62 }
    }

    /// Bytes of white space, comma or semicolon at a place, 0 for anything else.
    private static func separator(_ bytes: [UInt8], at place: Int) -> Int {
        let byte = bytes[place]
        if byte < 0x80 { return byte == 0x20 || (9...13).contains(byte) || byte == 0x2c || byte == 0x3b ? 1 : 0 }
        // The white space of Unicode beyond ASCII.
        func next(_ offset: Int) -> UInt8 { place + offset < bytes.count ? bytes[place + offset] : 0 }
        switch (byte, next(1), next(2)) {
        case (0xc2, 0x85, _), (0xc2, 0xa0, _): return 2
        case (0xe1, 0x9a, 0x80), (0xe2, 0x80, 0x80...0x8a), (0xe2, 0x80, 0xa8...0xa9), (0xe2, 0x80, 0xaf),
            (0xe2, 0x81, 0x9f), (0xe3, 0x80, 0x80):
            return 3
        default: return 0
        }
    }

    private static let at: UInt8 = 0x40

    private static let prefixes = [
        "sk-", "pk-", "sk_", "ghp_", "gho_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "AKIA", "hf_", "AIza",
    ]

    private static func kind(_ word: String) -> String? {
        if word.utf8.contains(at) {
            let parts = word.split(separator: "@", omittingEmptySubsequences: false)
            if parts.count == 2, !parts[0].isEmpty, parts[1].dropFirst().dropLast().contains(".") { return "address" }
        }
        guard word.utf8.count >= 16 else { return nil }
        if prefixes.contains(where: word.hasPrefix) { return "key" }
        if word.hasPrefix("eyJ"), word.utf8.count(where: { $0 == 0x2e }) == 2 { return "token" }
        return nil
    }

    /// A word without the brackets, quotes and full stops around it; the end of the word where nothing else is in it.
    private static func peeled(_ word: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let first = word.firstIndex(where: { !isAround($0) }), let last = word.lastIndex(where: { !isAround($0) })
        else { return word[word.endIndex...] }
        return word[first...last]
    }

    private static func isAround(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x28, 0x29, 0x3c, 0x3e, 0x5b, 0x5d, 0x22, 0x27, 0x60, 0x2e, 0x3a, 0x21, 0x3f: true
        default: false
        }
    }

    /// Runs of 13 to 19 digits, with single spaces or dashes between them, whose check digit (Luhn) is right.
    private static func redactCards(_ bytes: [UInt8]) -> [UInt8] {
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
        return result
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func hasCheckDigit(_ digits: [UInt8]) -> Bool {
        var sum = 0
        for (place, digit) in digits.reversed().enumerated() {
            let value = Int(digit) * (place % 2 == 0 ? 1 : 2)
            sum += value > 9 ? value - 9 : value
        }
        return sum % 10 == 0
    }
}
