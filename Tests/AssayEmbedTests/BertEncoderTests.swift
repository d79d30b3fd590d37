import AssayModel
import FoundationEssentials
import Testing

@testable import AssayEmbed

struct BertEncoderTests {
    @Test(.enabled(if: Fixture.hasModel, Fixture.needsModel))
    func equalsSentenceTransformers() async throws {
        let encoder = try BertEncoder(model: try Fixture.miniLM())
        let rows = try Fixture.rows("bert-vectors.json")
        #expect(rows.count == 500)
        let texts = rows.map(\.text)
        let vectors = try await encoder.embed(texts, as: .document)
        for (index, row) in rows.enumerated() {
            let reference = try Self.unpack(try #require(row.vector))
            let vector = Array(vectors.row(index))
            #expect(Self.cosine(vector, reference) >= 0.999_99, "\(texts[index].debugDescription)")
            let worst = zip(vector, reference).map { abs($0 - $1) }.max() ?? 1
            #expect(worst < 2e-4, "\(texts[index].debugDescription)")
        }
    }

    @Test func givesATextTheSameBitsInAnyCompany() async throws {
        let tiny = TinyModel()
        let model = try tiny.resolved()
        var random = SeededRandom(seed: 3)
        let words = TinyModel.words.filter { !$0.hasPrefix("#") && !$0.hasPrefix("[") }
        let texts = (0..<60).map { _ in
            (0..<random.index(below: 40)).map { _ in words[random.index(below: words.count)] }.joined(separator: " ")
        }
        let one = try BertEncoder(model: model, threads: 1)
        let alone = try await concurrentMap(texts, limit: 1) { try await one.embed([$0], as: .query).values }
        for threads in [1, 2, 5] {
            let encoder = try BertEncoder(model: model, threads: threads)
            for _ in 0..<3 {
                let order = random.shuffled(Array(texts.indices))
                let batch = try await encoder.embed(order.map { texts[$0] }, as: .document)
                for (row, index) in order.enumerated() { #expect(Array(batch.row(row)) == alone[index]) }
            }
        }
    }

    @Test func putsThePrefixOfTheRoleBeforeTheText() async throws {
        let tiny = TinyModel()
        let model = try tiny.resolved()
        let plain = try BertEncoder(model: model)
        let prefixed = try BertEncoder(model: model, documentPrefix: "the ", queryPrefix: "query: ")
        let expected = try await plain.embed(["the cat", "query: cat"], as: .document)
        #expect(try await prefixed.embed(["cat"], as: .document).values == Array(expected.row(0)))
        #expect(try await prefixed.embed(["cat"], as: .query).values == Array(expected.row(1)))
        #expect(prefixed.fingerprint.digest != plain.fingerprint.digest)
        #expect(prefixed.tokenizer?.specialTokens == 3)
        #expect(prefixed.encode("cat cat", as: .query).tokensBeforeTruncation == 6)
    }

    @Test func cutsAtItsLimit() async throws {
        let tiny = TinyModel()
        let encoder = try BertEncoder(model: try tiny.resolved(), maxTokens: 5)
        let vectors = try await encoder.embed(["cat dog mat", "cat dog mat sat on the"], as: .document)
        #expect(Array(vectors.row(0)) == Array(vectors.row(1)))
        #expect(encoder.encode("cat dog mat sat on the", as: .document).tokensBeforeTruncation == 8)
        #expect(encoder.tokenizer?.limit == 5)
    }

    @Test func endsWhenItsTaskIsCancelled() async throws {
        let tiny = TinyModel()
        let encoder = try BertEncoder(model: try tiny.resolved(), threads: 1)
        let texts = [String](repeating: String(repeating: "cat ", count: 40), count: 200_000)
        let task = Task { try await encoder.embed(texts, as: .document) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await encoder.embed(["cat"], as: .document).count == 1)
    }

    @Test(
        arguments: [
            ("hidden_act", "relu"), ("model_type", "roberta"), ("num_attention_heads", 5), ("hidden_size", 32),
            ("num_hidden_layers", 3), ("vocab_size", 20), ("layer_norm_eps", "small"),
            ("max_position_embeddings", .int(1 << 40)),
        ] as [(String, JSONValue)]
    )
    func refusesAConfigurationThatIsNotTheModels(key: String, value: JSONValue) throws {
        let tiny = TinyModel()
        let model = try tiny.resolved()
        try tiny.folder?.write("config.json", TinyModel.config([key: value]))
        #expect(throws: AssayError.self) { try BertEncoder(model: model) }
    }

    @Test func refusesOptionsOutOfRange() throws {
        let tiny = TinyModel()
        let model = try tiny.resolved()
        var resources = Resources.none
        resources.model = { _ in model }
        for options: [(String, ConfigNode.Value)] in [
            [], [("model", .string("tiny")), ("max_tokens", .int(33))],
            [("model", .string("tiny")), ("max_tokens", .int(2))],
            [("model", .string("tiny")), ("threads", .int(2))],
            [("model", .string("tiny")), ("max_tokens", .int(4)), ("document_prefix", .string("the cat sat on"))],
        ] {
            #expect(throws: AssayError.self) {
                try Embedders.builtin.make("bert", options: try Fixture.options(options), resources: resources, at: nil)
            }
        }
    }

    private static func unpack(_ text: String) throws -> [Float] {
        let data = Array(try #require(Data(base64Encoded: text)))
        return stride(from: 0, to: data.count, by: 2).map {
            Float(Float16(bitPattern: UInt16(data[$0]) | UInt16(data[$0 + 1]) << 8))
        }
    }

    private static func cosine(_ left: [Float], _ right: [Float]) -> Double {
        var (dot, a, b) = (0.0, 0.0, 0.0)
        for (x, y) in zip(left, right) {
            dot += Double(x) * Double(y)
            a += Double(x) * Double(x)
            b += Double(y) * Double(y)
        }
        return dot / (a * b).squareRoot()
    }
}
