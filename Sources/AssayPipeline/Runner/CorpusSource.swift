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
    /// The files in the order of their ids.
    let scan: CorpusScanner

    /// Finds the corpus at `path`: its `corpus.yaml` if there is one, else a BEIR folder, else all files that a reader knows.
    ///
    /// - Parameters:
    ///   - path: Folder or file, absolute.
    ///   - data: The folder given by `--data`, which replaces the path of a recipe.
    ///   - place: Where the pipeline names it.
    /// - Throws: `AssayError` "corpus.missing" with what to do.
    init(_ path: String, data: String?, at place: Place) throws {
        self.path = path
        let recipe = path + "/corpus.yaml"
        guard FileManager.default.fileExists(atPath: path) else {
            throw AssayError("corpus.missing", "there is no corpus at \(path)", at: place, remedy: "check the path")
        }
        guard FileManager.default.fileExists(atPath: recipe) else {
            name = baseName(path)
            let folder = data.map { absolutePath($0) } ?? path
            format = FileManager.default.fileExists(atPath: folder + "/corpus.jsonl") ? "beir" : "files"
            scan = CorpusScanner(root: folder)
            return
        }
        var options = try OptionReader(try YAMLFile.read(recipe), owner: "corpus.yaml", place: Place(file: recipe))
        name = try options.string("name", default: baseName(path))
        _ = try options.string("licence", default: "")
        format = try options.string("format", default: "files", oneOf: ["files", "beir"])
        let folder = try options.string("path", default: ".")
        let include = try options.strings("include")
        let exclude = try options.strings("exclude")
        let package = try options.optionalString("package")
        let url = try options.optionalString("url")
        _ = try options.optionalString("md5")
        try options.finish()
        let root = data.map { absolutePath($0) } ?? absolutePath(folder, relativeTo: path)
        guard FileManager.default.fileExists(atPath: root) else {
            let how = package.map { "apt-get install \($0)" } ?? url.map { "unpack \($0) there, or name a folder with --data DIR" }
            throw AssayError(
                "corpus.missing", "the corpus '\(name)' is not there: \(root) does not exist", at: place,
                remedy: how ?? "name its folder with --data DIR")
        }
        scan = CorpusScanner(root: root, include: include, exclude: exclude)
    }
}
