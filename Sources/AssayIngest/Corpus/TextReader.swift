package import AssayModel

/// Reads plain text: the text is the file's text as it is.
package struct TextReader: CorpusReader {
    package static let name = "text"
    package static let version = 1
    package static let summary = "Plain text as it is: one document a file."
    package static let extensions = ["txt", "text", "rst", "log"]
    private let encoding: TextEncoding?

    /// Reads `encoding`: what to take bytes for that are not UTF-8; none by default.
    package init(options: inout OptionReader, resources: Resources) throws {
        encoding = try options.textEncoding()
    }

    package func read(_ file: SourceFile, emit: (Document) throws -> Void) throws {
        let cleaner = try TextFile.clean(file, encoding: encoding)
        try emit(
            Document(id: file.id, text: cleaner.text, sourceMap: cleaner.sourceMap, stripped: cleaner.stripped)
        )
    }
}

/// Reading of files whose text is the document's text.
enum TextFile {
    /// Most bytes that a reader holds at once; the scanner's own limit is usually lower.
    ///
    /// Three times as many, as other encodings may take in UTF-8, still fit libxml2's sizes.
    static let limit = 512 << 20

    /// The whole file, decoded and cleaned.
    ///
    /// - Parameters:
    ///   - file: What to read.
    ///   - encoding: The encoding that the pipeline declares.
    /// - Returns: The text with its source map, never blank.
    /// - Throws: `AssayError` that names the file.
    static func clean(_ file: SourceFile, encoding: TextEncoding?) throws -> TextCleaner {
        let decoded = try decodeText(
            InputFile(opening: file.path).readAll(limit: limit),
            declared: encoding,
            path: file.path
        )
        var cleaner = TextCleaner(tracksBytes: !decoded.isTranscoded)
        do {
            try unsafe decoded.bytes.withUnsafeBufferPointer { bytes throws(InvalidUTF8) in
                _ = try unsafe cleaner.append(bytes, range: decoded.start..<bytes.count, line: 1)
            }
        } catch {
            throw encodingError(error.offset, path: file.path)
        }
        if cleaner.isBlank { throw blankError(file, cleaner.stripped) }
        return cleaner
    }

    /// The error for a file without text: binary when most of it was control characters, else empty.
    static func blankError(_ file: SourceFile, _ stripped: StrippedCharacters) -> AssayError {
        stripped.controls > 0
            ? AssayError("corpus.binary", "the file holds no text, only control characters", at: Place(file: file.path))
            : AssayError("corpus.empty", "the file holds no text", at: Place(file: file.path))
    }
}

extension OptionReader {
    /// The option `encoding` of readers of text.
    mutating func textEncoding() throws -> TextEncoding? {
        let names = ["utf-8", "windows-1252", "iso-8859-1"]
        let name = try string("encoding", default: "utf-8", oneOf: names)
        return name == "utf-8" ? nil : TextEncoding(name: name)
    }
}
