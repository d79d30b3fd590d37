import AssayModel
import FoundationEssentials
import Glibc
import Testing

@testable import AssayIngest

struct CorpusScannerTests {
    private func readAll(_ scanner: CorpusScanner) throws -> (ids: [String], leftOut: [LeftOut]) {
        var ids: [String] = []
        var leftOut: [LeftOut] = []
        try scanner.readAll(emit: { ids.append($0.id) }, leftOut: { leftOut.append($0) })
        return (ids, leftOut)
    }

    @Test func listsInByteOrder() throws {
        let folder = try CorpusFolder()
        for name in [
            "b.txt", "a/z.txt", "a.txt", "a-b.txt", "Z.md", "é.txt", "a/b/c.html", ".hidden.txt", ".git/x.txt", "😀.txt",
            "\u{FFFD}.txt",
        ] {
            try folder.write(name, "text")
        }
        let listing = try folder.scanner().scan()
        #expect(
            listing.files.map(\.id) == [
                "Z.md", "a-b.txt", "a.txt", "a/b/c.html", "a/z.txt", "b.txt", "é.txt", "\u{FFFD}.txt", "😀.txt",
            ]
        )
        #expect(listing.hidden == 2 && listing.leftOut.isEmpty)
        #expect(listing.files[3].path == folder.path + "/a/b/c.html")
    }

    @Test func listsASingleFile() throws {
        let folder = try CorpusFolder()
        let file = try folder.write("one.md", "# One")
        let scanner = CorpusScanner(root: file.path, readers: try CorpusReaders.configured())
        #expect(try readAll(scanner).ids == ["one.md"])
        let missing = CorpusScanner(root: folder.path + "/nothing", readers: [])
        #expect(errorCode { _ = try missing.scan() } == "corpus.missing")
    }

    @Test func leavesOutWhatCannotBeRead() throws {
        let folder = try CorpusFolder()
        try folder.write("good.txt", "good")
        try folder.write("empty.txt", "")
        try folder.write("blank.md", " \n\t\n")
        try folder.write("front.md", "---\na: b\n---\n")
        try folder.write("binary.txt", [0x41, 0, 0x42])
        try folder.write("controls.txt", [1, 2, 3, 0x20])
        try folder.write("latin.txt", [0x63, 0xE9])
        try folder.write("utf32.txt", [0xFF, 0xFE, 0, 0, 0x41, 0, 0, 0])
        try folder.write("big.txt", String(repeating: "x", count: 200))
        try folder.write("program.exe", "x")
        try folder.write("README", "x")
        try folder.write("broken.pdf", "%PDF-1.4 nothing")
        try folder.write(
            "rows.jsonl",
            "{\"id\":\"good.txt\",\"text\":\"x\"}\n{\"id\":\"r\",\"text\":\"x\"}\n{\"id\":\"r\",\"text\":\"y\"}\n{}"
        )
        unsafe mkfifo(folder.path + "/pipe.txt", 0o600)
        // Rows are read one by one: their file may be larger than the limit.
        try folder.write("large.jsonl", "{\"id\":\"l\",\"text\":\"\(String(repeating: "x", count: 200))\"}")
        let result = try readAll(try folder.scanner(maximumFileBytes: 150))
        #expect(result.ids == ["good.txt", "l", "r"])
        let codes = Dictionary(grouping: result.leftOut, by: \.file).mapValues { $0.map(\.code) }
        #expect(
            codes == [
                "empty.txt": ["empty"], "blank.md": ["empty"], "front.md": ["empty"], "binary.txt": ["binary"],
                "controls.txt": ["binary"], "latin.txt": ["encoding"], "utf32.txt": ["encoding"],
                "big.txt": ["too-large"],
                "program.exe": ["no-reader"], "README": ["no-reader"], "pipe.txt": ["not-a-file"],
                "broken.pdf": [LimitedProcess.find("pdftotext") == nil ? "pdf-tool" : "pdf-broken"],
                "rows.jsonl": ["duplicate-id", "duplicate-id", "row"],
            ]
        )
        for part in result.leftOut {
            #expect(part.reason.hasPrefix(part.file + ": ") && !part.reason.contains(folder.path))
        }
        #expect(result.leftOut.contains { $0.reason.hasPrefix("latin.txt: the file is not UTF-8 (byte 1)") })
    }

    @Test func readsNoVanishedOrForbiddenFile() throws {
        let folder = try CorpusFolder()
        let file = try folder.write("a.txt", "x")
        let scanner = try folder.scanner()
        try FileManager.default.removeItem(atPath: file.path)
        var leftOut: [LeftOut] = []
        try scanner.read(file, emit: { _ in Issue.record("read") }, leftOut: { leftOut.append($0) })
        #expect(leftOut.map(\.code) == ["vanished"])
        #expect(errorCode { _ = try scanner.contentHash(of: file) } == "corpus.vanished")
        #expect(InputFile.failure(EACCES, path: "p").code == "corpus.unreadable")
        try folder.write("b.txt", "x")
        unsafe chmod(folder.path + "/b.txt", 0)
        if getuid() != 0 { #expect(try readAll(scanner).leftOut.map(\.code) == ["unreadable"]) }
    }

    @Test func followsLinksWithinTheRootOnly() throws {
        let outside = try CorpusFolder()
        try outside.write("secret.txt", "secret")
        let folder = try CorpusFolder()
        try folder.write("real/one.txt", "one")
        try folder.write("real/deep/two.txt", "two")
        try folder.link("alias.txt", to: "real/one.txt")
        try folder.link("leak.txt", to: outside.path + "/secret.txt")
        try folder.link("leakdir", to: outside.path)
        try folder.link("dotdot", to: "../")
        try folder.link("real/deep/up", to: "../..")
        try folder.link("again", to: "real")
        try folder.link("self", to: "self")
        try folder.link("nowhere.txt", to: "no.txt")
        let result = try readAll(try folder.scanner())
        #expect(result.ids == ["alias.txt", "real/deep/two.txt", "real/one.txt"])
        #expect(
            Dictionary(uniqueKeysWithValues: result.leftOut.map { ($0.file, $0.code) }) == [
                "leak.txt": "symlink-outside", "leakdir": "symlink-outside", "dotdot": "symlink-outside",
                "real/deep/up": "symlink-loop", "again": "symlink-repeat", "self": "symlink-loop",
                "nowhere.txt": "symlink-broken",
            ]
        )
    }

    @Test func appliesPatterns() throws {
        let folder = try CorpusFolder()
        for name in ["a.md", "docs/b.md", "docs/draft/c.md", "docs/d.txt", "x/y/e.md"] { try folder.write(name, "x") }
        #expect(
            try folder.scanner(include: ["*.md"]).scan().files.map(\.id) == [
                "a.md", "docs/b.md", "docs/draft/c.md", "x/y/e.md",
            ]
        )
        #expect(
            try folder.scanner(include: ["docs/**"], exclude: ["docs/draft/"]).scan().files.map(\.id) == [
                "docs/b.md", "docs/d.txt",
            ]
        )
        #expect(try folder.scanner(include: ["**/e.md", "/a.md"]).scan().files.map(\.id) == ["a.md", "x/y/e.md"])
        #expect(try folder.scanner(exclude: ["*.{md,rst}"]).scan().excluded == 4)
    }

    @Test func stopsWhenTheCallerThrows() throws {
        struct Stop: Error {}
        let folder = try CorpusFolder()
        try folder.write("a.jsonl", "{\"id\":\"a\",\"text\":\"x\"}\n{\"id\":\"b\",\"text\":\"x\"}")
        let scanner = try folder.scanner()
        #expect(throws: Stop.self) {
            try scanner.readAll(emit: { _ in throw Stop() }, leftOut: { Issue.record("\($0)") })
        }
        try folder.write("b.xyz", "x")
        #expect(throws: Stop.self) { try scanner.readAll(emit: { _ in }, leftOut: { _ in throw Stop() }) }
    }

    @Test func worksOnOneFile() throws {
        let folder = try CorpusFolder()
        let bytes = (0..<700_000).map { UInt8(truncatingIfNeeded: $0 * 7) }
        let file = try folder.write("a.TXT", bytes)
        let scanner = try folder.scanner()
        #expect(try scanner.contentHash(of: file) == SHA256.hex(bytes))
        #expect(scanner.reader(for: file)?.identity == "text/1 {\"encoding\":\"utf-8\"}")
        #expect(scanner.reader(for: SourceFile(path: "", id: "a.b/c")) == nil)
    }

    @Test func configuresReaders() throws {
        let place = Place(file: "p.yaml", line: 4)
        func node(_ name: String, _ key: String) -> ConfigNode {
            let options = ConfigNode(
                .mapping([.init(key: key, place: place, value: ConfigNode(.string("x"), at: place))]),
                at: place
            )
            return ConfigNode(.mapping([.init(key: name, place: place, value: options)]), at: place)
        }
        #expect(try CorpusReaders.configured(node("jsonl", "text_field")).map(\.name) == CorpusReaders.builtin.names)
        #expect(errorCode { _ = try CorpusReaders.configured(node("jsonl", "textfield")) } == "config.unknown-key")
        #expect(errorCode { _ = try CorpusReaders.configured(node("word", "a")) } == "config.unknown-key")
        #expect(errorCode { _ = try CorpusReaders.configured(node("text", "encoding")) } == "config.value")
    }
}

struct GlobPatternTests {
    @Test(arguments: [
        ("*.md", "a.md", true), ("*.md", "x/a.md", true), ("*.md", "a.mdx", false), ("a/*.md", "a/b.md", true),
        ("a/*.md", "a/b/c.md", false), ("a/**/c.md", "a/c.md", true), ("a/**/c.md", "a/x/y/c.md", true),
        ("a/**/c.md", "a/xc.md", false), ("**", "a/b", true), ("a/", "a/b/c", true), ("a/", "ab/c", false),
        ("?.md", "é.md", true),
        ("[a-c]?.t", "bz.t", true), ("[!a-c].t", "b.t", false), ("[]a].t", "].t", true), ("{a,b}/{c,d}", "b/c", true),
        ("{a,b}", "c", false),
        ("a\\*", "a*", true), ("a\\*", "ab", false), ("/a.md", "x/a.md", false), ("x/**", "x", false),
        ("*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaa", false),
    ])
    func matches(pattern: String, path: String, expected: Bool) throws {
        #expect(try GlobPattern(pattern).matches(path) == expected)
    }

    @Test(arguments: [
        "", "a**", "[a", "{a", "{a,{b}}", "[z-a]", "{,,,,,,,,,}{,,,,,,,,,}", String(repeating: "a", count: 1001),
    ])
    func refuses(pattern: String) {
        #expect(errorCode { _ = try GlobPattern(pattern) } == "config.value")
    }
}
