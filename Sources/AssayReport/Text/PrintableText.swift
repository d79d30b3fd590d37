/// Text from documents, engines and file names, made safe to print.
///
/// Documents are hostile: an escape sequence in a title can clear a terminal, rename its window or hide a line, and a
/// bidirectional control can reorder what a reader sees.
package enum PrintableText {
    /// `text` on one line: escape sequences, control, bidirectional and zero-width characters removed, white space joined.
    package static func line(_ text: String) -> String {
        var output = String.UnicodeScalarView()
        var pendingSpace = false
        for scalar in withoutEscapes(text).unicodeScalars {
            if scalar.properties.isWhitespace {
                pendingSpace = !output.isEmpty
            } else if !isHidden(scalar) {
                if pendingSpace { output.append(" ") }
                pendingSpace = false
                output.append(scalar)
            }
        }
        return String(output)
    }

    /// `text` with every hidden character replaced by a visible one, scalar for scalar, so that offsets stay right.
    ///
    /// Tab and line ends stay. Each replacement has as many UTF-16 units as what it replaces.
    package static func visible(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { isHidden($0) && !isLayout($0) }) else { return text }
        var output = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            guard isHidden(scalar), !isLayout(scalar) else {
                output.append(scalar)
                continue
            }
            if scalar.value < 0x20, let picture = Unicode.Scalar(0x2400 + scalar.value) {
                output.append(picture)
            } else {
                // Beyond the basic plane a scalar is two units, U+FFFD is one.
                for _ in 0..<UTF16.width(scalar) { output.append("\u{FFFD}") }
            }
        }
        return String(output)
    }

    /// Whether a reader cannot see `scalar`, or it changes how the text around it is seen.
    static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x1F, 0x7F...0x9F: true
        case 0xAD, 0x61C, 0x180E, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF, 0xFFF9...0xFFFB: true
        case 0xE0000...0xE0FFF: true
        default: false
        }
    }

    /// Line ends, and the joiners that scripts and emoji need.
    private static func isLayout(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D, 0x200C, 0x200D, 0x2028, 0x2029: true
        default: false
        }
    }

    /// `text` without ANSI escape sequences; a lone escape character is left for the caller to remove.
    private static func withoutEscapes(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0 == "\u{1B}" || $0 == "\u{9B}" || $0 == "\u{9D}" }) else {
            return text
        }
        let scalars = Array(text.unicodeScalars)
        var output = String.UnicodeScalarView()
        var index = 0
        while index < scalars.count {
            if let after = endOfEscape(in: scalars, from: index) {
                index = after
            } else {
                output.append(scalars[index])
                index += 1
            }
        }
        return String(output)
    }

    /// The index after the escape sequence that starts at `start`, nil when there is none.
    private static func endOfEscape(in scalars: [Unicode.Scalar], from start: Int) -> Int? {
        var body = start + 1
        let introducer: Unicode.Scalar
        switch scalars[start] {
        case "\u{1B}":
            guard body < scalars.count else { return nil }
            introducer = scalars[body]
            body += 1
        case "\u{9B}": introducer = "["
        case "\u{9D}": introducer = "]"
        default: return nil
        }
        // A sequence that does not end soon is no sequence; cutting to the end of the text would hide the rest of it.
        let limit = min(scalars.count, body + 512)
        if introducer == "[" {
            while body < limit, (0x20...0x3F).contains(scalars[body].value) { body += 1 }
            return body < limit && (0x40...0x7E).contains(scalars[body].value) ? body + 1 : nil
        }
        guard "]PX^_".unicodeScalars.contains(introducer) else {
            // Escapes of two characters, and those with intermediate bytes, for example `ESC ( B`.
            body -= 1
            while body < limit, (0x20...0x2F).contains(scalars[body].value) { body += 1 }
            return body < limit && (0x30...0x7E).contains(scalars[body].value) ? body + 1 : nil
        }
        while body < limit {
            if scalars[body] == "\u{07}" || scalars[body] == "\u{9C}" { return body + 1 }
            if scalars[body] == "\u{1B}", body + 1 < limit, scalars[body + 1] == "\\" { return body + 2 }
            body += 1
        }
        return nil
    }

    /// Columns that `text` takes on a terminal.
    package static func width(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + width($1) }
    }

    private static func width(_ scalar: Unicode.Scalar) -> Int {
        if scalar.value < 0x300 { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1FAFF,
            0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }

    /// `text` cut to `width` columns, the cut shown by `…`.
    package static func fit(_ text: String, width limit: Int, ellipsis: String = "…") -> String {
        guard width(text) > limit else { return text }
        let room = limit - width(ellipsis)
        guard room > 0 else { return String(ellipsis.prefix(max(0, limit))) }
        var output = String.UnicodeScalarView()
        var used = 0
        for scalar in text.unicodeScalars {
            let columns = width(scalar)
            if used + columns > room { break }
            used += columns
            output.append(scalar)
        }
        while output.last == " " { output.removeLast() }
        return String(output) + ellipsis
    }

    /// `text` broken at spaces into lines of at most `limit` columns; longer words are cut.
    package static func wrap(_ text: String, width limit: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        var used = 0
        for word in text.split(separator: " ") {
            let word = fit(String(word), width: limit)
            let columns = width(word)
            if used > 0, used + 1 + columns > limit {
                lines.append(line)
                line = ""
                used = 0
            }
            line += used > 0 ? " " + word : word
            used += columns + (used > 0 ? 1 : 0)
        }
        if used > 0 { lines.append(line) }
        return lines
    }
}
