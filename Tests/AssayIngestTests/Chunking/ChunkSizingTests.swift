import AssayIngest
import AssayModel
import Testing

struct ChunkSizingTests {
    private func error(_ name: String, _ options: [(String, ConfigNode.Value)]) -> AssayError? {
        #expect(throws: AssayError.self) { try makeChunker(name, options) }
    }

    @Test(arguments: Chunkers.sized)
    func refusesWrongOptions(name: String) {
        let both = error(name, [("tokens", .int(100)), ("characters", .int(400))])
        #expect(both?.message.contains("gives both tokens and characters; it takes exactly one") == true)
        #expect(both?.place == Place(file: "test.yaml", line: 3))
        #expect(error(name, [("tokens", .int(100)), ("overlap", .int(50))])?.message.contains("from 0 to 49") == true)
        #expect(error(name, [("characters", .int(3))])?.code == "config.value")
        #expect(error(name, [("oversize", .string("spit"))])?.message.contains("did you mean 'split'?") == true)
        #expect(error(name, [("overlapp", .int(5))])?.message.contains("did you mean 'overlap'?") == true)
    }

    @Test(arguments: Chunkers.sized)
    func takesTwoHundredTokensByDefault(name: String) throws {
        let place = Place(file: "test.yaml")
        let reader = try OptionReader(nil, owner: "chunk", place: place)
        let made = try Chunkers.builtin.make(name, options: reader, resources: .none, at: place)
        #expect(made.options["tokens"] == 200)
        #expect(made.options["overlap"] == 0)
        #expect(made.options["oversize"] == "split")
    }

    @Test(arguments: Chunkers.sized)
    func sizesInTokensNeedATokenizer(name: String) throws {
        let chunker = try makeChunker(name, [])
        let missing = #expect(throws: AssayError.self) {
            try chunker.chunks(of: Document(id: "d", text: ""), tokenizer: nil)
        }
        #expect(missing?.code == "chunk.tokenizer")
        let small = #expect(throws: AssayError.self) {
            try chunker.chunks(of: Document(id: "d", text: ""), tokenizer: PieceTokenizer(limit: 2))
        }
        #expect(small?.code == "chunk.size")
    }
}
