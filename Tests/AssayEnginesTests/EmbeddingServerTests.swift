import AssayHTTP
import AssayModel
import AssayTestServer
import Testing

@testable import AssayEngines

struct EmbeddingServerTests {
    private let place = Place(file: "p.yaml", line: 3)

    private func embedder(_ server: LoopbackServer, _ more: [(String, ConfigNode.Value)] = []) throws -> EmbeddingServer
    {
        let values: [(String, ConfigNode.Value)] =
            [("base_url", .string(server.url + "/v1")), ("model", .string("e")), ("dimension", .int(2))] + more
        let members = values.map { ConfigNode.Member(key: $0.0, place: place, value: ConfigNode($0.1, at: place)) }
        var reader = try OptionReader(ConfigNode(.mapping(members), at: place), owner: "embed", place: place)
        let embedder = try EmbeddingServer(options: &reader, resources: .none)
        try reader.finish()
        return embedder
    }

    /// Vectors (length of text, 1), in reversed order.
    private static func answer(_ request: LoopbackServer.Request, tokens: Int? = nil) -> [LoopbackServer.Step] {
        let texts = request.json["input"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let rows = texts.enumerated().reversed().map { index, text in
            JSONValue.object(["index": .int(index), "embedding": [.int(text.utf8.count), 1]])
        }
        return .answer(
            200,
            JSONValue.object(["data": .array(rows), "usage": ["prompt_tokens": .int(tokens ?? texts.count)]]).text
        )
    }

    @Test func embedsInOrderWithPrefixAndUnitLength() async throws {
        let server = try LoopbackServer { request, _ in Self.answer(request) }
        let embedder = try embedder(server, [("query_prefix", .string("q: ")), ("batch_tokens", .int(4))])
        let texts = ["a", "", "four", "eight ch", "sixteen chars ok", "x", "y", "z"]
        let batch = try await embedder.embed(texts, as: .query)
        #expect(batch.count == 8)
        for (index, text) in texts.enumerated() {
            let length = Double("q: \(text)".utf8.count)
            #expect(abs(Double(batch.row(index).first ?? 0) - length / (length * length + 1).squareRoot()) < 1e-6)
        }
        #expect(server.log.requests.count > 1)
        #expect(server.log.requests.first?.json["input"]?.arrayValue?.first == "q: a")
        #expect(try await embedder.embed([], as: .document).count == 0)
    }

    @Test func batchesByTokensAndPutsLongTextsAlone() throws {
        let server = try LoopbackServer { request, _ in Self.answer(request) }
        let embedder = try embedder(server, [("batch_tokens", .int(30)), ("max_tokens", .int(20))])
        let texts = [40, 40, 40, 40, 200, 4, 4].map { String(repeating: "x", count: $0) }
        #expect(embedder.batches(texts) == [0..<3, 3..<4, 4..<5, 5..<7])
    }

    @Test(arguments: [
        (#"{"data":[{"index":0,"embedding":[1,0]}]}"#, "embed.count"),
        (#"{"data":[{"index":0,"embedding":[1,0]},{"index":0,"embedding":[1,0]}]}"#, "embed.order"),
        (#"{"data":[{"index":0,"embedding":[1,0]},{"index":2,"embedding":[1,0]}]}"#, "embed.order"),
        (#"{"data":[{"index":0,"embedding":[1,0,0]},{"index":1,"embedding":[1,0]}]}"#, "embed.dimension"),
        (#"{"data":[{"index":0,"embedding":[0,0]},{"index":1,"embedding":[1,0]}]}"#, "embed.vector"),
        (#"{"data":"no"}"#, "embed.protocol"), ("", "embed.protocol"),
    ]) func refusesWrongReplies(_ body: String, _ code: String) async throws {
        let server = try LoopbackServer { _, _ in .answer(200, body) }
        let embedder = try embedder(server)
        #expect(await errorCode { _ = try await embedder.embed(["a", "b"], as: .document) } == code)
    }

    @Test func noticesTruncation() async throws {
        let server = try LoopbackServer { request, _ in Self.answer(request, tokens: 16) }
        let embedder = try embedder(server, [("max_tokens", .int(16))])
        let long = String(repeating: "word ", count: 40)
        #expect(await errorCode { _ = try await embedder.embed([long], as: .document) } == "embed.truncated")
        #expect(await errorCode { _ = try await embedder.embed(["short"], as: .document) } == "none")
    }

    @Test func triesAgain() async throws {
        let server = try LoopbackServer { request, number in
            number == 0 ? .answer(503, "{}", [("retry-after-ms", "1")]) : Self.answer(request)
        }
        #expect(try await embedder(server).embed(["a"], as: .document).count == 1)
    }

    @Test func outputIsPinned() async throws {
        let server = try LoopbackServer { request, _ in Self.answer(request) }
        let batch = try await embedder(server).embed(["one", "two words", "drei Wörter hier"], as: .document)
        let body = server.log.requests.first?.text ?? ""
        // Another request or another rounding needs another version of the component.
        #expect(
            SHA256.hex(body + batch.values.map { "\($0.bitPattern) " }.joined())
                == "d9ca79c01a3b915dd2ac43fce9f90830bc41c4caa29916b84822b0ec91a256b7"
        )
    }

    @Test func refusesWrongOptions() async throws {
        let server = try LoopbackServer { request, _ in Self.answer(request) }
        #expect(await errorCode { _ = try embedder(server, [("engine", .string("x"))]) } == "config.missing")
        #expect(await errorCode { _ = try embedder(server, [("dimensions", .int(3))]) } == "config.unknown-key")
    }
}
