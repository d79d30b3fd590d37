package import AssayModel
import Glibc

/// Lists and reads the files of a corpus folder, or of a single file.
///
/// Listing reads no file. Work on one file (`contentHash`, `reader`, `read`) can be done apart and in any order, so that what is known
/// by its hash is not read again. All calls block; don't make them on the cooperative pool.
package struct CorpusScanner: Sendable {
    /// What is part of the corpus.
    package struct Options: Sendable, Equatable {
        /// Patterns of which a file must match one; all files when empty.
        package var include: [GlobPattern]
        /// Patterns of which a file must match none.
        package var exclude: [GlobPattern]
        /// Size of a file at most, in bytes; not for files of rows, which are never held whole.
        package var maximumFileBytes: Int
        /// Files at most.
        package var maximumFiles: Int

        /// Creates options; the defaults take all files up to 64 MiB each, at most five million.
        package init(
            include: [GlobPattern] = [],
            exclude: [GlobPattern] = [],
            maximumFileBytes: Int = 64 << 20,
            maximumFiles: Int = 5_000_000
        ) {
            self.include = include
            self.exclude = exclude
            self.maximumFileBytes = maximumFileBytes
            self.maximumFiles = maximumFiles
        }
    }

    /// Path of the folder or file.
    package let root: String
    /// What is part of the corpus.
    package let options: Options
    private let readers: [Configured<any CorpusReader>]

    /// Creates a scanner.
    ///
    /// - Parameters:
    ///   - root: A folder, or a single file.
    ///   - options: What is part of the corpus.
    ///   - readers: The readers; of two for one extension the first counts.
    package init(root: String, options: Options = Options(), readers: [Configured<any CorpusReader>]) {
        self.root = root
        self.options = options
        self.readers = readers
    }

    /// Lists the files that can be read, without reading them.
    ///
    /// - Returns: The files by id in the order of their UTF-8 bytes, and what was left out.
    /// - Throws: `AssayError` "corpus.missing" or "corpus.unreadable" when the root itself cannot be listed, "corpus.limit" when
    ///   there are too many files.
    package func scan() throws -> CorpusListing {
        var walk = CorpusWalk(root: root, options: options) { id in
            !(reader(for: SourceFile(path: "", id: id))?.product is any PartialCorpusReader)
        }
        var listing = try walk.list()
        var files: [SourceFile] = []
        for file in listing.files {
            if reader(for: file) != nil {
                files.append(file)
                continue
            }
            let ending = Self.ending(of: file.id)
            let what = ending.isEmpty ? "files without an ending" : "files that end in '.\(ending)'"
            let known = readers.flatMap { type(of: $0.product).extensions }.joined(separator: ", ")
            listing.leftOut.append(
                LeftOut(
                    file: file.id,
                    code: "no-reader",
                    reason: "\(file.id): there is no reader for \(what); known: \(known)"
                )
            )
        }
        listing.files = files
        listing.leftOut.sort { $0.file.utf8.lexicographicallyPrecedes($1.file.utf8) }
        return listing
    }

    /// The reader for `file` by its ending, nil when there is none; its `identity` belongs into the key of what it reads.
    package func reader(for file: SourceFile) -> Configured<any CorpusReader>? {
        let ending = Self.ending(of: file.id)
        return readers.first { type(of: $0.product).extensions.contains(ending) }
    }

    /// SHA-256 of the file's bytes, in bounded memory.
    ///
    /// - Parameter file: A file of the listing.
    /// - Returns: 64 hexadecimal digits.
    /// - Throws: `AssayError` when the file cannot be read.
    package func contentHash(of file: SourceFile) throws -> String {
        let input = try InputFile(opening: file.path)
        var digest = SHA256()
        while true {
            let piece = try input.readPiece(1 << 18)
            if piece.isEmpty { return SHA256.hexadecimal(digest.finalize()) }
            digest.update(piece)
        }
    }

    /// Reads the documents of one file.
    ///
    /// - Parameters:
    ///   - file: A file of the listing.
    ///   - emit: Called for each document in the order of the file.
    ///   - leftOut: Called for the file, or for each part of it, that cannot be read.
    /// - Throws: Only what `emit` and `leftOut` throw.
    package func read(
        _ file: SourceFile,
        emit: (Document) throws -> Void,
        leftOut: (LeftOut) throws -> Void
    ) throws {
        // What the closures throw must stop the caller's loop, not count as a failure of the file.
        var outside: (any Error)?
        func passing<Value>(_ body: (Value) throws -> Void, _ value: Value) throws {
            do { try body(value) } catch {
                outside = error
                throw error
            }
        }
        do {
            try readOnce(file, emit: { try passing(emit, $0) }, leftOut: { try passing(leftOut, $0) })
        } catch {
            if let outside { throw outside }
            let known = error as? AssayError ?? AssayError("corpus.unreadable", "the file cannot be read")
            try leftOut(LeftOut(file: file.id, error: known))
        }
    }

    private func readOnce(
        _ file: SourceFile,
        emit: (Document) throws -> Void,
        leftOut: (LeftOut) throws -> Void
    ) throws {
        guard let reader = reader(for: file) else {
            throw AssayError("corpus.no-reader", "there is no reader for this file")
        }
        if let partial = reader.product as? any PartialCorpusReader {
            return try partial.read(file, emit: emit, leftOut: leftOut)
        }
        // The file may have grown since it was listed.
        let size = try InputFile(opening: file.path).size
        if size > options.maximumFileBytes { throw CorpusWalk.sizeError(size, options.maximumFileBytes) }
        try reader.product.read(file, emit: emit)
    }

    /// Reads all files in order; a failure leaves out its file, or its row, and the rest goes on.
    ///
    /// - Parameters:
    ///   - emit: Called for each document; ids are unique.
    ///   - leftOut: Called for all that was left out, in listing or reading.
    /// - Throws: What `scan` and the closures throw.
    package func readAll(emit: (Document) throws -> Void, leftOut: (LeftOut) throws -> Void) throws {
        let listing = try scan()
        for part in listing.leftOut { try leftOut(part) }
        var ids = DocumentIds()
        for file in listing.files {
            try read(
                file,
                emit: { document in
                    if let part = ids.admit(document.id, of: file) { try leftOut(part) } else { try emit(document) }
                },
                leftOut: leftOut
            )
        }
    }

    /// The part of a file name after its last dot, lower case; empty when there is none.
    static func ending(of id: String) -> String {
        let name = id.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return "" }
        return name[name.index(after: dot)...].lowercased()
    }
}

/// The files of a corpus.
package struct CorpusListing: Sendable, Equatable {
    /// Files to read, by id in the order of their UTF-8 bytes.
    package var files: [SourceFile] = []
    /// What cannot be read, and why.
    package var leftOut: [LeftOut] = []
    /// Files that the patterns keep out.
    package var excluded = 0
    /// Files and folders whose names start with a dot.
    package var hidden = 0
}

/// The document ids of a corpus so far, to find those that come twice.
package struct DocumentIds: Sendable {
    // Bytes, because `String` takes two spellings of one accented letter for equal and file names don't.
    private var files: [[UInt8]: String] = [:]

    /// No ids.
    package init() {}

    /// Takes note of a document's id.
    ///
    /// - Parameters:
    ///   - id: The id.
    ///   - file: The file it comes from.
    /// - Returns: Nil for a new id, else the record of leaving the document out.
    package mutating func admit(_ id: String, of file: SourceFile) -> LeftOut? {
        if let first = files.updateValue(file.id, forKey: Array(id.utf8)) {
            files[Array(id.utf8)] = first
            let from = first == file.id ? "earlier in this file" : "in \(first)"
            return LeftOut(
                file: file.id,
                code: "duplicate-id",
                reason: "\(file.id): the document id '\(id.prefix(200))' stands \(from) already"
            )
        }
        return nil
    }
}
