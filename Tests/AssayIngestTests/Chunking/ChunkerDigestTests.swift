import AssayIngest
import AssayModel
import Testing

/// Output of every chunker on fixed documents: when a digest changes, raise the chunker's version and record the new one.
struct ChunkerDigestTests {
    static let digests: [(name: String, version: Int, digest: String)] = [
        ("tokens", 1, "?"),
        ("sentences", 1, "?"),
        ("recursive", 1, "?"),
        ("headings", 1, "?"),
    ]

    @Test func coversEveryChunker() {
        #expect(Self.digests.map(\.name) == Chunkers.builtin.names)
        #expect(Self.digests.map(\.version) == Chunkers.builtin.entries.map(\.version))
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
