/// One document of a corpus after extraction: its text and everything that leads back to the file it came from.
///
/// All offsets count UTF-8 bytes of `text`; invisible characters were stripped before `text` existed.
public struct Document: Sendable, Codable, Equatable {
    /// Path relative to the corpus folder, or the id that the data set gives; unique within a corpus.
    public var id: String
    /// Title of the document (first heading, HTML title, or the data set's), empty when there is none.
    public var title: String
    /// The extracted text that every range refers to.
    public var text: String
    /// Headings in reading order.
    public var headings: [Heading]
    /// Page starts in reading order, empty for formats without pages.
    public var pages: [PageMark]
    /// Leads from text offsets to places in the source file.
    public var sourceMap: SourceMap
    /// Values from front matter or the data set, for filters.
    public var metadata: [String: String]
    /// Invisible characters that were stripped before the text was made.
    public var stripped: StrippedCharacters

    /// Creates a document; everything but `id` and `text` has an empty default.
    public init(
        id: String,
        title: String = "",
        text: String,
        headings: [Heading] = [],
        pages: [PageMark] = [],
        sourceMap: SourceMap = SourceMap(),
        metadata: [String: String] = [:],
        stripped: StrippedCharacters = StrippedCharacters()
    ) {
        self.id = id
        self.title = title
        self.text = text
        self.headings = headings
        self.pages = pages
        self.sourceMap = sourceMap
        self.metadata = metadata
        self.stripped = stripped
    }

    /// The titles of the headings that enclose the text at byte `offset`, outermost first.
    public func headingPath(at offset: Int) -> [String] {
        var open: [Heading] = []
        for heading in headings {
            guard heading.offset <= offset else { break }
            open.removeAll { $0.level >= heading.level }
            open.append(heading)
        }
        return open.map(\.title)
    }

    /// The page that byte `offset` lies on, nil for formats without pages.
    public func page(at offset: Int) -> Int? {
        var low = 0
        var high = pages.count
        while low < high {
            let middle = (low + high) / 2
            if pages[middle].offset <= offset { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : pages[low - 1].number
    }
}

/// A heading of a document.
public struct Heading: Sendable, Codable, Equatable {
    /// 1 for the outermost level, up to 6.
    public var level: Int
    /// The heading's text without markup.
    public var title: String
    /// Byte offset in the document's text where the heading starts.
    public var offset: Int

    /// Creates a heading.
    public init(level: Int, title: String, offset: Int) {
        self.level = level
        self.title = title
        self.offset = offset
    }
}

/// The start of a page.
public struct PageMark: Sendable, Codable, Equatable {
    /// Page number, from 1.
    public var number: Int
    /// Byte offset in the document's text where the page starts.
    public var offset: Int

    /// Creates a page mark.
    public init(number: Int, offset: Int) {
        self.number = number
        self.offset = offset
    }
}

/// Runs of text with the place in the source file that each came from.
public struct SourceMap: Sendable, Codable, Equatable {
    /// A stretch of text that starts at `text` and comes from `line` (and `byte`, where it is known) of the file.
    public struct Run: Sendable, Codable, Equatable {
        /// Byte offset in the document's text.
        public var text: Int
        /// Line in the source file, from 1.
        public var line: Int
        /// Byte offset in the source file, nil where the format only gives lines.
        public var byte: Int?

        /// Creates a run.
        public init(text: Int, line: Int, byte: Int? = nil) {
            self.text = text
            self.line = line
            self.byte = byte
        }
    }

    /// Runs by ascending text offset.
    public var runs: [Run]

    /// Creates a source map of the given runs, which ascend by text offset.
    public init(_ runs: [Run] = []) {
        self.runs = runs
    }

    /// The run that covers byte `offset` of the text, nil before the first one.
    public func run(at offset: Int) -> Run? {
        var low = 0
        var high = runs.count
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].text <= offset { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : runs[low - 1]
    }
}

/// Counts of characters that were stripped because a reader cannot see them but a model can.
public struct StrippedCharacters: Sendable, Codable, Equatable {
    /// Unicode tag block, U+E0000–U+E007F.
    public var tags = 0
    /// Variation selectors, U+FE00–U+FE0F and U+E0100–U+E01EF.
    public var variationSelectors = 0
    /// Zero-width and bidirectional control characters, soft hyphen, byte order mark.
    public var zeroWidth = 0
    /// C0 and C1 control characters other than tab and line ends.
    public var controls = 0

    /// No characters stripped.
    public init() {}

    /// All stripped characters.
    public var total: Int { tags + variationSelectors + zeroWidth + controls }

    /// Adds the counts of another document.
    public static func += (left: inout Self, right: Self) {
        left.tags += right.tags
        left.variationSelectors += right.variationSelectors
        left.zeroWidth += right.zeroWidth
        left.controls += right.controls
    }
}
