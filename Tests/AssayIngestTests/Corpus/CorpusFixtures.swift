import AssayModel
import FoundationEssentials
import Testing

@testable import AssayIngest

/// A folder that goes away with its test.
final class CorpusFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "assay-corpus-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    @discardableResult
    func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> SourceFile {
        let file = "\(path)/\(name)"
        if let slash = file.lastIndex(of: "/") {
            try FileManager.default.createDirectory(atPath: String(file[..<slash]), withIntermediateDirectories: true)
        }
        try Data(bytes).write(to: URL(filePath: file))
        return SourceFile(path: file, id: name)
    }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> SourceFile { try write(name, text.utf8) }

    func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: "\(path)/\(name)", withDestinationPath: target)
    }

    func scanner(
        include: [String] = [],
        exclude: [String] = [],
        maximumFileBytes: Int = 64 << 20
    ) throws -> CorpusScanner {
        CorpusScanner(
            root: path,
            options: .init(
                include: try include.map { try GlobPattern($0) },
                exclude: try exclude.map { try GlobPattern($0) },
                maximumFileBytes: maximumFileBytes
            ),
            readers: try CorpusReaders.configured()
        )
    }
}

/// A reader of the table with options as in a pipeline file.
func corpusReader(_ name: String, _ options: [String: ConfigNode.Value] = [:]) throws -> any CorpusReader {
    let place = Place(file: "pipeline.yaml", line: 3)
    let members = options.sorted { $0.key < $1.key }
        .map { ConfigNode.Member(key: $0.key, place: place, value: ConfigNode($0.value, at: place)) }
    return try CorpusReaders.builtin.make(
        name,
        options: OptionReader(ConfigNode(.mapping(members), at: place), owner: "readers.\(name)", place: place),
        resources: .none,
        at: place
    ).product
}

extension CorpusReader {
    /// The documents of a file.
    func documents(_ file: SourceFile) throws -> [Document] {
        var documents: [Document] = []
        try read(file) { documents.append($0) }
        return documents
    }

    /// The only document of a file.
    func document(_ file: SourceFile) throws -> Document {
        let found = try documents(file)
        return try #require(found.count == 1 ? found.first : nil)
    }
}

/// The code of the error that `body` throws, empty when it throws none.
func errorCode(_ body: () throws -> Void) -> String {
    do {
        try body()
        return ""
    } catch {
        return (error as? AssayError)?.code.rawValue ?? "other: \(error)"
    }
}

/// What must hold for every document of every reader; see `CorpusReader`.
func expectLaws(_ document: Document, _ comment: Comment? = nil) {
    let bytes = Array(document.text.utf8)
    var counted = StrippedCharacters()
    #expect(TextCleaner.clean(document.text, counting: &counted) == document.text, comment)
    #expect(counted.total == 0, comment)
    for (marks, name) in [
        (document.headings.map(\.offset), "headings"), (document.pages.map(\.offset), "pages"),
        (document.sourceMap.runs.map(\.text), "runs"),
    ] {
        #expect(marks == marks.sorted(), "\(name) ascend")
        #expect(marks.allSatisfy { $0 >= 0 && $0 < max(1, bytes.count) }, "\(name) lie in the text")
        #expect(marks.allSatisfy { $0 == 0 || $0 >= bytes.count || bytes[$0] & 0xC0 != 0x80 }, "\(name) on scalars")
    }
    #expect(Set(document.sourceMap.runs.map(\.text)).count == document.sourceMap.runs.count, comment)
    for heading in document.headings { #expect((1...6).contains(heading.level) && !heading.title.isEmpty, comment) }
}
