/// A table of short texts, written for a terminal or as Markdown.
struct TextTable {
    /// How a terminal shows a text.
    enum Style: String {
        case plain = ""
        case strong = "1"
        case faint = "2"
        case good = "32"
        case bad = "31"
        case accent = "36"
    }

    /// One cell; its text is already printable and escaped for the output.
    struct Cell: ExpressibleByStringInterpolation {
        var text: String
        var style: Style

        init(_ text: String, _ style: Style = .plain) {
            self.text = text
            self.style = style
        }

        init(stringLiteral text: String) {
            self.init(text)
        }
    }

    /// One column.
    struct Column {
        var title: String
        var isNumeric: Bool
        /// Whether it gives way when the table is wider than the terminal.
        var isFlexible: Bool

        static func text(_ title: String, flexible: Bool = false) -> Column {
            Column(title: title, isNumeric: false, isFlexible: flexible)
        }

        static func number(_ title: String) -> Column {
            Column(title: title, isNumeric: true, isFlexible: false)
        }
    }

    var columns: [Column]
    var rows: [[Cell]] = []

    /// The natural width on a terminal.
    var width: Int { widths.reduce(0, +) + Self.gap * max(0, columns.count - 1) }

    private static let gap = 2

    private var widths: [Int] {
        columns.indices.map { index in
            rows.reduce(PrintableText.width(columns[index].title)) { max($0, PrintableText.width($1[index].text)) }
        }
    }

    /// Lines for a terminal, without spaces at their ends.
    ///
    /// Flexible columns shrink, the widest first, until the table fits or each is down to eight columns; then the last
    /// columns are left out, because half a number is worse than none.
    func lines(_ ink: Ink, indent: Int = 0) -> [String] {
        var widths = widths
        var excess = indent + width - ink.width
        while excess > 0 {
            let flexible = widths.indices.filter { columns[$0].isFlexible && widths[$0] > 8 }
            guard let widest = flexible.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
            excess -= 1
        }
        while excess > 0, widths.count > 1 {
            excess -= widths.removeLast() + Self.gap
        }
        let header = columns.map { Cell($0.title, .faint) }
        return ([header] + rows).map { row in line(row, widths, ink, indent: indent) }
    }

    private func line(_ row: [Cell], _ widths: [Int], _ ink: Ink, indent: Int) -> String {
        var line = ""
        var pendingSpaces = indent
        for (index, width) in widths.enumerated() {
            let text = PrintableText.fit(row[index].text, width: width, ellipsis: ink.ellipsis)
            let padding = width - PrintableText.width(text)
            if text.isEmpty {
                pendingSpaces += width
            } else if columns[index].isNumeric {
                line += String(repeating: " ", count: pendingSpaces + padding) + ink.paint(text, row[index].style)
                pendingSpaces = 0
            } else {
                line += String(repeating: " ", count: pendingSpaces) + ink.paint(text, row[index].style)
                pendingSpaces = padding
            }
            pendingSpaces += Self.gap
        }
        return line
    }

    /// A GitHub Markdown table; `**` marks strong cells.
    func markdown() -> [String] {
        let header = "| " + columns.map(\.title).joined(separator: " | ") + " |"
        let rule = "|" + columns.map { $0.isNumeric ? "---:" : "---" }.joined(separator: "|") + "|"
        return [header, rule]
            + rows.map { row in
                "| " + row.map { $0.style == .strong ? "**\($0.text)**" : $0.text }.joined(separator: " | ") + " |"
            }
    }
}

/// How a terminal is written to: width, colours, characters for lines.
struct Ink {
    let width: Int
    let color: Bool
    let unicode: Bool

    init(_ options: ReportOptions) {
        width = options.width
        color = options.color
        unicode = options.unicode
    }

    var ellipsis: String { unicode ? "…" : "..." }
    var separator: String { unicode ? " · " : " - " }

    /// `text` in a style, or as it is where there are no colours.
    func paint(_ text: String, _ style: TextTable.Style) -> String {
        color && style != .plain && !text.isEmpty ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// A horizontal line over the whole width.
    var rule: String { paint(String(repeating: unicode ? "─" : "-", count: width), .faint) }

    /// Replaces the dashes and dots that Assay itself writes where only ASCII can be shown.
    func own(_ text: String) -> String {
        guard !unicode else { return text }
        var output = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "–": output.append("-")
            case "·": output.append("-")
            case "†": output.append("+")
            case "…": output.append(contentsOf: "...".unicodeScalars)
            default: output.append(scalar)
            }
        }
        return String(output)
    }
}
