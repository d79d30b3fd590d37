package import AssayModel
import Glibc

/// Reads HTML: the content of a page as text, without navigation and the like.
package struct HTMLReader: CorpusReader {
    package static let name = "html"
    package static let version = 1
    package static let summary = "HTML content without navigation, with headings, lists, tables and code."
    package static let extensions = ["html", "htm", "xhtml"]
    private let encoding: TextEncoding?

    /// Reads `encoding`: what to take bytes for that are not UTF-8 when the page declares nothing; none by default.
    package init(options: inout OptionReader, resources: Resources) throws {
        encoding = try options.textEncoding()
    }

    package func read(_ file: SourceFile, emit: (Document) throws -> Void) throws {
        let raw = try InputFile(opening: file.path).readAll(limit: TextFile.limit)
        let declared = HTMLCharset.declared(in: raw)
        let decoded = try decodeText(raw, declared: declared ?? encoding, path: file.path)
        let bytes = try normalized(decoded, file)
        // Pages of links only (an index, a site map) have nothing but what looks like navigation.
        var page = try extract(bytes, keepsBoilerplate: false, file)
        if page.builder.bytes.isEmpty { page = try extract(bytes, keepsBoilerplate: true, file) }
        if page.builder.bytes.isEmpty { throw TextFile.blankError(file, page.builder.stripped) }
        try emit(document(page, file))
    }

    private func document(_ page: HTMLExtraction, _ file: SourceFile) -> Document {
        var stripped = page.builder.stripped
        let title = TextCleaner.clean(page.title, counting: &stripped)
            .split { $0.isWhitespace }.joined(separator: " ")
        let headings = page.builder.headings
        return Document(
            id: file.id,
            title: title.isEmpty ? (headings.first { $0.level == 1 } ?? headings.first)?.title ?? "" : title,
            text: String(decoding: page.builder.bytes, as: UTF8.self),
            headings: headings,
            sourceMap: SourceMap(page.builder.runs),
            stripped: stripped
        )
    }

    private func extract(_ bytes: [UInt8], keepsBoilerplate: Bool, _ file: SourceFile) throws -> HTMLExtraction {
        let page = try unsafe bytes.withUnsafeBufferPointer { buffer in
            if unsafe HTMLParser.hasTooManyAttributes(buffer) {
                throw limitError("an element has too many attributes", file)
            }
            return try unsafe HTMLParser.parse(buffer, into: HTMLExtraction(keepsBoilerplate: keepsBoilerplate))
        }
        switch page.exceeded {
        case .depth:
            throw limitError("elements are nested deeper than \(HTMLExtraction.maximumDepth) levels", file)
        case .elements: throw limitError("the page has more than \(HTMLExtraction.maximumElements) elements", file)
        case nil: return page
        }
    }

    private func limitError(_ reason: String, _ file: SourceFile) -> AssayError {
        AssayError("corpus.limit", reason, at: Place(file: file.path), remedy: "split or clean the page")
    }

    /// The page in checked UTF-8 with `\n` line ends, as HTML's own rules have it.
    private func normalized(_ decoded: DecodedText, _ file: SourceFile) throws -> [UInt8] {
        if let offset = firstInvalidUTF8(decoded.bytes) { throw encodingError(offset, path: file.path) }
        guard decoded.start > 0 || decoded.bytes.contains(0x0D) else { return decoded.bytes }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(decoded.bytes.count)
        var isAfterReturn = false
        for byte in decoded.bytes[decoded.start...] {
            if byte == 0x0A, isAfterReturn {
                isAfterReturn = false
                continue
            }
            isAfterReturn = byte == 0x0D
            bytes.append(isAfterReturn ? 0x0A : byte)
        }
        return bytes
    }
}

/// The offset of the first byte that is not UTF-8, nil when all are.
func firstInvalidUTF8(_ bytes: [UInt8]) -> Int? {
    if String(validating: bytes, as: UTF8.self) != nil { return nil }
    return unsafe bytes.withUnsafeBufferPointer { buffer in
        var position = 0
        while position < buffer.count {
            guard let scalar = unsafe decodeScalar(buffer, at: position) else { return position }
            position += scalar.length
        }
        return nil
    }
}

/// The encoding that a page declares in a `meta` element or an XML declaration.
enum HTMLCharset {
    /// Looks at the first 2048 bytes; HTML asks for the declaration within 1024.
    static func declared(in bytes: [UInt8]) -> TextEncoding? {
        let head = bytes.prefix(2048).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        if let meta = value(after: "charset", within: "<meta", in: head) { return meta }
        return value(after: "encoding", within: "<?xml", in: head)
    }

    private static func value(after key: String, within tag: String, in head: [UInt8]) -> TextEncoding? {
        var position = 0
        while let start = head[position...].firstRange(of: tag.utf8)?.upperBound {
            position = start
            let element = head[start...].prefix { $0 != UInt8(ascii: ">") }
            guard let end = element.firstRange(of: key.utf8)?.upperBound else { continue }
            let rest = element[end...].drop { $0 == 0x20 }
            guard rest.first == UInt8(ascii: "=") else { continue }
            let value = rest.dropFirst().drop { [0x20, UInt8(ascii: "\""), UInt8(ascii: "'")].contains($0) }
            let name = String(decoding: value.prefix(while: isEncodingNameByte), as: UTF8.self)
            // A page that could be searched for ASCII is no UTF-16, whatever it says.
            if name.isEmpty || name.hasPrefix("utf-16") { continue }
            let encoding = TextEncoding(name: name)
            return encoding.isUTF8 ? nil : encoding
        }
        return nil
    }
}
