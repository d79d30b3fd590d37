import AssayModel

/// Lays out the text of an HTML page: blocks on lines of their own, paragraphs between blank lines, table rows as
/// `a | b | c`, list items after `- `, white space collapsed except in preformatted text.
struct HTMLTextBuilder {
    /// The text so far.
    private(set) var bytes: [UInt8] = []
    /// Runs by line; HTML gives no reliable bytes.
    private(set) var runs: [SourceMap.Run] = []
    /// Headings so far.
    private(set) var headings: [Heading] = []
    /// Characters left out so far.
    private(set) var stripped = StrippedCharacters()

    /// Newlines wanted before the next text: 0, 1 or 2.
    private var wantedBreak = 0
    private var wantsSpace = false
    private var wantedMarker: Int?
    /// Most newlines before the next text: 1 at the start of an item, a definition, a cell.
    private var breakLimit = 2
    private var listItems: [Int] = []
    private var tables: [Table] = []
    private var heading: (level: Int, start: Int?)?
    private var preformatted: (before: Int, start: Int, isEmpty: Bool)?

    private struct Table {
        var cells = 0
        var hasRowText = false
        var separators = 0
        var isLayout = false
        /// Whether a row had paragraphs: then rows are kept apart by blank lines.
        var hasTallRows = false
    }

    // MARK: structure

    /// Ends the line, with a blank line after it for `newlines` 2.
    mutating func breakLine(_ newlines: Int) {
        if heading != nil {
            wantsSpace = true
            return
        }
        let isInDataCell = tables.last.map { $0.cells > 0 && !$0.isLayout } ?? false
        wantedBreak = max(wantedBreak, min(newlines, breakLimit, isInDataCell ? 1 : 2))
    }

    /// A `<br>`: a new line, also in preformatted text; a space in headings and in cells, which keep to one line.
    mutating func lineBreak(line: Int) {
        if preformatted != nil {
            let newline: [UInt8] = [0x0A]
            unsafe newline.withUnsafeBufferPointer { unsafe addVerbatim($0, line: line) }
        } else if heading != nil || tables.last.map({ $0.cells > 0 && !$0.isLayout }) ?? false {
            wantsSpace = true
        } else {
            breakLine(1)
        }
    }

    mutating func startHeading(_ level: Int) {
        markLayout()
        breakLine(2)
        if heading == nil { heading = (level, nil) }
    }

    mutating func endHeading() {
        if let open = heading, let start = open.start, start < bytes.count {
            let title = String(decoding: bytes[start...], as: UTF8.self)
            headings.append(Heading(level: open.level, title: title, offset: start))
        }
        heading = nil
        breakLine(2)
    }

    mutating func startList() {
        breakLine(listItems.isEmpty ? 2 : 1)
        listItems.append(0)
    }

    mutating func endList() {
        _ = listItems.popLast()
        breakLine(listItems.isEmpty ? 2 : 1)
    }

    mutating func startItem() {
        let isFirst = listItems.last.map { $0 == 0 } ?? true
        if !listItems.isEmpty { listItems[listItems.count - 1] += 1 }
        breakLine(1)
        if !isFirst || listItems.count > 1 { wantedBreak = min(wantedBreak, 1) }
        // A page can nest lists to any depth; the indent must not grow the text without end.
        wantedMarker = min(max(1, listItems.count), 8)
        breakLimit = 1
    }

    mutating func startDefinition() {
        breakLine(1)
        wantedBreak = min(wantedBreak, 1)
        breakLimit = 1
    }

    mutating func startTable() {
        markLayout()
        breakLine(2)
        tables.append(Table())
    }

    /// A table with headings or tables in its cells arranges a page; its cells are no values of rows.
    private mutating func markLayout() {
        guard !tables.isEmpty else { return }
        tables[tables.count - 1].isLayout = true
        breakLimit = 2
    }

    mutating func endTable() {
        _ = tables.popLast()
        breakLine(2)
    }

    mutating func startRow() {
        guard var table = tables.popLast() else { return }
        table.cells = 0
        table.hasRowText = false
        table.separators = 0
        let hasTallRows = table.hasTallRows
        tables.append(table)
        breakLine(hasTallRows ? 2 : 1)
    }

    mutating func startCell() {
        guard var table = tables.popLast() else { return breakLine(1) }
        table.cells += 1
        if table.isLayout {
            tables.append(table)
            return breakLine(2)
        }
        if table.cells > 1 { table.separators = min(table.separators + 1, 64) }
        if table.hasRowText {
            wantedBreak = 0
            breakLimit = 0
        } else {
            wantedBreak = min(wantedBreak, bytes.isEmpty ? 0 : 2)
        }
        tables.append(table)
    }

    mutating func startPreformatted() {
        breakLine(2)
        guard heading == nil, preformatted == nil else { return }
        preformatted = (bytes.count, bytes.count, true)
        preformattedIsAtStart = true
    }

    mutating func endPreformatted() {
        if let open = preformatted, !open.isEmpty {
            while let last = bytes.last, bytes.count > open.start, last == 0x0A || last == 0x20 || last == 0x09 {
                bytes.removeLast()
            }
            // A block of spaces leaves nothing, not even the break before it.
            if bytes.count == open.start { bytes.removeLast(bytes.count - open.before) }
            while let run = runs.last, run.text >= bytes.count { runs.removeLast() }
        }
        preformatted = nil
        breakLine(2)
    }

    // MARK: text

    /// Adds text that stands on `line` of the file, of which entities were resolved.
    mutating func add(_ text: UnsafeBufferPointer<UInt8>, line: Int) {
        if preformatted != nil { return unsafe addVerbatim(text, line: line) }
        var line = line
        var position = 0
        while position < text.count {
            let byte = unsafe text[position]
            if byte <= 0x20, isSpace(byte) {
                if byte == 0x0A { line += 1 }
                wantsSpace = true
                position += 1
                continue
            }
            let start = position
            position = unsafe skipWord(text, from: position)
            if position > start {
                flush(line: line)
                unsafe bytes.append(contentsOf: text[start..<position])
                continue
            }
            guard let scalar = unsafe decodeScalar(text, at: position) else {
                position += 1
                continue
            }
            position += scalar.length
            if scalar.value == 0xA0 {
                wantsSpace = true
            } else if let kind = InvisibleCharacters.kind(of: scalar.value) {
                stripped.count(kind)
            } else {
                flush(line: line)
                unsafe bytes.append(contentsOf: text[start..<position])
            }
        }
    }

    private mutating func addVerbatim(_ text: UnsafeBufferPointer<UInt8>, line: Int) {
        var line = line
        var position = 0
        if preformatted?.isEmpty == true, unsafe text.first == 0x0A, heading == nil, preformattedIsAtStart {
            // The newline right after <pre> is not part of it.
            position = 1
            line += 1
        }
        preformattedIsAtStart = false
        while position < text.count {
            let byte = unsafe text[position]
            if preformatted?.isEmpty == true {
                // Nothing is laid out for a block of blank lines.
                if unsafe text[position...].allSatisfy({ $0 == 0x0A }) { return }
                let before = bytes.count
                flush(line: line)
                preformatted = (before, bytes.count, false)
            }
            if byte < 0x80, byte >= 0x20 || byte == 0x09, byte != 0x7F {
                mark(line: line)
                let start = position
                position = unsafe max(position + 1, skipPrintableASCII(text, from: position, to: text.count))
                unsafe bytes.append(contentsOf: text[start..<position])
                continue
            }
            guard let scalar = unsafe decodeScalar(text, at: position) else {
                position += 1
                continue
            }
            if byte == 0x0A {
                mark(line: line)
                bytes.append(byte)
                line += 1
            } else if let kind = InvisibleCharacters.kind(of: scalar.value) {
                stripped.count(kind)
            } else {
                mark(line: line)
                unsafe bytes.append(contentsOf: text[position..<(position + scalar.length)])
            }
            position += scalar.length
        }
    }

    /// Whether the open preformatted block has had no text at all.
    private var preformattedIsAtStart = true

    /// Writes the breaks, separators and markers that stand before the next text, which comes from `line`.
    private mutating func flush(line: Int) {
        if bytes.isEmpty {
            wantedBreak = 0
            wantsSpace = false
        }
        let isRowContinued = writeSeparators()
        if !isRowContinued, wantedBreak > 0 {
            bytes.append(contentsOf: repeatElement(0x0A, count: wantedBreak))
        } else if !isRowContinued, wantsSpace, let last = bytes.last, last != 0x0A, last != 0x20 {
            bytes.append(0x20)
        }
        wantedBreak = 0
        wantsSpace = false
        breakLimit = 2
        mark(line: line)
        if let depth = wantedMarker {
            bytes.append(contentsOf: repeatElement(0x20, count: 2 * (depth - 1)))
            bytes.append(contentsOf: "- ".utf8)
            wantedMarker = nil
        }
        if let open = heading, open.start == nil { heading = (open.level, bytes.count) }
    }

    /// Writes the separators between cells; true when the text goes on in the line of an earlier cell.
    private mutating func writeSeparators() -> Bool {
        guard var table = tables.popLast(), table.cells > 0 else { return false }
        defer { tables.append(table) }
        let count = table.separators
        let isContinued = table.hasRowText && count > 0
        if table.hasRowText, !isContinued, wantedBreak > 0 { table.hasTallRows = true }
        table.separators = 0
        table.hasRowText = true
        guard count > 0, !table.isLayout else { return false }
        if isContinued {
            for _ in 0..<count { bytes.append(contentsOf: " | ".utf8) }
            return true
        }
        if wantedBreak > 0 { bytes.append(contentsOf: repeatElement(0x0A, count: wantedBreak)) }
        for _ in 0..<count { bytes.append(contentsOf: "| ".utf8) }
        return true
    }

    private mutating func mark(line: Int) {
        guard let last = runs.last else {
            runs.append(SourceMap.Run(text: bytes.count, line: line))
            return
        }
        if last.line == line { return }
        if last.text == bytes.count { runs.removeLast() }
        runs.append(SourceMap.Run(text: bytes.count, line: line))
    }
}

@inline(__always)
private func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x09 || byte == 0x0D || byte == 0x0C
}

/// The first position from `start` on that is not a visible ASCII character.
private func skipWord(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    var position = start
    while position < text.count, unsafe text[position] > 0x20, unsafe text[position] < 0x7F { position += 1 }
    return position
}
