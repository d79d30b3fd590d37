import AssayModel
import FoundationEssentials
import Testing

@testable import AssayEngines

struct ScriptedEngineTests {
    static let prompt = """
        Answer from the passages and cite them.

        [1] Handbook › Leave
        You have 25 days of leave a year. Ask your lead first.
        It is paid.

        [2] Handbook › Pay
        Pay day is the 25th.

        Question: How many days?
        """

    private func engine(_ change: (inout EngineScript) -> Void = { _ in }) -> ScriptedEngine {
        var config = EngineConfig(name: "script", kind: .scripted, model: "")
        change(&config.script)
        return ScriptedEngine(config, clock: TestClock().clock)
    }

    private func ask(_ text: String, schema: JSONValue? = nil, maxTokens: Int = 64) -> ChatRequest {
        ChatRequest(messages: [ChatMessage(role: "user", content: text)], maxTokens: maxTokens, schema: schema)
    }

    @Test func extractsTheFirstSentenceWithItsCitation() async throws {
        let engine = engine()
        let deltas = Deltas()
        let reply = try await engine.chat(ask(Self.prompt)) { deltas.add($0) }
        #expect(reply.text == "You have 25 days of leave a year. [1]")
        #expect(deltas.all.joined() == reply.text)
        #expect(reply.usage.completionTokens == 9)
        #expect(
            try await engine.chat(ask("No passage."), onDelta: nil).text == "The documents do not answer this question."
        )
        #expect(engine.calls == 2 && engine.requests.count == 2)
    }

    @Test(arguments: [
        ("[1] One two. Three.\n[2] x", "One two."), ("[1]\nVersion 1.5 is out! Yes.", "Version 1.5 is out!"),
        ("  [1] (a.md)\n  No end of sentence here", "No end of sentence here"), ("[1] only words", "only words"),
        ("[2] x", nil), ("[1]\n\n", nil), ("[1]\n\nAfter an empty line.", "After an empty line."),
    ]) func findsTheFirstSentence(_ prompt: String, _ sentence: String?) {
        #expect(firstSentence(ofPassage: 1, in: prompt) == sentence)
    }

    @Test func rulesDecideFirst() async throws {
        let digest = ask("a").digest
        let engine = engine {
            $0.rules = [.init(digestPrefix: String(digest.prefix(10)), reply: "A"), .init(contains: "b", reply: "B")]
        }
        #expect(try await engine.chat(ask("a"), onDelta: nil).text == "A")
        #expect(try await engine.chat(ask("abc"), onDelta: nil).text == "B")
        #expect(engine.identity.modelHash != self.engine().identity.modelHash)
    }

    @Test func failsWhereTheScriptSaysSo() async throws {
        let engine = engine { $0.failAfter = 2 }
        for _ in 0..<2 { _ = try await engine.chat(ask("x"), onDelta: nil) }
        #expect(await errorCode { _ = try await engine.chat(ask("x"), onDelta: nil) } == "engine.injected")
        let shares = [0.0, 0.3, 1].map { rate in
            (0..<400).filter { index in
                let script = EngineScript.with { $0.failureRate = rate }
                return (try? script.reply(to: ask("q\(index)"), call: 0, engine: "e")) == nil
            }.count
        }
        #expect(shares[0] == 0 && shares[2] == 400 && (80...160).contains(shares[1]), "\(shares)")
    }

    @Test func limitsTokens() async throws {
        let reply = try await engine { $0.mode = .echo }.chat(ask("one two three", maxTokens: 2), onDelta: nil)
        #expect(reply.text == "one two " && reply.finish == .length && reply.usage.completionTokens == 2)
    }

    @Test func delaysByItsClock() async throws {
        var config = EngineConfig(name: "s", kind: .scripted, model: "")
        config.script.delay = .seconds(100)
        let time = TestClock()
        let reply = try await ScriptedEngine(config, clock: time.clock).chat(ask("x"), onDelta: nil)
        #expect(time.pauses == [.seconds(100)] && reply.timings.totalMs == 100_000)
    }

    @Test func makesInstancesOfSchemas() throws {
        let schema: JSONValue = [
            "type": "object",
            "properties": [
                "verdict": ["type": "string", "enum": ["yes", "no"]],
                "score": ["type": "integer", "minimum": 1, "maximum": 5],
                "claims": ["type": "array", "minItems": 2, "items": ["$ref": "#/$defs/claim"]],
                "skipped": ["type": "string"],
                "ratio": ["type": "number", "minimum": 0, "maximum": 1], "flag": ["type": "boolean"],
                "fixed": ["const": 3],
                "note": ["type": "string", "minLength": 20, "maxLength": 24],
                "maybe": ["anyOf": [["type": "null"], ["type": "integer"]]],
            ],
            "required": ["verdict", "score", "claims", "ratio", "flag", "fixed", "note", "maybe"],
            "$defs": ["claim": ["type": "object", "properties": ["text": ["type": "string"]], "required": ["text"]]],
        ]
        var seen: Set<String> = []
        for seed in 0..<200 {
            var random = SeededRandom(seed: UInt64(seed))
            let value = try SchemaInstance(schema).make(&random)
            seen.insert(value["verdict"]?.stringValue ?? "")
            #expect((1...5).contains(value["score"]?.intValue ?? 0))
            #expect(
                value["claims"]?.arrayValue?.count == 2 && value["claims"]?.arrayValue?[0]["text"]?.stringValue != nil
            )
            #expect((0...1).contains(value["ratio"]?.doubleValue ?? -1))
            #expect(value["fixed"] == 3 && value["skipped"] == nil && value["maybe"] != nil)
            #expect((20...24).contains(value["note"]?.stringValue?.count ?? 0))
        }
        #expect(seen == ["yes", "no"])
        var random = SeededRandom(seed: 0)
        let endless: JSONValue = ["$ref": "#"]
        #expect(throws: AssayError.self) { try SchemaInstance(endless).make(&random) }
        let huge: JSONValue = ["type": "integer", "minimum": .int(.min), "maximum": .int(.max)]
        #expect(try SchemaInstance(huge).make(&random).intValue != nil)
    }

    @Test func outputIsPinned() async throws {
        // Changes with the script's version in its digest only: keys of stored answers depend on it.
        let engine = engine()
        var text = engine.identity.modelHash ?? ""
        for index in 0..<20 {
            let schema: JSONValue = [
                "type": "object", "properties": ["n": ["type": "integer"], "w": ["type": "string"]],
            ]
            text += try await engine.chat(
                ask("\(Self.prompt) \(index)", schema: index % 2 == 0 ? schema : nil),
                onDelta: nil
            ).text
        }
        #expect(SHA256.hex(text) == "c84501f0c590886d76e3ab1a28aae2a374887f56046788422d0010dd59a4bb75")
    }

    // MARK: replay

    @Test func replaysWhatWasRecorded() async throws {
        let path = FileManager.default.temporaryDirectory.path + "/journal-\(UUID().uuidString).jsonl"
        let recorded = engine()
        let first = try await recorded.chat(ask(Self.prompt), onDelta: nil)
        let about = ReplayJournal.About(ask(Self.prompt), engine: recorded.identity, prompt: "test/1")
        let line = try ReplayJournal.line(for: ask(Self.prompt), reply: first, about: about)
        let journal = line + "\n" + #"{"key": "cut of"#
        try Data(journal.utf8).write(to: URL(filePath: path))
        var config = EngineConfig(name: "replay", kind: .replay, model: "")
        config.journalPath = path
        let engine = try makeEngine(config, environment: [:])
        let deltas = Deltas()
        #expect(try await engine.chat(ask(Self.prompt)) { deltas.add($0) } == first)
        #expect(deltas.all == [first.text])
        #expect(await errorCode { _ = try await engine.chat(ask("other"), onDelta: nil) } == "engine.not-recorded")
        try Data((#"{"key": 1}"# + "\n" + line).utf8).write(to: URL(filePath: path))
        let error = #expect(throws: AssayError.self) { try makeEngine(config, environment: [:]) }
        #expect(error?.code == "engine.journal" && error?.place?.line == 1)
    }
}

extension EngineScript {
    static func with(_ change: (inout EngineScript) -> Void) -> EngineScript {
        var script = EngineScript()
        change(&script)
        return script
    }
}
