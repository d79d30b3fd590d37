import AssayModel
import CLibXML2

/// libxml2's HTML parser, fed with UTF-8 and read through its events, so that no tree is built and lines are exact.
///
/// Nothing is fetched: there is no network access, no DTD and no entity from outside.
enum HTMLParser {
    /// Attributes of one element at most: the parser compares each with all before it.
    static let maximumAttributes = 2000

    /// libxml2's global tables, made once before the first parse.
    private static let isReady: Bool = {
        xmlInitParser()
        return true
    }()

    /// The state that the parser's callbacks share; the parser outlives it, see `parse`.
    @safe private final class Events {
        var extraction: HTMLExtraction
        var parser: htmlParserCtxtPtr?

        init(_ extraction: HTMLExtraction) { self.extraction = extraction }

        /// The line that the parser has reached; an `Int32`, not the 16 bits that libxml2's tree keeps.
        var line: Int { unsafe (parser?.pointee.input?.pointee.line).map(Int.init) ?? 1 }

        func stopAtLimit() {
            if extraction.exceeded != nil, let parser = unsafe parser { unsafe xmlStopParser(parser) }
        }
    }

    /// Parses a page.
    ///
    /// - Parameters:
    ///   - bytes: The page in UTF-8 with `\n` line ends.
    ///   - extraction: What the events go to.
    /// - Returns: The extraction after the last event.
    /// - Throws: `AssayError` "corpus.limit" when there is no memory for a parser.
    static func parse(_ bytes: UnsafeBufferPointer<UInt8>, into extraction: HTMLExtraction) throws -> HTMLExtraction {
        guard isReady, let parser = unsafe htmlNewParserCtxt(), let handlers = unsafe parser.pointee.sax else {
            throw AssayError("corpus.limit", "no memory for an HTML parser")
        }
        defer { unsafe htmlFreeParserCtxt(parser) }
        let events = Events(extraction)
        unsafe events.parser = parser
        // No default handler may stay: they take our pointer for their own and would build a tree.
        unsafe handlers.initialize(to: xmlSAXHandler())
        unsafe install(handlers)
        unsafe parser.pointee.userData = unsafe Unmanaged.passUnretained(events).toOpaque()
        let options =
            HTML_PARSE_RECOVER.rawValue | HTML_PARSE_NOERROR.rawValue | HTML_PARSE_NOWARNING.rawValue
            | HTML_PARSE_NONET.rawValue | HTML_PARSE_NODEFDTD.rawValue | HTML_PARSE_IGNORE_ENC.rawValue
        withExtendedLifetime(events) {
            unsafe bytes.withMemoryRebound(to: CChar.self) { text in
                let document = unsafe htmlCtxtReadMemory(
                    parser,
                    text.baseAddress,
                    Int32(text.count),
                    nil,
                    "UTF-8",
                    Int32(options)
                )
                if let document = unsafe document { unsafe xmlFreeDoc(document) }
            }
        }
        return events.extraction
    }

    private static func install(_ handlers: UnsafeMutablePointer<xmlSAXHandler>) {
        unsafe handlers.pointee.startElement = { context, name, attributes in
            guard let context = unsafe context, let name = unsafe name else { return }
            let events = unsafe Unmanaged<Events>.fromOpaque(context).takeUnretainedValue()
            events.extraction.line = events.line
            let found = events.extraction.needsAttributes ? unsafe HTMLParser.attributes(attributes) : HTMLAttributes()
            events.extraction.start(unsafe String(cString: name), found)
            events.stopAtLimit()
        }
        unsafe handlers.pointee.endElement = { context, name in
            guard let context = unsafe context, let name = unsafe name else { return }
            let events = unsafe Unmanaged<Events>.fromOpaque(context).takeUnretainedValue()
            events.extraction.end(unsafe String(cString: name))
        }
        unsafe handlers.pointee.characters = HTMLParser.characters
        unsafe handlers.pointee.ignorableWhitespace = HTMLParser.characters
        // Scripts and styles come this way, and nothing of them is text.
        unsafe handlers.pointee.cdataBlock = { _, _, _ in }
    }

    private static let characters: charactersSAXFunc = { context, text, length in
        guard let context = unsafe context, let text = unsafe text, length > 0 else { return }
        let events = unsafe Unmanaged<Events>.fromOpaque(context).takeUnretainedValue()
        let bytes = unsafe UnsafeBufferPointer(start: text, count: Int(length))
        var newlines = unsafe bytes.count { $0 == 0x0A }
        // Long text comes in pieces, each before the parser has stepped over the piece's last character.
        if bytes.count >= pieceSize, unsafe bytes.last == 0x0A { newlines -= 1 }
        unsafe events.extraction.text(bytes, line: max(1, events.line - newlines))
    }

    /// HTML_PARSER_BIG_BUFFER_SIZE of libxml2.
    private static let pieceSize = 1000

    private static func attributes(_ list: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?) -> HTMLAttributes {
        var found = HTMLAttributes()
        guard let list = unsafe list else { return found }
        var index = 0
        while let name = unsafe list[index] {
            let value = unsafe list[index + 1]
            found.add(unsafe String(cString: name), unsafe value.map { unsafe String(cString: $0) } ?? "")
            index += 2
        }
        return found
    }

    /// Whether some tag has more attributes than the parser can take in reasonable time.
    static func hasTooManyAttributes(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var position = 0
        while position < bytes.count {
            guard let open = unsafe bytes[position...].firstIndex(of: UInt8(ascii: "<")) else { return false }
            position = open + 1
            guard position < bytes.count, unsafe isLetter(bytes[position]) else { continue }
            var words = 0
            var isInWord = true
            while position < bytes.count, unsafe bytes[position] != UInt8(ascii: ">") {
                let byte = unsafe bytes[position]
                position += 1
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'"), unsafe followsEquals(bytes, position - 1) {
                    position = unsafe bytes[position...].firstIndex(of: byte).map { $0 + 1 } ?? bytes.count
                    isInWord = false
                } else if byte <= 0x20 || byte == UInt8(ascii: "/") {
                    isInWord = false
                } else if !isInWord {
                    isInWord = true
                    words += 1
                    if words > 2 * maximumAttributes { return true }
                }
            }
        }
        return false
    }

    private static func followsEquals(_ bytes: UnsafeBufferPointer<UInt8>, _ position: Int) -> Bool {
        var position = position - 1
        while position >= 0, unsafe bytes[position] <= 0x20 { position -= 1 }
        return position < 0 ? false : unsafe bytes[position] == UInt8(ascii: "=")
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
}
