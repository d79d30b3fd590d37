import AssayIngest
import AssayModel
import Testing

extension Chunkers {
    /// The chunkers that take a size: all but `document`.
    static var sized: [String] { builtin.names.filter { $0 != "document" } }
}

struct DocumentChunkerTests {
    private func chunker(_ oversize: String) throws -> any Chunker {
        let place = Place(file: "test.yaml", line: 1)
        let options = ConfigNode(
            .mapping([.init(key: "oversize", place: place, value: ConfigNode(.string(oversize), at: place))]),
            at: place
        )
        return try Chunkers.builtin.make(
            "document",
            options: OptionReader(options, owner: "chunk", place: place),
            resources: .none,
            at: place
        ).product
    }

    @Test func makesOneChunkOfEveryDocumentThatIsNotBlank() throws {
        for document in OddDocuments.all {
            let chunks = try chunker("truncate").chunks(of: document, tokenizer: nil)
            let blank = document.text.unicodeScalars.allSatisfy(\.properties.isWhitespace)
            #expect(chunks.count == (blank ? 0 : 1), "document \(document.id)")
            for chunk in chunks { #expect(chunk.text == document.text.slice(bytes: chunk.range.bytes)) }
        }
    }

    @Test func countsWhatTheEmbedderWillNotSee() throws {
        let document = Document(id: "d", text: (0..<50).map { "w\($0)" }.joined(separator: " "))
        let tokenizer = PieceTokenizer(limit: 20)
        let chunk = try #require(try chunker("truncate").chunks(of: document, tokenizer: tokenizer).first)
        #expect(chunk.truncatedTokens == tokenizer.count(document.text) + tokenizer.specialTokens - 20)
        let strict = try chunker("error")
        #expect(throws: AssayError.self) { try strict.chunks(of: document, tokenizer: tokenizer) }
    }
}
