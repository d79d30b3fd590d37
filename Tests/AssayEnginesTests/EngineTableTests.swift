import AssayEngines
import AssayHTTP
import AssayModel
import AssayTestServer
import FoundationEssentials
import Testing

/// The laws of `Engine`, over every kind that runs without a model.
struct EngineTableTests {
    static let kinds: [EngineConfig.Kind] = [.openai, .scripted, .replay]

    private func engine(_ kind: EngineConfig.Kind) async throws -> (any Engine, LoopbackServer) {
        let server = try LoopbackServer { _, _ in [.wait(.milliseconds(5))] + .events(streamEvents(["A ", "reply."])) }
        var config = remoteConfig(server)
        config.kind = kind
        if kind == .replay {
            let path = FileManager.default.temporaryDirectory.path + "/journal-\(UUID().uuidString).jsonl"
            let reply = try await ScriptedEngine { _, _ in "A reply." }.chat(question, onDelta: nil)
            try Data((ReplayJournal.line(for: question, reply: reply) + "\n").utf8).write(to: URL(filePath: path))
            config.journalPath = path
        }
        return (try makeEngine(config, environment: [:]), server)
    }

    @Test(arguments: kinds) func streamedTextIsTheTextReturned(_ kind: EngineConfig.Kind) async throws {
        let (engine, _) = try await engine(kind)
        try await engine.prepare()
        try await engine.prepare()
        let deltas = Deltas()
        let reply = try await engine.chat(question) { deltas.add($0) }
        #expect(!reply.text.isEmpty && deltas.all.joined() == reply.text)
        #expect(try await engine.chat(question, onDelta: nil).text == reply.text)
        #expect(engine.slots == 1 && engine.identity.name == "remote")
        await engine.shutdown()
    }

    @Test(arguments: kinds) func cancelledTaskGetsNoReply(_ kind: EngineConfig.Kind) async throws {
        let (engine, _) = try await engine(kind)
        await withTaskGroup(of: String.self) { group in
            group.cancelAll()
            group.addTask { await errorCode { _ = try await engine.chat(question, onDelta: nil) } }
            #expect(await group.next() == "CancellationError")
        }
    }

    @Test func namesAMissingKeyWithoutShowingOthers() async throws {
        var config = EngineConfig(name: "cloud", kind: .openai, model: "m")
        config.baseURL = "https://example.org/v1"
        config.apiKeyVariable = "CLOUD_KEY"
        let error = #expect(throws: AssayError.self) { try makeEngine(config, environment: ["OTHER": "secret"]) }
        #expect(error?.code == "engine.key")
        #expect(error?.description.contains("CLOUD_KEY") == true && error?.description.contains("secret") == false)
        _ = try makeEngine(config, environment: ["CLOUD_KEY": "secret"])
    }

    @Test func refusesValuesOutOfRange() async throws {
        func code(_ kind: EngineConfig.Kind, _ change: (inout EngineConfig) -> Void) async -> String {
            var config = EngineConfig(name: "x", kind: kind, model: "m")
            config.baseURL = "http://127.0.0.1:1"
            config.llama.ggufPath = "/nonexistent.gguf"
            config.contextTokens = 512
            change(&config)
            return await errorCode { _ = try makeEngine(config, environment: [:]) }
        }
        #expect(await code(.openai) { $0.slots = 0 } == "engine.config")
        #expect(await code(.openai) { $0.baseURL = "ftp://x" } == "engine.config")
        #expect(await code(.openai) { $0.requestTimeout = .zero } == "engine.config")
        #expect(await code(.openai) { $0.maxRetries = 11 } == "engine.config")
        #expect(await code(.llama) { $0.contextTokens = 0 } == "engine.config")
        #expect(await code(.llama) { $0.llama.batchTokens = 1 } == "engine.config")
        #expect(await code(.llama) { _ in } == "engine.model")
        #expect(await code(.scripted) { $0.script.failureRate = 2 } == "engine.config")
        #expect(await code(.replay) { _ in } == "engine.config")
    }
}
