import AssayIngest
import AssayModel
import FoundationEssentials

/// Where documents come from: a folder of files, or a BEIR folder.
struct CorpusSource: Sendable {
    /// Folder's name, for records.
    let name: String
    /// Path as the pipeline names it.
    let path: String
    /// `files` or `beir`.
    let format: String
    /// Folder that is read.
    let root: String
    /// Documents beside the corpus; one of them with an id of the corpus stands in its place.
    let documents: DocumentFolder?
    private let scanner: CorpusScanner

    /// Finds the corpus at `path`: its `corpus.yaml` if there is one, else a BEIR folder, else all files that a reader knows.
    ///
    /// - Parameters:
    ///   - path: Folder or file, absolute.
    ///   - data: The folder given by `--data`, which replaces the path of a recipe.
    ///   - documents: Documents beside it.
    ///   - place: Where the pipeline names it.
    /// - Throws: `AssayError` "corpus.missing" with what to do.
    init(_ path: String, data: String?, documents: DocumentFolder? = nil, at place: Place) throws {
        self.path = path
        self.documents = documents
        let recipe = path + "/corpus.yaml"
        guard FileManager.default.fileExists(atPath: path) else {
            throw AssayError("corpus.missing", "there is no corpus at \(path)", at: place, remedy: "check the path")
        }
        guard FileManager.default.fileExists(atPath: recipe) else {
            name = baseName(path)
            root = data.map { absolutePath($0) } ?? path
            format = FileManager.default.fileExists(atPath: root + "/corpus.jsonl") ? "beir" : "files"
            scanner = CorpusScanner(root: root, readers: try CorpusReaders.configured())
            return
        }
        var options = try OptionReader(try YAMLFile.read(recipe), owner: "corpus.yaml", place: Place(file: recipe))
        name = try options.string("name", default: baseName(path))
        // The name becomes part of a folder's name in the workspace.
        guard name.utf8.count <= 64, name.first != ".",
            name.allSatisfy({ $0.isLetter || $0.isNumber || "._-".contains($0) })
        else {
            throw AssayError(
                "corpus.name",
                "the name of a corpus has letters, digits, '.', '_' and '-'",
                at: Place(file: recipe)
            )
        }
        _ = try options.string("licence", default: "")
        format = try options.string("format", default: "files", oneOf: ["files", "beir"])
        let folder = try options.string("path", default: ".")
        let include = try options.strings("include")
        let exclude = try options.strings("exclude")
        let readers = options.node("readers")
        let package = try options.optionalString("package")
        let url = try options.optionalString("url")
        _ = try options.optionalString("md5")
        try options.finish()
        root = data.map { absolutePath($0) } ?? absolutePath(folder, relativeTo: path)
        guard FileManager.default.fileExists(atPath: root) else {
            let how = package.map { "install it with: apt-get install \($0)" }
            let unpack = url.map { "unpack \($0) there, or name a folder with --data DIR" }
            throw AssayError(
                "corpus.missing",
                "the corpus '\(name)' is not there: \(root) does not exist",
                at: place,
                remedy: how ?? unpack ?? "name its folder with --data DIR"
            )
        }
        scanner = CorpusScanner(
            root: root,
            options: .init(
                include: try include.map { try GlobPattern($0) },
                exclude: try exclude.map { try GlobPattern($0) }
            ),
            readers: try CorpusReaders.configured(readers, at: Place(file: recipe))
        )
    }

    /// Lists the files, and what is left out, without reading them; blocks.
    func scan() throws -> (files: [SourceFile], leftOut: [LeftOut]) {
        let added = try documents?.files() ?? []
        if format == "beir" { return ([try BEIRFolder(opening: root).corpus] + added, []) }
        let listing = try scanner.scan()
        guard !added.isEmpty else { return (listing.files, listing.leftOut) }
        let taken = Set(added.map(\.id))
        let files = (listing.files.filter { !taken.contains($0.id) } + added)
            .sorted { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }
        return (files, listing.leftOut)
    }

    /// What of the reader decides the documents of a file.
    func readerIdentity(for file: SourceFile) -> String {
        if let documents, documents.holds(file) { return documents.readerIdentity(for: file) }
        return format == "beir" ? "beir/1" : scanner.reader(for: file)?.identity ?? "none"
    }

    /// Reads one file; blocks.
    func read(_ file: SourceFile, emit: (Document) throws -> Void, leftOut: (LeftOut) throws -> Void) throws {
        if let documents, documents.holds(file) {
            try documents.read(file, emit: emit, leftOut: leftOut)
        } else if format == "beir" {
            try BEIRFolder(opening: root).documents(emit: emit)
        } else {
            try scanner.read(file, emit: emit, leftOut: leftOut)
        }
    }
}
