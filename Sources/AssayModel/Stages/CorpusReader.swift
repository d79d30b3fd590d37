/// Reads the documents of one file.
///
/// Law: the same bytes give the same documents; every text is free of the characters that `StrippedCharacters` counts;
/// headings, pages and source runs ascend by offset and lie within the text; a source run leads to the line that holds the text's
/// first characters. A file that cannot be read throws `AssayError` naming it; it never stops the other files.
public protocol CorpusReader: Component {
    /// File name endings it reads, lower case, without the dot.
    static var extensions: [String] { get }

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - file: What to read.
    ///   - emit: Called for each document in the order of the file, so that a large file is never held whole.
    /// - Throws: `AssayError` that names the file; or what `emit` throws.
    func read(_ file: SourceFile, emit: (Document) throws -> Void) throws
}

/// A file of a corpus.
public struct SourceFile: Sendable, Equatable {
    /// Path on this machine.
    public var path: String
    /// Path relative to the corpus folder with `/`, the id of a single document.
    public var id: String

    /// Creates a file reference.
    public init(path: String, id: String) {
        self.path = path
        self.id = id
    }
}

/// A file, or a part of one, that was left out of a corpus, and why.
public struct LeftOut: Sendable, Codable, Equatable {
    /// Path relative to the corpus folder.
    public var file: String
    /// Stable name of the reason, for counting, for example `empty`, `binary`, `encoding`, `too-large`.
    public var code: String
    /// The reason as a sentence that names the file.
    public var reason: String

    /// Creates a record.
    public init(file: String, code: String, reason: String) {
        self.file = file
        self.code = code
        self.reason = reason
    }
}
