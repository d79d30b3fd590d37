import AssayModel
import Testing

@testable import AssayEmbed

/// The law of `Embedder`, over every entry of the table.
struct EmbedderConformanceTests {
    private static func make(_ name: String, _ tiny: TinyModel) throws -> any Embedder {
        var resources = Resources.none
        let model = try tiny.resolved()
        resources.model = { _ in model }
        let options: [(String, ConfigNode.Value)] = name == "bert" ? [("model", .string("tiny"))] : []
        return try Embedders.builtin.make(name, options: Fixture.options(options), resources: resources, at: nil)
            .product
    }

    private static let texts = [
        "the cat sat on the mat .", "", "   ", "The CAT sat on the mat.", "un able s", "中 中 dog", "\u{301}",
        "a", String(repeating: "dog on a mat, ", count: 300), "query: 12", "e\u{301}o ÉÖ", "b", "dog",
    ]

    @Test(arguments: Embedders.builtin.names)
    func givesOneUnitRowATextWhateverItsNeighbours(name: String) async throws {
        let tiny = TinyModel()
        let embedder = try Self.make(name, tiny)
        let together = try await embedder.embed(Self.texts, as: .document)
        #expect(together.count == Self.texts.count && together.dimension == embedder.fingerprint.dimension)
        for (index, text) in Self.texts.enumerated() {
            let row = Array(together.row(index))
            #expect(abs(row.reduce(0) { $0 + Double($1) * Double($1) } - 1) < 1e-6)
            #expect(try await embedder.embed([text], as: .document).values == row)
        }
        var random = SeededRandom(seed: 9)
        let order = random.shuffled(Array(Self.texts.indices))
        let shuffled = try await embedder.embed(order.map { Self.texts[$0] }, as: .document)
        for (row, index) in order.enumerated() { #expect(Array(shuffled.row(row)) == Array(together.row(index))) }
        #expect(try await embedder.embed([], as: .query).count == 0)
    }

    @Test(arguments: Embedders.builtin.names)
    func hasATokenizerThatKeepsItsLaw(name: String) throws {
        let tiny = TinyModel()
        let embedder = try Self.make(name, tiny)
        let tokenizer = try #require(embedder.tokenizer)
        #expect(tokenizer.limit == embedder.fingerprint.maxTokens)
        for text in Self.texts {
            let bytes = Array(text.utf8)
            let ranges = unsafe bytes.withUnsafeBufferPointer { unsafe tokenizer.tokenRanges(of: $0) }
            #expect(ranges.count == tokenizer.count(text) && ranges.starts.count == ranges.ends.count)
            var last: UInt32 = 0
            for (start, end) in zip(ranges.starts, ranges.ends) {
                #expect(start >= last && end >= start && Int(end) <= bytes.count)
                last = end
            }
            // A word's tokens do not depend on the words around it.
            #expect(tokenizer.count("\(text) dog \(text)") == 2 * ranges.count + tokenizer.count("dog"))
        }
    }

    /// Fails when output changes without a new version.
    ///
    /// Vectors of the encoder depend on the kind of CPU in their last bits,
    /// so they are compared as whole thousandths with room of one.
    @Test func theEncodersOutputIsThatOfItsVersion() async throws {
        let tiny = TinyModel()
        let row = Array(try await Self.make("bert", tiny).embed(["The cat sat on a mat."], as: .document).values)
        let thousandths = row.map { Int(($0 * 1_000).rounded()) }
        let expected = [
            -176, -104, 176, 229, 436, -267, 15, 143, -22, 13, -189, -266, 180, -77, 100, 16, -173, -177, 417, 240, 17,
            -38,
            -102, 362,
        ]
        #expect(BertEncoder.version == 1)
        let isSame = thousandths.count == expected.count && zip(thousandths, expected).allSatisfy { abs($0 - $1) <= 1 }
        #expect(isSame, "\(thousandths)")
    }

    @Test func theHashedOutputIsThatOfItsVersion() async throws {
        let values = try await HashedEmbedder(dimension: 16).embed(Self.texts, as: .document).values
        let key = SHA256.hex(values.map { "\($0.bitPattern)" }.joined(separator: " "))
        #expect(HashedEmbedder.version == 1)
        #expect(key == "42c9926c4ded75dd15ab64a2d7f708b0ede1bf1e3f934b33907bcadbb697931b")
    }

    @Test func theTokenizersOutputIsThatOfItsVersion() throws {
        let tiny = TinyModel()
        let tokenizer = try #require(try Self.make("bert", tiny).tokenizer as? WordPieceTokenizer)
        let tokens = Self.texts.map { tokenizer.tokens($0) }
        let key = SHA256.hex(tokens.map { "\($0.ids) \($0.ranges.starts) \($0.ranges.ends)" }.joined(separator: "\n"))
        #expect(key == "da831b0a5146bdc80bc44794d09236c61e259f974e17c16e1fe59d85eda51264")
    }
}
