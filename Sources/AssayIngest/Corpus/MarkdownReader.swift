package import AssayModel

/// Reads Markdown: the text is the file's own text without its front matter, so quotes of the file are quotes of the text.
package struct MarkdownReader: CorpusReader {
    package static let name = "markdown"
    package static let version = 1
    package static let summary = "Markdown as it is, with headings; front matter becomes metadata."
    package static let extensions = ["md", "markdown"]
    private let encoding: TextEncoding?

    /// Reads `encoding`: what to take bytes for that are not UTF-8; none by default.
    package init(options: inout OptionReader, resources: Resources) throws {
        encoding = try options.textEncoding()
    }

    package func read(_ file: SourceFile, emit: (Document) throws -> Void) throws {
        let cleaner = try TextFile.clean(file, encoding: encoding)
        let frontMatter = FrontMatter(in: cleaner.bytes)
        let body = frontMatter.end == 0 ? cleaner.bytes : Array(cleaner.bytes[frontMatter.end...])
        var outline = MarkdownOutline()
        outline.read(body)
        let runs = cleaner.sourceMap.runs.compactMap { run -> SourceMap.Run? in
            run.text < frontMatter.end
                ? nil : SourceMap.Run(text: run.text - frontMatter.end, line: run.line, byte: run.byte)
        }
        if !body.contains(where: { $0 > 0x20 }) { throw TextFile.blankError(file, StrippedCharacters()) }
        try emit(
            Document(
                id: file.id,
                title: outline.headings.first?.title ?? frontMatter.values["title"] ?? "",
                text: String(decoding: body, as: UTF8.self),
                headings: outline.headings,
                sourceMap: SourceMap(runs),
                metadata: frontMatter.values,
                stripped: cleaner.stripped
            )
        )
    }
}

/// The YAML block between two `---` lines at the start of a Markdown file.
///
/// Only simple `key: value` lines are values; lists and nested mappings are passed over.
struct FrontMatter {
    /// Values without their quotes.
    private(set) var values: [String: String] = [:]
    /// First byte after the block; 0 when there is none.
    private(set) var end = 0

    /// Finds the block at the start of cleaned text.
    init(in bytes: [UInt8]) {
        guard bytes.starts(with: Array("---\n".utf8)) else { return }
        var position = 4
        var found: [String: String] = [:]
        while position < bytes.count {
            let lineEnd = bytes[position...].firstIndex(of: 0x0A) ?? bytes.count
            let line = String(decoding: bytes[position..<lineEnd], as: UTF8.self)
            position = min(lineEnd + 1, bytes.count)
            if line == "---" || line == "..." {
                values = found
                end = position
                return
            }
            if let (key, value) = Self.member(line), found.count < 256 { found[key] = value }
        }
    }

    private static func member(_ line: String) -> (key: String, value: String)? {
        guard let first = line.first, first != "#", first != "-", !first.isWhitespace,
            let colon = line.firstIndex(of: ":")
        else { return nil }
        let key = line[..<colon].trimmed
        var value = line[line.index(after: colon)...].trimmed
        for quote in ["\"", "'"] where value.count >= 2 && value.hasPrefix(quote) && value.hasSuffix(quote) {
            value = String(value.dropFirst().dropLast())
        }
        return key.isEmpty || value.isEmpty || value == "|" || value == ">" ? nil : (key, value)
    }
}

extension StringProtocol {
    /// The text without white space at both ends.
    var trimmed: String {
        let tail = drop { $0.isWhitespace }
        let end = tail.lastIndex { !$0.isWhitespace }
        return end.map { String(tail[...$0]) } ?? ""
    }
}
