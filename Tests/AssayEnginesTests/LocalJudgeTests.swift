import AssayModel
import FoundationEssentials
import Testing

@testable import AssayEngines

#if canImport(Glibc)
import Glibc
#endif

/// The ways of asking a judge, on the real engine.
@Suite(.serialized, .enabled(if: RealModel.isThere, "needs ASSAY_LLAMA_PYTHON and ASSAY_GGUF"))
struct LocalJudgeTests {
    @Test(arguments: EngineCanary.allCases) func theDefaultModelObeys(_ canary: EngineCanary) async throws {
        let engine = try RealModel.engine(.strict)
        try await canary.check(engine)
        await engine.shutdown()
    }

    @Test func compactRepliesHaveNoWhiteSpaceAndFewerTokens() async throws {
        let engine = try RealModel.engine(.strict)
        let entry: JSONValue = [
            "type": "object", "additionalProperties": false, "required": ["index", "verdict"],
            "properties": [
                "index": ["type": "integer", "enum": [1, 2, 3]], "verdict": ["type": "integer", "enum": [0, 1]],
            ],
        ]
        var request = ChatRequest(
            messages: [
                ChatMessage(role: "user", content: "Are these right? 1. Fire is hot. 2. Ice is hot. 3. Snow is white.")
            ],
            maxTokens: 200,
            schema: [
                "type": "object", "additionalProperties": false, "required": ["verdicts"],
                "properties": ["verdicts": ["type": "array", "minItems": 3, "maxItems": 3, "items": entry]],
            ]
        )
        let free = try await engine.chat(request, onDelta: nil)
        request.compact = true
        let compact = try await engine.chat(request, onDelta: nil)
        #expect(compact.finish == .stop && !compact.text.contains { $0.isWhitespace })
        let entries = try JSONValue(parsing: compact.text)["verdicts"]?.arrayValue ?? []
        #expect(entries.map { $0["index"] } == [1, 2, 3])
        #expect(compact.usage.completionTokens <= free.usage.completionTokens, "\(compact.text) \(free.text)")
        await engine.shutdown()
    }

    @Test func aSecondTokenCallFindsThePrefixOfTheFirst() async throws {
        let engine = try RealModel.engine(.fast)
        let context = String(repeating: "The harbour lies at the mouth of the river. ", count: 20)
        func ask(_ statement: String) -> ChatRequest {
            ChatRequest(
                messages: [ChatMessage(role: "user", content: context + "\nStatement: \(statement) Answer yes or no.")],
                maxTokens: 1,
                topLogprobs: 20
            )
        }
        let first = try await engine.chat(ask("It lies at the river."), onDelta: nil)
        let second = try await engine.chat(ask("It is on a hill."), onDelta: nil)
        for reply in [first, second] {
            let tokens = try #require(reply.firstToken)
            #expect(tokens.count == 20 && reply.usage.completionTokens == 1)
            #expect(tokens.map { exp($0.logprob) }.reduce(0, +) <= 1.001)
        }
        let all = try #require(first.timings.processedTokens)
        let rest = try #require(second.timings.processedTokens)
        #expect(all > 150 && rest < all / 5, "\(all), then \(rest)")
        await engine.shutdown()
    }
}
