import AssayIngest
import AssayModel
import Testing

/// Output of every chunker on fixed documents: when a digest changes, raise the chunker's version and record the new one.
struct ChunkerDigestTests {
    static let digests: [(name: String, version: Int, digest: String)] = [
        ("tokens", 1, "d328dd7d0cea282301e89156ecac1a9eda7a7dd94b95fbfa5553b84ba862fad4"),
        ("sentences", 1, "9ec0e6c6f9a061eeb6a4ed87a9d5c86b4a7f11079f2cd4831f9eaf3cb8130200"),
        ("recursive", 1, "25ecf5cda692d054c82c4ccb07db2b27d2bf097af5d3a0ae24eb628344bf72ff"),
        ("headings", 1, "99d6240725c4be1c0351a5ef28c03c219ae8612199033b30bb7a2ed9210a4e36"),
    ]

    @Test func coversEveryChunker() {
        // `document` has one chunk, equal to the document: DocumentChunkerTests.
        #expect(Self.digests.map(\.name) == Chunkers.sized)
        #expect(Self.digests.map(\.version) == Chunkers.builtin.entries.filter { $0.name != "document" }.map(\.version))
    }

    @Test(arguments: digests)
    func outputChangesOnlyWithTheVersion(name: String, version: Int, digest: String) throws {
        var all: [[Chunk]] = []
        for document in OddDocuments.all
        where ["cjk", "giant-word", "lists", "markdown", "small-code", "table"].contains(document.id) {
            for (unit, size) in [("tokens", 40), ("characters", 150)] {
                let cutting = Cutting(name: name, unit: unit, size: size, overlap: 12, merge: false)
                all.append(try cutting.chunks(of: document, PieceTokenizer(limit: 64)))
            }
        }
        let found = SHA256.hex(try canonicalJSON(all))
        #expect(found == digest)
    }
}
