import AssayModel

/// Finds the headings of Markdown text: ATX and setext (CommonMark 0.31, sections 4.2 and 4.3), not in code or comments.
struct MarkdownOutline {
    /// Headings in reading order; the offset is the first byte of the heading's line.
    private(set) var headings: [Heading] = []
    private var fence: Fence?
    private var isInComment = false
    /// First byte and lines of the paragraph that is open, for setext headings.
    private var paragraph: (start: Int, lines: [String])?

    private struct Fence {
        var mark: UInt8
        var length: Int
    }

    /// Reads text with `\n` line ends.
    mutating func read(_ bytes: [UInt8]) {
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
            read(line: bytes[start..<end], at: start)
            start = end + 1
        }
    }

    private mutating func read(line: ArraySlice<UInt8>, at start: Int) {
        if closesBlock(line) { return }
        let indent = line.prefix { $0 == 0x20 }.count
        let content = line.dropFirst(indent)
        guard let first = content.first(where: { $0 != 0x20 && $0 != 0x09 }) else {
            paragraph = nil
            return
        }
        // Four spaces or a tab start code, or continue a paragraph, but never a heading.
        if indent > 3 || content.first == 0x09 {
            extendParagraph(content)
            return
        }
        if opensBlock(content, first) { return }
        if first == UInt8(ascii: "#"), let heading = atx(content, at: start) {
            headings.append(heading)
            paragraph = nil
            return
        }
        if let open = paragraph, let level = underline(content) {
            let title = MarkdownTitle.plain(open.lines.joined(separator: " "))
            if !title.isEmpty { headings.append(Heading(level: level, title: title, offset: open.start)) }
            paragraph = nil
            return
        }
        if startsOtherBlock(content) {
            paragraph = nil
        } else if paragraph == nil {
            paragraph = (start, [text(content)])
        } else {
            extendParagraph(content)
        }
    }

    /// Adds a line to the open paragraph; titles have few lines, so a long paragraph is not kept.
    private mutating func extendParagraph(_ content: ArraySlice<UInt8>) {
        guard var open = paragraph, open.lines.count < 8 else { return }
        paragraph = nil
        open.lines.append(text(content))
        paragraph = open
    }

    /// Whether `line` lies in an open fence or comment; its last line closes it.
    private mutating func closesBlock(_ line: ArraySlice<UInt8>) -> Bool {
        if let open = fence {
            let content = line.drop { $0 == 0x20 }
            let marks = content.prefix { $0 == open.mark }.count
            if marks >= open.length, content.dropFirst(marks).allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { fence = nil }
            return true
        }
        if isInComment {
            if contains(line, "-->") { isInComment = false }
            return true
        }
        return false
    }

    /// Whether `content` opens a fence or a comment.
    private mutating func opensBlock(_ content: ArraySlice<UInt8>, _ first: UInt8) -> Bool {
        if first == UInt8(ascii: "`") || first == UInt8(ascii: "~") {
            let marks = content.prefix { $0 == first }.count
            // Back-quotes in the rest of the line mean inline code.
            guard marks >= 3, first == UInt8(ascii: "~") || !content.dropFirst(marks).contains(first) else {
                return false
            }
            fence = Fence(mark: first, length: marks)
            paragraph = nil
            return true
        }
        if content.starts(with: "<!--".utf8) {
            isInComment = !contains(content.dropFirst(4), "-->")
            paragraph = nil
            return true
        }
        return false
    }

    private func atx(_ content: ArraySlice<UInt8>, at start: Int) -> Heading? {
        let level = content.prefix { $0 == UInt8(ascii: "#") }.count
        let rest = content.dropFirst(level)
        guard level <= 6, rest.first.map({ $0 == 0x20 || $0 == 0x09 }) ?? true else { return nil }
        var title = text(rest).trimmed
        let body = title.utf8.reversed().drop { $0 == UInt8(ascii: "#") }
        // A closing run of # counts only after a space.
        if body.isEmpty {
            title = ""
        } else if body.count < title.utf8.count, body.first == 0x20 || body.first == 0x09 {
            title = String(decoding: Array(body.reversed()), as: UTF8.self).trimmed
        }
        title = MarkdownTitle.plain(title)
        return title.isEmpty ? nil : Heading(level: level, title: title, offset: start)
    }

    /// The level of a setext underline, nil when `content` is none.
    private func underline(_ content: ArraySlice<UInt8>) -> Int? {
        guard let mark = content.first, mark == UInt8(ascii: "=") || mark == UInt8(ascii: "-") else { return nil }
        let rest = content.drop { $0 == mark }
        guard rest.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) else { return nil }
        return mark == UInt8(ascii: "=") ? 1 : 2
    }

    /// Whether `content` starts something whose text is no setext title: a quote, a list item, a table row, a rule.
    private func startsOtherBlock(_ content: ArraySlice<UInt8>) -> Bool {
        guard let first = content.first else { return true }
        let second = content.dropFirst().first
        switch first {
        case UInt8(ascii: ">"), UInt8(ascii: "|"): return true
        case UInt8(ascii: "-"), UInt8(ascii: "*"), UInt8(ascii: "+"):
            let isRule = content.allSatisfy { $0 == first || $0 == 0x20 || $0 == 0x09 }
            return isRule || second == nil || second == 0x20 || second == 0x09
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            let rest = content.drop { (0x30...0x39).contains($0) }
            guard let mark = rest.first, mark == UInt8(ascii: ".") || mark == UInt8(ascii: ")") else { return false }
            return rest.dropFirst().first.map { $0 == 0x20 || $0 == 0x09 } ?? true
        default: return false
        }
    }

    private func contains(_ line: ArraySlice<UInt8>, _ text: String) -> Bool {
        guard line.count >= text.utf8.count else { return false }
        return line.indices.dropLast(text.utf8.count - 1).contains { line[$0...].starts(with: text.utf8) }
    }

    private func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}

/// Takes inline markup off a heading's title.
enum MarkdownTitle {
    /// The title as a reader of the rendered page sees it.
    ///
    /// Known markup: `code`, **strong**, *emphasis*, [links](target), ![images](target), `\` escapes, a `{#anchor}` at the end.
    static func plain(_ title: String) -> String {
        var source = Array(title.trimmed.unicodeScalars)
        if source.last == "}", let open = source.lastIndex(of: "{"), source[open...].dropFirst().first == "#" {
            source = Array(source[..<open])
        }
        var plain = String.UnicodeScalarView()
        var position = 0
        while position < source.count {
            let scalar = source[position]
            let next = position + 1 < source.count ? source[position + 1] : " "
            switch scalar {
            case "\\" where next.isASCII && next.properties.isPatternSyntax:
                plain.append(next)
                position += 2
            case "`", "*":
                position += 1
            case "_"
            where next == "_" || plain.last == nil || plain.last == " " || next == " " || position + 1 == source.count:
                position += 1
            case "!" where next == "[":
                position += 1
            case "[":
                if let link = link(source, at: position) {
                    plain.append(contentsOf: Self.plain(String(link.text)).unicodeScalars)
                    position = link.end
                } else {
                    plain.append(scalar)
                    position += 1
                }
            default:
                plain.append(scalar)
                position += 1
            }
        }
        return String(plain).trimmed
    }

    /// The text of the inline link at `start` and the place after it.
    private static func link(
        _ source: [Unicode.Scalar],
        at start: Int
    ) -> (text: String.UnicodeScalarView, end: Int)? {
        guard let close = source[start...].firstIndex(of: "]"), close + 1 < source.count else { return nil }
        let closing: Unicode.Scalar = source[close + 1] == "(" ? ")" : "]"
        guard source[close + 1] == "(" || source[close + 1] == "[",
            let end = source[(close + 1)...].firstIndex(of: closing)
        else { return nil }
        return (String.UnicodeScalarView(source[(start + 1)..<close]), end + 1)
    }
}
