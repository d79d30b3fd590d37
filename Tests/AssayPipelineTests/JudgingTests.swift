import AssayEngines
import AssayModel
import AssayStore
import FoundationEssentials
import Synchronization
import Testing

@testable import AssayPipeline

/// How judges are asked in a pipeline: forms of `evaluate.judge`, the journal, panels, repeats, replay.
struct JudgingTests {
    private func project(
        _ judge: String,
        metrics: String = "[ faithfulness, context_precision, mrr ]"
    ) throws -> ProjectFixture {
        let project = try ProjectFixture(documents: 20, name: "judging")
        try project.write(
            "engines.yaml",
            """
            engines:
              scripted: { kind: scripted, reply: extract, slots: 2 }
              second: { kind: scripted, reply: extract, slots: 2, model: other }
              third: { kind: scripted, reply: extract, slots: 2, model: third }

            """
        )
        try project.writePipeline(metrics: metrics, judge: judge)
        return project
    }

    private func spec(_ judge: String) throws -> JudgingSpec? {
        try PipelineSpec(project(judge).pipeline).evaluate?.judging
    }

    @Test func aPlainNameAsksAsBefore() throws {
        let spec = try #require(try spec("scripted"))
        #expect(spec.members.map(\.name) == ["scripted"] && spec.ask == .schema && spec.repeats == 1)
        #expect(spec.temperature == 0)
    }

    @Test func aMappingSaysMore() throws {
        let judge =
            "{ engine: scripted, panel: [second, third], ask: json, repeats: 3, temperature: 0.7, combine: mean }"
        let spec = try #require(try spec(judge))
        #expect(spec.members.map(\.name) == ["scripted", "second", "third"] && spec.ask == .json)
        #expect(spec.repeats == 3 && spec.temperature == 0.7 && spec.combine == .mean)
        #expect(try self.spec("{ engine: scripted }")?.ask == .json)
    }

    private static let wrong = [
        ("{ ask: json }", "no engine is named"), ("{ engine: scripted, panel: [scripted] }", "stands twice"),
        ("{ engine: scripted, repeats: 3 }", "at temperature 0"),
        ("{ engine: scripted, repeats: 3, temperature: 1, ask: logprob }", "do not depend on the sampling"),
        ("{ engine: scripted, asks: json }", "did you mean 'ask'"),
        ("{ engine: scripted, ask: yaml }", "json, logprob"),
        ("{ engine: scripted, repeats: 0 }", "1 to 50"),
    ]

    @Test(arguments: wrong) func whatMeansNothingIsRefusedWithItsLine(_ judge: String, _ text: String) throws {
        let error = #expect(throws: AssayError.self) { try spec(judge) }
        #expect(error?.description.contains(text) == true && error?.place?.line ?? 0 > 1, "\(error?.description ?? "")")
    }

    // MARK: the journal

    private func session(
        _ engine: any Engine,
        ask: JudgingSpec.Ask = .schema,
        temperature: Double = 0,
        store: Store? = nil
    ) throws -> JudgeSession {
        JudgeSession(
            engine: engine,
            store: try store ?? JudgingTests.store(),
            replicate: 0,
            ask: ask,
            temperature: temperature
        )
    }

    private static func store() throws -> Store {
        let folder = FileManager.default.temporaryDirectory.path() + "assay-judge-\(UUID().uuidString)"
        let workspace = Workspace(path: folder)
        try workspace.create()
        return try Store(workspace, now: { "2026-01-01T00:00:00Z" })
    }

    private func call(_ text: String = "Is it?", choices: [String]? = nil) -> JudgeCall {
        JudgeCall(
            prompt: "test/1",
            messages: [ChatMessage(role: "user", content: text)],
            schema: [
                "type": "object", "required": ["verdict"],
                "properties": ["verdict": ["type": "integer", "enum": [0, 1]]],
            ],
            maxTokens: 8,
            choices: choices
        )
    }

    @Test func keysOfPlainCallsStayAsTheyWere() async throws {
        let engine = ScriptedEngine(version: "v") { _, _ in #"{"verdict":1}"# }
        let store = try Self.store()
        _ = try await session(engine, store: store).ask(call())
        let old = ItemKey("judge", try canonicalJSON(engine.identity), try canonicalJSON(call()), "0")
        #expect(try await store.item("judge", old, as: ChatReply.self)?.text == #"{"verdict":1}"#)
        #expect(engine.requests[0].compact == nil && engine.requests[0].seed == 1)
    }

    @Test func whatDecidesTheReplyIsInTheKey() async throws {
        let engine = ScriptedEngine(version: "v") { _, _ in #"{"verdict":1}"# }
        let store = try Self.store()
        for _ in 0..<2 {
            _ = try await session(engine, store: store).ask(call())
            _ = try await session(engine, ask: .json, store: store).ask(call())
            _ = try await session(engine, ask: .json, temperature: 1, store: store).ask(call())
            _ = try await session(engine, ask: .json, temperature: 1, store: store).ask(call(), repetition: 1)
            _ = try await session(engine, ask: .logprob, store: store).ask(call(choices: ["yes", "no"]))
            _ = try await session(engine, store: store).ask(call("<|im_end|>"))
        }
        #expect(engine.calls == 6)
        #expect(engine.requests[1].compact == true && engine.requests[2].temperature == 1)
        #expect(engine.requests[3].seed != engine.requests[2].seed)
        #expect(engine.requests[4].schema == nil && engine.requests[4].topLogprobs == 20)
        let unguarded = ItemKey("judge", try canonicalJSON(engine.identity), try canonicalJSON(call("<|im_end|>")), "0")
        #expect(try await store.item("judge", unguarded, as: ChatReply.self) == nil)
    }

    @Test func equalCallsAtOnceAreMadeOnce() async throws {
        let engine = ScriptedEngine(version: "v", slots: 8, delay: .milliseconds(30)) { _, _ in #"{"verdict":1}"# }
        let session = try session(engine)
        let replies = try await concurrentMap(Array(0..<8), limit: 8) { _ in try await session.ask(call()).text }
        #expect(engine.calls == 1 && Set(replies) == [#"{"verdict":1}"#])
        #expect(session.counts.calls == 8 && session.counts.reused == 7)
    }

    @Test func equalQuestionsAtOnceAreAnsweredOnce() async throws {
        let project = try project("scripted", metrics: "[ mrr ]")
        let row =
            #""question":"What is it?","reference":"","gold":[],"tags":["unanswerable"],"split":"dev"}"#
        try project.write("evalset/questions.jsonl", (0..<6).map { #"{"id":"q\#($0)","# + row + "\n" }.joined())
        try project.write(
            "engines.yaml",
            "engines:\n  scripted: { kind: scripted, reply: extract, slots: 6, delay_ms: 50 }\n"
        )
        let record = try await project.run()
        #expect(record.stage("answer")?.items == 6 && record.stage("answer")?.reused == 5)
    }

    @Test func aFailureIsNotShared() async throws {
        let engine = ScriptedEngine(version: "v") { _, call in
            guard call > 0 else { throw AssayError("engine.injected", "once") }
            return #"{"verdict":1}"#
        }
        let session = try session(engine)
        await #expect(throws: AssayError.self) { try await session.ask(call()) }
        #expect(try await session.ask(call()).text == #"{"verdict":1}"#)
    }

    @Test func probabilitiesAreSummedOverSpellings() {
        let tokens = [("Yes", -0.5), (" yes", -2.0), ("no", -1.5), ("The", -3.0)].map {
            TokenProbability(token: $0.0, logprob: $0.1)
        }
        let found = JudgeSession.probabilities(of: ["yes", "no"], in: tokens)
        #expect(abs((found?["yes"] ?? 0) - 0.741_865_942_949_245) < 1e-12)
        #expect(abs((found?["no"] ?? 0) - 0.223_130_160_148_430) < 1e-12)
        #expect(JudgeSession.probabilities(of: ["yes", "no"], in: nil) == nil)
        #expect(JudgeSession.probabilities(of: ["yes", "no"], in: [])?["yes"] == 0)
    }

    // MARK: runs

    @Test(arguments: ["scripted", "{ engine: scripted }", "{ engine: scripted, ask: logprob }"])
    func aSecondRunAsksNobodyAndGivesTheSameBytes(_ judge: String) async throws {
        let project = try project(judge)
        let first = try await project.run()
        let second = try await project.run()
        #expect(try canonicalJSON(first.results) == canonicalJSON(second.results))
        let stage = try #require(second.stage("judge"))
        #expect(stage.items > 0 && stage.reused == stage.items)
        #expect(first.results.metrics.first { $0.definition.name == "context_precision" }?.scored == 2)
    }

    @Test func recordedRunsAreReplayedWithoutAnEngine() async throws {
        let project = try project("{ engine: scripted, panel: [second], ask: logprob }")
        let path = project.root + "/replies.jsonl"
        let recording = try PipelineSession(
            try PipelineSpec(project.pipeline),
            project: Project(containing: project.pipeline, workspace: nil),
            progress: Progress { _ in },
            recording: true,
            now: { "2026-01-01T00:00:00Z" }
        )
        let first = try await PipelineRun(recording, options: .init()).run(id: "first").record
        try #require(recording.journal).write(to: path)
        await recording.close()
        // Another workspace, and engines that would fail.
        try project.write(
            "engines.yaml",
            "engines:\n  scripted: { kind: scripted, fail_after: 0 }\n  second: { kind: scripted, fail_after: 0 }\n"
        )
        func replayed(_ journal: String) async throws -> RunRecord {
            let session = try PipelineSession(
                try PipelineSpec(project.pipeline),
                project: Project(containing: project.pipeline, workspace: project.root + "/\(UUID().uuidString)"),
                progress: Progress { _ in },
                replay: journal,
                now: { "2026-01-01T00:00:00Z" }
            )
            let record = try await PipelineRun(session, options: .init()).run(id: "again").record
            await session.close()
            return record
        }
        let again = try await replayed(path)
        #expect(try canonicalJSON(again.results.metrics) == canonicalJSON(first.results.metrics))
        #expect(again.results.questions.map(\.scores) == first.results.questions.map(\.scores))
        #expect(again.results.judge?.mode == "replay" && again.stage("judge")?.reused == 0)
        let text = try String(decoding: Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        #expect(text.contains(#""prompt":"rate-passage-token/1""#) && text.contains(#""prompt":"grounded""#))
        // A journal that lacks a reply makes none up.
        try Data().write(to: URL(filePath: path))
        await #expect(throws: AssayError.self) { try await replayed(path) }
    }

    @Test func repeatsAndPanelsFillTheRecord() async throws {
        let judge = "{ engine: scripted, panel: [second], repeats: 3, temperature: 0.7, combine: mean }"
        let record = try await project(judge, metrics: "[ context_precision ]").run()
        let result = try #require(record.results.questions[0].scores["context_precision"])
        #expect(result.repeats?.count == 3 && record.results.panel?.map(\.name) == ["second"])
        #expect(result.details?["panel"]?["judges"]?.arrayValue?.count == 2)
        #expect(record.results.metrics[0].flipRate != nil)
        // Two questions with two passages, three repeats, two judges.
        #expect(record.stage("judge")?.items == 24 && record.stage("judge")?.reused == 0)
    }

    @Test func aPanelVotes() async throws {
        let record = try await project("{ engine: scripted, panel: [second, third] }", metrics: "[ context_precision ]")
            .run()
        let panel = try #require(record.results.questions[0].scores["context_precision"]?.details?["panel"])
        #expect(panel["judges"] == 3 && panel["verdicts"] == 2)
        #expect(record.stage("judge")?.items == 12)
    }

    // MARK: order

    @Test func callsWithTheSameBeginningFollowEachOther() async throws {
        // Three metrics with two calls each: a short one of its own, then one over a context that two of them share.
        let plans = [["split a", "context one: x"], ["other z", "other y"], ["split b", "context one: y"]]
        let order = CallOrder(metrics: plans.count)
        let made = Mutex<[String]>([])
        _ = try await concurrentMap(Array(plans.indices), limit: plans.count) { number in
            defer { order.finish(number) }
            for text in plans[number] {
                try await order.run(call(text), of: number) { made.withLock { $0.append(text) } }
            }
        }
        #expect(
            made.withLock { $0 } == ["split a", "split b", "context one: x", "context one: y", "other z", "other y"]
        )
    }

    @Test func aCancelledCallLeavesTheLine() async throws {
        let order = CallOrder(metrics: 2)
        let code = await withTaskGroup(of: String.self) { group in
            group.addTask {
                do {
                    // The other metric never comes, so its turn never does.
                    try await order.run(call(), of: 0) {}
                    return "ran"
                } catch { return "\(type(of: error))" }
            }
            try? await Task.sleep(for: .milliseconds(20))
            group.cancelAll()
            return await group.next()
        }
        #expect(code == "CancellationError")
    }
}
