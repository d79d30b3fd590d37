import AssayIngest
import AssayModel
import FoundationEssentials

/// Documents that a service took in, one file each, beside the corpus.
///
/// Ids come from outside and never become paths: every byte of an id that is not a letter, digit, `-`, `_` or an inner `.` is written
/// as `%XX`, so that an id is one file name in its owner's folder, whatever it says.
package struct DocumentFolder: Sendable {
    /// Bytes of a document at most.
    package static let maximumBytes = 4 << 20
    /// Endings of ids, which decide the reader.
    package static let endings = ["md", "markdown", "txt", "html", "htm"]
    private static let sharedFolder = "shared"
    private static let tenantPrefix = "tenant-"

    /// The folder.
    package let root: String
    private let scanner: CorpusScanner

    /// Names the folder; it is made when the first document comes.
    ///
    /// - Throws: When the readers cannot be made.
    package init(_ path: String) throws {
        root = absolutePath(path)
        scanner = CorpusScanner(root: root, readers: try CorpusReaders.configured())
    }

    /// Stores a document, in place of one with the same id and owner; blocks.
    ///
    /// - Parameters:
    ///   - id: 1 to 120 bytes with one of the `endings`.
    ///   - tenant: Who owns it; nil shares it with everybody.
    ///   - text: Its text, at most 4 MiB.
    /// - Returns: The id under which passages name it.
    /// - Throws: "document.id", "document.size", "file.write".
    package func put(_ id: String, tenant: String?, text: String) throws -> String {
        try Self.check(id)
        guard !text.isEmpty, text.utf8.count <= Self.maximumBytes else {
            throw AssayError(
                "document.size",
                "a document has 1 to \(Self.maximumBytes) bytes, this one has \(text.utf8.count)"
            )
        }
        try writeAtomically(Data(text.utf8), to: path(id, tenant))
        return Self.name(id, tenant)
    }

    /// Removes a document; blocks.
    ///
    /// - Returns: Whether there was one.
    /// - Throws: "document.id", "file.write".
    package func remove(_ id: String, tenant: String?) throws -> Bool {
        try Self.check(id)
        let path = path(id, tenant)
        guard FileManager.default.fileExists(atPath: path) else { return false }
        do { try FileManager.default.removeItem(atPath: path) } catch {
            throw AssayError(
                "file.write",
                "cannot remove the document '\(id)'",
                remedy: "check the rights of its folder"
            )
        }
        return true
    }

    /// The id under which passages name a document.
    package static func name(_ id: String, _ tenant: String?) -> String { tenant.map { "@\($0)/\(id)" } ?? id }

    /// All documents, by id in the order of their UTF-8 bytes; blocks.
    func files() throws -> [SourceFile] {
        var files: [SourceFile] = []
        for folder in (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? [] {
            guard let owner = Self.owner(of: folder) else { continue }
            for file in (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/\(folder)")) ?? [] {
                guard let id = Self.decoded(file), (try? Self.check(id)) != nil else { continue }
                files.append(SourceFile(path: "\(root)/\(folder)/\(file)", id: Self.name(id, owner)))
            }
        }
        return files.sorted { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }
    }

    /// Whether the file is one of this folder's.
    func holds(_ file: SourceFile) -> Bool { file.path.hasPrefix(root + "/") }

    /// What of the reader decides the documents of a file.
    func readerIdentity(for file: SourceFile) -> String {
        "documents/1 " + (scanner.reader(for: file)?.identity ?? "none")
    }

    /// Reads one file; its owner is what its folder says, whatever its front matter says; blocks.
    func read(_ file: SourceFile, emit: (Document) throws -> Void, leftOut: (LeftOut) throws -> Void) throws {
        let folder = file.path.dropFirst(root.utf8.count + 1).prefix { $0 != "/" }
        let owner = Self.owner(of: String(folder)) ?? nil
        try scanner.read(
            file,
            emit: { document in
                var document = document
                document.metadata[RetrievalScope.key] = owner
                try emit(document)
            },
            leftOut: leftOut
        )
    }

    private func path(_ id: String, _ tenant: String?) -> String {
        let folder = tenant.map { Self.tenantPrefix + Self.encoded($0) } ?? Self.sharedFolder
        return "\(root)/\(folder)/\(Self.encoded(id))"
    }

    /// The tenant whose folder this is (nil inside for the shared one), nil for other folders.
    private static func owner(of folder: String) -> String?? {
        if folder == sharedFolder { return .some(nil) }
        guard folder.hasPrefix(tenantPrefix), let name = decoded(String(folder.dropFirst(tenantPrefix.count))) else {
            return nil
        }
        return .some(name)
    }

    private static func check(_ id: String) throws {
        let ending = id.lastIndex(of: ".").map { id[id.index(after: $0)...].lowercased() } ?? ""
        let isPrintable = id.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F && $0 != "#" }
        guard (1...120).contains(id.utf8.count), isPrintable, !id.hasPrefix("@"), endings.contains(ending),
            encoded(id).utf8.count <= 240
        else {
            throw AssayError(
                "document.id",
                "a document's id has 1 to 120 bytes without spaces, control characters and '#', does not begin with '@' and ends in "
                    + endings.map { "." + $0 }.joined(separator: ", ")
            )
        }
    }

    static func encoded(_ id: String) -> String {
        var name = ""
        for (position, byte) in id.utf8.enumerated() {
            let scalar = UnicodeScalar(byte)
            let isPlain =
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 45
                || byte == 95 || (byte == 46 && position > 0)
            if isPlain {
                name.unicodeScalars.append(scalar)
            } else {
                name += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return name
    }

    static func decoded(_ name: String) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(name.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == 37 else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        let text = String(validating: bytes, as: UTF8.self)
        // Only names that this type writes are its files.
        return text.flatMap { encoded($0) == name ? $0 : nil }
    }
}
