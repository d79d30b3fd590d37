import AssayModel

/// One chunk a section of the heading tree, with the titles above it; sections over the size are cut like `recursive`.
///
/// Sections are never joined across a heading, unless `merge: true` joins neighbours of one level under the same parent as long as they fit
/// together; they then carry the parent's path, and their own headings stand in the text.
struct HeadingChunker: Chunker {
    static let name = "headings"
    static let version = 1
    static let summary = "one chunk a section with its heading path, larger sections cut like recursive"

    private let sizing: ChunkSizing
    private let merge: Bool

    init(options: inout OptionReader, resources: Resources) throws {
        sizing = try ChunkSizing(options: &options)
        merge = try options.bool("merge", default: false)
    }

    func chunks(of document: Document, tokenizer: (any TextTokenizer)?) throws -> [Chunk] {
        try DocumentCutter.chunks(of: document, sizing: sizing, style: .structure, tokenizer: tokenizer) {
            cutter,
            text in
            let sections = headingSections(of: document, text)
            var first = 0
            while first < sections.count {
                let section = sections[first]
                let parentPath = Array(section.path.dropLast())
                var range = section.range
                var next = first + 1
                while merge, next < sections.count, sections[next].isSibling(of: section),
                    try cutter.fits(range.lowerBound..<sections[next].range.upperBound, path: parentPath)
                {
                    range = range.lowerBound..<sections[next].range.upperBound
                    next += 1
                }
                try cutter.cut(range, path: next > first + 1 ? parentPath : section.path)
                first = next
            }
        }
    }
}

extension HeadingSection {
    fileprivate func isSibling(of other: HeadingSection) -> Bool {
        level > 0 && level == other.level && parent == other.parent
    }
}
