/// How passages and question are put into a prompt.
package enum PassageLayout: String, Sendable, CaseIterable {
    /// `[n]` opens a passage, and `>` every further line of it: a line with another beginning is the prompt's own, so no text of a
    /// document can be taken for another passage's number, for the question, or for an instruction of the prompt.
    case quoted
    /// As the texts are; a passage may hold a line `[2] …` or `Question: …`. For comparisons.
    case plain

    /// Name and version for keys and records; raised when what is rendered changes.
    package var identity: String { self == .quoted ? "quoted/1" : "plain/1" }

    /// Appends the numbered passages.
    func append(passages: [String], to text: inout String) {
        if passages.isEmpty { text += "(none)" }
        for (index, passage) in passages.enumerated() {
            text += index == 0 ? "[1] " : "\n\n[\(index + 1)] "
            append(passage, to: &text)
        }
    }

    /// Appends a text that begins within a line of the prompt.
    func append(_ content: String, to text: inout String) {
        guard self == .quoted else {
            text += content
            return
        }
        let bytes = content.utf8
        var lineStart = bytes.startIndex
        var position = lineStart
        while position < bytes.endIndex {
            guard let end = Self.lineEnd(bytes, at: position) else {
                bytes.formIndex(after: &position)
                continue
            }
            text += content[lineStart..<position]
            position = end
            lineStart = end
            let isEmpty = position == bytes.endIndex || Self.lineEnd(bytes, at: position) != nil
            text += isEmpty ? "\n>" : "\n> "
        }
        text += content[lineStart...]
    }

    /// Where a line break at `position` ends, nil when there is none: everything that Unicode's line breaking takes for a new line,
    /// and the separators of ASCII.
    private static func lineEnd(_ bytes: String.UTF8View, at position: String.Index) -> String.Index? {
        func byte(_ offset: Int) -> UInt8? {
            guard let index = bytes.index(position, offsetBy: offset, limitedBy: bytes.endIndex), index < bytes.endIndex
            else { return nil }
            return bytes[index]
        }
        let length: Int
        switch bytes[position] {
        case 0x0d: length = byte(1) == 0x0a ? 2 : 1
        case 0x0a...0x0c, 0x1c...0x1e: length = 1
        case 0xc2 where byte(1) == 0x85: length = 2
        case 0xe2 where byte(1) == 0x80 && (byte(2) == 0xa8 || byte(2) == 0xa9): length = 3
        default: return nil
        }
        return bytes.index(position, offsetBy: length)
    }
}
