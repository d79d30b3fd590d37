import AssayModel

/// A document's text from one heading to the next.
struct HeadingSection {
    /// Bytes from the heading, or the document's start, to the next heading.
    var range: Range<Int>
    /// The heading's level, 0 before the first heading.
    var level: Int
    /// Number of the enclosing heading, -1 when there is none.
    var parent: Int
    /// Titles from the outermost heading to this one.
    var path: [String]
}

/// Splits `document` at its headings.
///
/// A heading without text of its own goes to the section after it when that one lies under it: alone it would be a chunk that answers nothing.
///
/// - Parameters:
///   - document: The document; heading offsets that descend or lie outside the text are passed over.
///   - text: Its bytes.
/// - Returns: Sections in reading order that cover the text.
func headingSections(of document: Document, _ text: TextBytes) -> [HeadingSection] {
    var sections: [HeadingSection] = []
    var open: [(level: Int, number: Int, title: String)] = []
    var section = HeadingSection(range: 0..<text.count, level: 0, parent: -1, path: [])
    var lastHeading = 0
    for (number, heading) in document.headings.enumerated() {
        guard heading.offset >= lastHeading, heading.offset < text.count else { continue }
        let offset = text.scalarStart(atOrBefore: heading.offset)
        let isUnder = section.level > 0 && heading.level > section.level
        var start = offset
        if isUnder, isHeadingOnly(lastHeading..<offset, text) {
            start = section.range.lowerBound
        } else {
            section.range = section.range.lowerBound..<offset
            sections.append(section)
        }
        while let last = open.last, last.level >= heading.level { open.removeLast() }
        let parent = open.last?.number ?? -1
        open.append((heading.level, number, heading.title))
        section = HeadingSection(
            range: start..<text.count,
            level: heading.level,
            parent: parent,
            path: open.map(\.title)
        )
        lastHeading = offset
    }
    sections.append(section)
    return sections.filter { text.skipWhite(from: $0.range.lowerBound, to: $0.range.upperBound) < $0.range.upperBound }
}

/// Whether a section is no more than its heading: one line, or one underlined with `=` or `-`.
private func isHeadingOnly(_ range: Range<Int>, _ text: TextBytes) -> Bool {
    let start = text.skipWhite(from: range.lowerBound, to: range.upperBound)
    let end = text.trimWhite(from: range.upperBound, downTo: start)
    guard let newline = text.firstNewline(from: start, to: end) else { return true }
    let mark = text[newline + 1 < end ? newline + 1 : newline]
    guard mark == UInt8(ascii: "=") || mark == UInt8(ascii: "-") else { return false }
    return (newline + 1..<end).allSatisfy { text[$0] == mark }
}
