/// The fenced code blocks and tables of a text, which are not cut when they fit into a chunk.
///
/// Fences follow CommonMark 0.31 (three or more `` ` `` or `~`, closed by at least as many of the same, an unclosed one lasts to the end),
/// except that any indentation is taken, for fences in lists. A table is two or more lines that begin with `|`.
struct AtomicBlocks {
    /// Byte ranges from the start of the first line to the end of the last one, ascending.
    private(set) var ranges: [Range<Int>] = []

    /// Finds the blocks of `text` line by line.
    init(_ text: TextBytes) {
        var fence: Fence?
        var table: Range<Int>?
        var tableRows = 0
        var line = 0
        while line < text.count {
            let end = text.firstNewline(from: line, to: text.count) ?? text.count
            let first = firstInk(of: text, line, end)
            let mark = first < end ? text[first] : 0x0a
            if let open = fence {
                if mark == open.mark, open.isClosed(by: text, first, end) {
                    ranges.append(open.start..<end)
                    fence = nil
                }
            } else {
                if mark == UInt8(ascii: "|") {
                    table = (table?.lowerBound ?? line)..<end
                    tableRows += 1
                } else if let rows = table {
                    if tableRows > 1 { ranges.append(rows) }
                    table = nil
                    tableRows = 0
                }
                if mark == UInt8(ascii: "`") || mark == UInt8(ascii: "~") { fence = Fence(text, line, first, end) }
            }
            line = end + 1
        }
        if let rows = table, tableRows > 1 { ranges.append(rows) }
        if let open = fence { ranges.append(open.start..<text.count) }
    }

    /// The block that a cut at `offset` would cut in two.
    func block(cutAt offset: Int) -> Range<Int>? {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound <= offset { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].lowerBound < offset ? ranges[low] : nil
    }
}

/// An open code fence.
private struct Fence {
    let mark: UInt8
    let length: Int
    let start: Int

    /// Reads the fence at `first`, nil when it is too short or, for backticks, has another backtick after it.
    init?(_ text: TextBytes, _ line: Int, _ first: Int, _ end: Int) {
        mark = text[first]
        start = line
        length = run(of: mark, text, first, end)
        if length < 3 { return nil }
        if mark == UInt8(ascii: "`") {
            var offset = first + length
            while offset < end {
                if text[offset] == mark { return nil }
                offset += 1
            }
        }
    }

    /// Whether the line closes it: as many marks or more and nothing else.
    func isClosed(by text: TextBytes, _ first: Int, _ end: Int) -> Bool {
        let marks = run(of: mark, text, first, end)
        return marks >= length && text.skipWhite(from: first + marks, to: end) == end
    }
}

/// The first byte of a line that is neither space nor tab.
private func firstInk(of text: TextBytes, _ line: Int, _ end: Int) -> Int {
    var offset = line
    while offset < end, text[offset] == 0x20 || text[offset] == 0x09 { offset += 1 }
    return offset
}

private func run(of mark: UInt8, _ text: TextBytes, _ first: Int, _ end: Int) -> Int {
    var offset = first
    while offset < end, text[offset] == mark { offset += 1 }
    return offset - first
}
