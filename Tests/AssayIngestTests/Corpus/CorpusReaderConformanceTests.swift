import AssayModel
import Testing

@testable import AssayIngest

/// What every reader of the table must hold, on a file of its own kind.
struct CorpusReaderConformanceTests {
    private static func sample(_ reader: String) -> [UInt8] {
        let hidden = "\u{200B}\u{E0041}\u{FE0F}"
        switch reader {
        case "markdown":
            return Array(
                "---\ntitle: F\r\nkind: x\n---\n# One \(hidden)`two`\r\n\r\nText é\n\nHead\n----\n```\n# no\n```\n- a\n"
                    .utf8
            )
        case "html":
            return Array(
                """
                <!DOCTYPE html><title>Page</title><nav>menu</nav><h1>One <em>two</em></h1>\(hidden)<p>Text &amp; é
                more<ul><li>a<li>b</ul><table><tr><th>k<th>v<tr><td>1<td>2</table><pre>
                 code
                </pre><img alt="chart">
                """.utf8
            )
        case "text": return Array("One\(hidden)\r\ntwo\rthree é\n\u{1}".utf8)
        case "jsonl":
            return Array(
                "{\"id\":\"a\",\"title\":\"T\",\"text\":\"One\(hidden)\\r\\ntwo\",\"n\":1}\n{\"_id\":\"b\",\"text\":\"é\"}\n"
                    .utf8
            )
        case "pdf": return pdf(pages: ["First page", "Second page"])
        default: return []
        }
    }

    /// SHA-256 of what each reader makes of its sample.
    ///
    /// Another digest needs another version of the reader.
    private static let digests = [
        "markdown/1": "34a883f32771b0ebac590e7616de12b110815bf6a8c72fc8092d28eea140ee57",
        "html/1": "0f87a3c88ae76a2385ab722554be232b2a1784ec1e8e2989dbfee2faa31a735a",
        "text/1": "ad756f104cd9b26bdfb18d8cd083c848edec6ca63dde426c7dfe9e7ac12f22b3",
        "jsonl/1": "effacdad6be66f0e5add8a10d99fa7397be3b22719eb1f17a0ce0de9b1bac258",
        "pdf/1": "7757bf47c54b7b7ab4c46af69b22cfd3da6d11fa6560b9025297dd752b464d7b",
    ]

    private static let readers = CorpusReaders.builtin.names.filter {
        $0 != "pdf" || LimitedProcess.find("pdftotext") != nil
    }

    @Test(arguments: readers)
    func keepsTheLaws(name: String) throws {
        let folder = try CorpusFolder()
        let reader = try corpusReader(name)
        let file = try folder.write("sample.\(try #require(type(of: reader).extensions.first))", Self.sample(name))
        let documents = try reader.documents(file)
        #expect(!documents.isEmpty)
        #expect(try reader.documents(file) == documents)
        for document in documents {
            expectLaws(document)
            #expect(!document.text.isEmpty && !document.id.isEmpty)
        }
        struct Stop: Error {}
        #expect(throws: Stop.self) { try reader.read(file) { _ in throw Stop() } }
    }

    @Test(arguments: readers)
    func namesTheFileItCannotRead(name: String) throws {
        let folder = try CorpusFolder()
        let reader = try corpusReader(name)
        for file in [
            SourceFile(path: folder.path + "/none", id: "none"), SourceFile(path: folder.path, id: "folder"),
            try folder.write("empty", ""), try folder.write("nul", [0, 1, 2]), try folder.write("bad", [0xFF, 0xC0]),
        ] {
            do {
                _ = try reader.documents(file)
                Issue.record("\(name) reads \(file.id)")
            } catch let error as AssayError {
                #expect(error.place?.file == file.path || error.message.contains(file.id), "\(name): \(error)")
            }
        }
    }

    @Test(arguments: readers)
    func changesItsOutputOnlyWithItsVersion(name: String) throws {
        let folder = try CorpusFolder()
        let reader = try corpusReader(name)
        let documents = try reader.documents(folder.write("sample", Self.sample(name)))
        let entry = try #require(CorpusReaders.builtin.entries.first { $0.name == name })
        let digest = SHA256.hex(try canonicalJSON(documents))
        #expect(digest == Self.digests["\(name)/\(entry.version)"])
    }

    @Test func claimsEachExtensionOnce() throws {
        let extensions = try CorpusReaders.configured().flatMap { type(of: $0.product).extensions }
        #expect(Set(extensions).count == extensions.count)
        #expect(extensions.allSatisfy { $0 == $0.lowercased() && !$0.contains(".") })
        #expect(CorpusReaders.builtin.entries.allSatisfy { !$0.summary.isEmpty && $0.version >= 1 })
    }
}
