import AssayModel
import AssayTestServer
import Testing

@testable import AssayEngines

/// Compact grammars, probabilities of the first token, canaries.
struct JudgeRequestTests {
    private let verdicts: JSONValue = [
        "type": "object", "additionalProperties": false, "required": ["verdicts"],
        "properties": [
            "verdicts": [
                "type": "array", "minItems": 2, "maxItems": 2,
                "items": [
                    "type": "object", "additionalProperties": false, "required": ["index", "verdict"],
                    "properties": [
                        "index": ["type": "integer", "enum": [1, 2]], "verdict": ["type": "integer", "enum": [0, 1]],
                    ],
                ],
            ]
        ],
    ]

    @Test func aListOfVerdictsIsNumberedAndHasNoWhiteSpace() throws {
        let grammar = try #require(JSONGrammar.text(for: verdicts))
        let entry = { (index: Int) in #""{\"index\":" "\#(index)" ",\"verdict\":" ("0" | "1") "}""# }
        #expect(
            grammar.split(separator: "\n").first.map { String($0) }
                == #"root ::= "{\"verdicts\":" "[" \#(entry(1)) "," \#(entry(2)) "]" "}""#
        )
        #expect(grammar.contains(#"char ::= [^"\\\x7F\x00-\x1F] | "\\" ["\\/]"#))
    }

    @Test func freeListsNameTheirElement() throws {
        let schema: JSONValue = [
            "type": "object", "required": ["statements"],
            "properties": [
                "statements": [
                    "type": "array", "minItems": 0, "maxItems": 8,
                    "items": ["type": "string", "minLength": 1, "maxLength": 300],
                ]
            ],
        ]
        let lines = try #require(JSONGrammar.text(for: schema)).split(separator: "\n")
        #expect(lines[0] == #"root ::= "{\"statements\":" "[" (item0 ("," item0){0,7})? "]" "}""#)
        #expect(lines[1] == #"item0 ::= "\"" char{1,300} "\"""#)
    }

    @Test func literalsAreEscapedAndUnknownSchemasLeftToTheEngine() {
        #expect(JSONGrammar.text(for: ["const": "a\"b\\"])?.hasPrefix(#"root ::= "\"a\\\"b\\\\\"""#) == true)
        #expect(
            JSONGrammar.text(for: ["type": "integer", "minimum": 1, "maximum": 3])?.hasPrefix(
                #"root ::= ("1" | "2" | "3")"#
            ) == true
        )
        for schema: JSONValue in [
            ["$ref": "#/x"], ["type": "string", "pattern": "^a$"], ["enum": []], ["type": "array"], "text",
            ["type": "object", "required": ["a"], "properties": [:]],
        ] {
            #expect(JSONGrammar.text(for: schema) == nil, "\(schema.text)")
        }
    }

    private func body(llama: Bool, _ request: ChatRequest) async throws -> JSONValue {
        let server = try LoopbackServer { _, _ in .events(streamEvents(["ok"])) }
        let engine = try remoteEngine(server) {
            $0.capabilities.isLlama = llama
            $0.capabilities.tokenPrompts = .never
        }
        _ = try await engine.chat(request, onDelta: nil)
        return try #require(server.log.requests.first).json
    }

    @Test func onlyLlamaGetsAGrammarAndOnlyWhenAsked() async throws {
        var request = ChatRequest(messages: question.messages, maxTokens: 9, schema: verdicts, compact: true)
        let llama = try await body(llama: true, request)
        #expect(llama["grammar"]?.stringValue == JSONGrammar.text(for: verdicts) && llama["response_format"] == nil)
        #expect(try await body(llama: false, request)["response_format"]?["json_schema"]?["schema"] == verdicts)
        request.compact = nil
        let plain = try await body(llama: true, request)
        #expect(plain["grammar"] == nil && plain["response_format"] != nil && plain["logprobs"] == nil)
    }

    @Test func requestsWithoutTheNewFieldsKeepTheirDigest() throws {
        let request = ChatRequest(messages: [ChatMessage(role: "user", content: "a")], maxTokens: 1)
        #expect(
            try canonicalJSON(request)
                == #"{"maxTokens":1,"messages":[{"content":"a","role":"user"}],"seed":0,"stop":[],"temperature":0,"topP":1}"#
        )
        let reply = ChatReply(
            text: "a",
            finish: .stop,
            usage: Usage(promptTokens: 1, completionTokens: 1),
            timings: CallTimings(totalMs: 1)
        )
        let text = try canonicalJSON(reply)
        #expect(!text.contains("firstToken") && !text.contains("processedTokens"))
    }

    @Test func readsTheProbabilitiesAndTheTokensProcessed() async throws {
        let chunk =
            #"{"choices":[{"finish_reason":"length","index":0,"delta":{"content":"No"},"logprobs":{"content":[{"token":"No","#
            + #""logprob":-0.5,"top_logprobs":[{"token":"No","logprob":-0.5},{"token":"Yes","logprob":-2}]}]}}]}"#
        let end =
            #"{"choices":[],"usage":{"prompt_tokens":64,"completion_tokens":1},"timings":{"cache_n":60,"prompt_n":4}}"#
        let server = try LoopbackServer { _, _ in .events([chunk, end, "[DONE]"]) }
        let request = ChatRequest(messages: question.messages, maxTokens: 1, topLogprobs: 20)
        let reply = try await remoteEngine(server).chat(request, onDelta: nil)
        #expect(reply.firstToken == [.init(token: "No", logprob: -0.5), .init(token: "Yes", logprob: -2)])
        #expect(reply.timings.processedTokens == 4 && reply.usage.cachedTokens == 60 && reply.usage.promptTokens == 64)
    }

    @Test func scriptedEnginesGiveProbabilities() async throws {
        let request = ChatRequest(messages: question.messages, maxTokens: 1, topLogprobs: 20)
        let scripted = ScriptedEngine { _, _ in "no:0.25 yes:0.75" }
        let reply = try await scripted.chat(request, onDelta: nil)
        #expect(reply.text == "yes" && reply.firstToken?.map(\.token) == ["yes", "no"])
        let config = EngineConfig(name: "s", kind: .scripted, model: "s")
        let first = try await ScriptedEngine(config).chat(request, onDelta: nil)
        #expect(first.firstToken?.count == 4)
        #expect(try await ScriptedEngine(config).chat(request, onDelta: nil).firstToken == first.firstToken)
    }

    @Test(arguments: EngineCanary.allCases) func canariesPassWhatObeysAndNameWhatDoesNot(
        _ canary: EngineCanary
    ) async throws {
        try await canary.check(ScriptedEngine(EngineConfig(name: "s", kind: .scripted, model: "s")))
        // A canary that always sings would pass this engine, too: it says hello, whatever it is asked for.
        let server = try LoopbackServer { _, _ in .events(streamEvents(["Hello!"])) }
        let error = await #expect(throws: AssayError.self) { try await canary.check(try remoteEngine(server)) }
        #expect(error?.code == "judge.canary" && error?.remedy?.contains("ask:") == true)
    }
}
