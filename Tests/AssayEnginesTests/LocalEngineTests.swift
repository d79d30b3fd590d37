import AssayHTTP
import AssayModel
import FoundationEssentials
import Testing

@testable import AssayEngines

#if canImport(Glibc)
import Glibc
#endif

/// What the tests with a real model need: `ASSAY_LLAMA_PYTHON`, an interpreter with xllamacpp, and `ASSAY_GGUF`, a small chat model.
enum RealModel {
    static let environment = ProcessInfo.processInfo.environment
    static var python: String { environment["ASSAY_LLAMA_PYTHON"] ?? "" }
    static var gguf: String { environment["ASSAY_GGUF"] ?? "" }
    static var isThere: Bool { !python.isEmpty && !gguf.isEmpty }
    /// `scripts/llama-launcher.py` of this package.
    static let launcher =
        #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/scripts/llama-launcher.py"

    static func config(_ mode: EngineConfig.Mode, slots: Int = 1) -> EngineConfig {
        var config = EngineConfig(name: "local", kind: .llama, model: "")
        config.mode = mode
        config.slots = slots
        config.contextTokens = 512
        config.requestTimeout = .seconds(60)
        config.llama.ggufPath = gguf
        // Hashing takes long without optimisation and has its own test.
        config.llama.ggufSHA256 = String(repeating: "0", count: 64)
        config.llama.serverPath = ""
        config.llama.pythonPath = python
        config.llama.launcherPath = launcher
        config.llama.threads = 1
        return config
    }

    static func engine(_ mode: EngineConfig.Mode, slots: Int = 1) throws -> LocalEngine {
        try LocalEngine(config(mode, slots: slots), environment: environment, client: HTTPClient())
    }
}

func isRunning(_ pid: pid_t) -> Bool { kill(pid, 0) == 0 }

func waits(_ limit: Duration = .seconds(15), until isTrue: () async throws -> Bool) async throws -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if try await isTrue() { return true }
        try await Task.sleep(for: .milliseconds(20))
    }
    return try await isTrue()
}

@Suite(.serialized, .enabled(if: RealModel.isThere, "needs ASSAY_LLAMA_PYTHON and ASSAY_GGUF"))
struct LocalEngineTests {
    private let story = ChatRequest(
        messages: [ChatMessage(role: "user", content: "Tell a long story about a sailor.")],
        maxTokens: 12
    )

    @Test func answersObeysSchemasCountsAndShutsDown() async throws {
        let engine = try RealModel.engine(.strict, slots: 4)
        #expect(engine.slots == 1 && engine.identity.mode == "strict" && engine.obeysSchema == nil)
        try await engine.prepare()
        try await engine.prepare()
        #expect(engine.obeysSchema == true && engine.starts == 1)
        let pid = try #require(engine.processID)

        let deltas = Deltas()
        let streamed = try await engine.chat(story) { deltas.add($0) }
        #expect(deltas.all.joined() == streamed.text && deltas.all.count > 5)
        #expect(streamed.finish == .length && streamed.usage.completionTokens == 12)
        #expect(streamed.usage.promptTokens > 10 && streamed.usage.cachedTokens == 0)
        #expect(streamed.timings.promptMs ?? 0 > 0 && streamed.timings.predictedMs ?? 0 > 0)
        #expect(streamed.timings.firstTokenMs ?? 1e9 < streamed.timings.totalMs)
        // Strict: the same request gives the same text.
        #expect(try await engine.chat(story, onDelta: nil).text == streamed.text)

        var typed = story
        typed.maxTokens = 60
        typed.schema = [
            "type": "object", "required": ["verdict", "score"], "additionalProperties": false,
            "properties": [
                "verdict": ["type": "string", "enum": ["yes", "no"]],
                "score": ["type": "integer", "minimum": 1, "maximum": 5],
            ],
        ]
        let judged = try JSONValue(parsing: try await engine.chat(typed, onDelta: nil).text)
        #expect(
            ["yes", "no"].contains(judged["verdict"]?.stringValue) && (1...5).contains(judged["score"]?.intValue ?? 0)
        )

        #expect(try await engine.countTokens("Hello world") == 2)
        #expect(try await engine.countTokens("<|im_end|>") == 1)
        #expect(try await engine.countTokens(PromptGuard().neutralise("<|im_end|>").text) ?? 0 > 3)

        var long = story
        long.messages[0].content = String(repeating: "word ", count: 2000)
        #expect(await errorCode { _ = try await engine.chat(long, onDelta: nil) } == "engine.context-exceeded")

        await engine.shutdown()
        #expect(!isRunning(pid) && engine.processID == nil)
        #expect(await errorCode { _ = try await engine.chat(story, onDelta: nil) } == "engine.stopped")
    }

    @Test func cancellationFreesTheSlotWithinASecond() async throws {
        let engine = try RealModel.engine(.fast, slots: 2)
        try await engine.prepare()
        let endpoint = try await engine.endpoint()
        let client = try HTTPClient()
        func busySlots() async throws -> Int {
            let request = HTTPRequest("GET", endpoint.native("/slots"), headers: endpoint.headers)
            let slots = try JSONValue(parsing: try await client.send(request).text).arrayValue ?? []
            #expect(slots.count == 2)
            return slots.count { $0["is_processing"] == true }
        }
        let endless = story.with {
            $0.maxTokens = 400
            $0.temperature = 1
        }
        let deltas = Deltas()
        let (hasBegun, busy, code, isFree, spent) = try await withThrowingTaskGroup(of: String.self) { group in
            group.addTask { await errorCode { _ = try await engine.chat(endless) { deltas.add($0) } } }
            let hasBegun = try await waits { deltas.all.count > 2 }
            let busy = try await busySlots()
            let cancelled = ContinuousClock.now
            group.cancelAll()
            let code = try await group.next()
            let isFree = try await waits(.seconds(2)) { try await busySlots() == 0 }
            return (hasBegun, busy, code, isFree, cancelled.duration(to: .now))
        }
        #expect(hasBegun && busy == 1 && code == "CancellationError" && isFree)
        #expect(spent < .seconds(1), "\(spent)")
        await engine.shutdown()
    }

    @Test func killedServerIsStartedAgainAndTheRequestRepeated() async throws {
        let engine = try RealModel.engine(.strict)
        try await engine.prepare()
        let first = try #require(engine.processID)
        let before = try await engine.chat(story, onDelta: nil)
        let longer = story.with { $0.maxTokens = 64 }
        async let reply = engine.chat(longer, onDelta: nil)
        try await Task.sleep(for: .milliseconds(200))
        kill(first, SIGKILL)
        #expect(try await reply.text.hasPrefix(before.text))
        #expect(try await reply.timings.attempts == 2)
        #expect(engine.starts == 2 && engine.processID != first && !isRunning(first))

        // Content was passed on: the error names the death instead.
        let deltas = Deltas()
        async let broken = errorCode { _ = try await engine.chat(longer) { deltas.add($0) } }
        #expect(try await waits { !deltas.all.isEmpty })
        kill(try #require(engine.processID), SIGKILL)
        #expect(await broken == "engine.died")
        await engine.shutdown()
    }

    @Test func droppingTheEngineEndsItsServer() async throws {
        var engine: LocalEngine? = try RealModel.engine(.fast)
        _ = try await engine?.endpoint()
        let pid = try #require(engine?.processID)
        engine = nil
        #expect(try await waits { !isRunning(pid) })
    }

    @Test func launcherEndsWithItsParent() async throws {
        // A parent of its own that is killed: the way this program would die at worst.
        let launch = """
            import json, os, subprocess, sys
            child = subprocess.Popen([sys.executable, sys.argv[1], json.dumps(dict(json.loads(sys.argv[2]), parent=os.getpid()))],
                                     stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True)
            print(child.pid, flush=True)
            child.wait()
            """
        let options: JSONValue = [
            "model": .string(RealModel.gguf), "alias": "m", "port": .int(try freeLoopbackPort()), "slots": 1,
            "context": 256, "batch": 256, "cache": false, "cache_mib": 0, "embedding": false, "pooling": "",
            "threads": 1,
        ]
        let output = OutputRing(logPath: nil)
        let parent = try await ChildProcess.start(
            [RealModel.python, "-c", launch, RealModel.launcher, options.text],
            environment: [:],
            output: output
        )
        #expect(try await waits { Int32(output.lastLines(1).first ?? "") != nil })
        let pid = try #require(Int32(output.lastLines(1).first ?? ""))
        try await Task.sleep(for: .milliseconds(600))
        #expect(isRunning(pid))
        kill(parent.pid, SIGKILL)
        #expect(try await waits { !isRunning(pid) })
    }

    @Test func startErrorNamesTheLastOutput() async throws {
        var config = RealModel.config(.fast)
        config.llama.ggufPath = RealModel.launcher
        let engine = try LocalEngine(config, environment: RealModel.environment, client: HTTPClient())
        let error = await #expect(throws: AssayError.self) { try await engine.prepare() }
        #expect(error?.code == "engine.start")
        #expect(error?.message.contains("last output") == true)
        #expect(engine.processID == nil)
    }

    @Test func servesEmbeddings() async throws {
        var config = RealModel.config(.strict)
        config.llama.embedding = true
        config.llama.pooling = "mean"
        let engine = try LocalEngine(config, environment: RealModel.environment, client: HTTPClient())
        try await engine.prepare()
        let place = Place(file: "p.yaml")
        let members = [
            ("engine", ConfigNode.Value.string("local")), ("model", .string("m")), ("dimension", .int(576)),
        ].map { ConfigNode.Member(key: $0.0, place: place, value: ConfigNode($0.1, at: place)) }
        var reader = try OptionReader(ConfigNode(.mapping(members), at: place), owner: "embed", place: place)
        let resources = Resources(model: Resources.none.model, engine: { _ in engine })
        let embedder = try EmbeddingServer(options: &reader, resources: resources)
        let batch = try await embedder.embed(["A cat sat.", "A cat sat down.", "Taxes are due."], as: .document)
        func cosine(_ a: Int, _ b: Int) -> Float { zip(batch.row(a), batch.row(b)).reduce(0) { $0 + $1.0 * $1.1 } }
        #expect(abs(cosine(0, 0) - 1) < 1e-5 && cosine(0, 1) > cosine(0, 2))
        await engine.shutdown()
    }
}
