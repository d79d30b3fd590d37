import AssayModel
import AssayReport
import AssayStore
import Foundation
import Testing

@testable import AssayPipeline

/// Kept answers without a service: which are chosen, what becomes of them, how long they stay.
@Suite struct TrafficTests {
    private func fixture(
        _ online: String = "{ share: 1, metrics: [ faithfulness ], judge: scripted }"
    ) throws
        -> ProjectFixture
    {
        let fixture = try ProjectFixture(documents: 2)
        try fixture.write("pipeline.yaml", try fixture.read("pipeline.yaml") + "serve: { online: \(online) }\n")
        return fixture
    }

    private func spec(_ online: String) throws -> PipelineSpec { try PipelineSpec(fixture(online).pipeline) }

    private func item(
        _ session: PipelineSession,
        _ number: Int,
        document: String = "doc-000.md",
        question: String? = nil
    ) -> TrafficItem {
        var item = TrafficItem(
            "a\(number)",
            time: "2026-01-0\(1 + number % 3)T00:00:00Z",
            session.parts,
            outcome: .answered
        )
        item.question = question ?? "What is the secret number \(number) of \(ProjectFixture.words[number])?"
        let text = "The secret number \(number) is \(number)."
        item.passages = [
            RetrievedChunk(id: "\(document)#0-9", document: document, start: 0, end: 9, score: 1, tokens: 9, text: text)
        ]
        item.answer = Answer(
            text: text + " [1]",
            citations: [
                Citation(number: 1, start: text.utf8.count + 1, end: text.utf8.count + 4, chunk: "\(document)#0-9")
            ],
            abstained: false,
            finish: .stop,
            usage: Usage(promptTokens: 9, completionTokens: 9)
        )
        item.generation = 1
        return item
    }

    @Test func theChoiceIsExact() throws {
        let ids = (0..<2_000).map { "chatcmpl-\($0)" }
        func chosen(_ share: Double, seed: Int = 1) throws -> [String] {
            let online = try #require(
                try spec("{ share: \(share), seed: \(seed), metrics: [ citation_validity ] }").serve?.online
            )
            return ids.filter(online.chooses)
        }
        let (none, all) = (try chosen(0), try chosen(1))
        #expect(none.isEmpty && all == ids)
        let few = try chosen(0.05)
        // Pinned: the same answers are chosen on every machine and in every version.
        #expect(
            few.count == 96 && few.prefix(3) == ["chatcmpl-25", "chatcmpl-58", "chatcmpl-77"],
            "\(few.count) \(few.prefix(3))"
        )
        #expect(Set(few).isSubset(of: try chosen(0.2)), "a larger share only adds")
        #expect(try chosen(0.05, seed: 2) != few)
    }

    @Test(arguments: [
        ("{ share: 1, metrics: [ token_f1 ] }", "needs labels or a reference"),
        ("{ share: 1, metrics: [ abstention_accuracy ] }", "needs labels or a reference"),
        ("{ share: 1, metrics: [ span_recall@5 ] }", "allowed are"),
        ("{ share: 1, metrics: [ faithfulness ] }", "needs a judge but serve.online.judge is not set"),
        ("{ share: 1, metrics: [ faithfulnes ], judge: scripted }", "did you mean 'faithfulness'?"),
        ("{ metrics: [ citation_validity ] }", "'share' is missing"),
        ("{ share: 2, metrics: [ citation_validity ] }", "from 0.0 to 1.0"),
        ("{ share: 1 }", "serve.online.metrics is missing"),
        ("{ share: 1, metrics: [ faithfulness ], judge: { engin: x } }", "serve.online.judge"),
        ("{ share: 1, metrics: [ faithfulness ], judge: nobody }", "nobody"),
    ])
    func whatCannotBeIsRefusedWithItsLine(_ online: String, _ part: String) async throws {
        let fixture = try fixture(online)
        let error = await #expect(throws: AssayError.self) {
            let spec = try PipelineSpec(fixture.pipeline)
            let plan = await Plan.make(spec, project: Project(containing: fixture.pipeline, workspace: nil), data: nil)
            if let first = plan.problems.first { throw first }
        }
        #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
        #expect(error?.place?.line ?? 0 > 1, "\(error?.description ?? "")")
    }

    @Test func itIsNotPartOfWhatIsMeasured() throws {
        let plain = try ProjectFixture(documents: 2)
        let served = try fixture()
        let (one, other) = (try plain.open().parts, try served.open().parts)
        #expect(one.specHash == other.specHash && one.servedHash == other.servedHash)
        #expect(other.online.map(\.definition.name) == ["faithfulness"])
        let schema = try PipelineSchema.json()
        #expect(PipelineSchemaTests.accepts(schema, try YAMLFile.read(served.pipeline).json))
        for wrong in ["{ share: 2, metrics: [ a ] }", "{ share: 1 }", "{ share: 1, metrics: [ a ], keep: 1 }"] {
            let text = try plain.read("pipeline.yaml") + "serve: { online: \(wrong) }\n"
            #expect(!PipelineSchemaTests.accepts(schema, try YAMLFile.parse(text, file: "x").json), "\(wrong)")
        }
    }

    @Test func scoresAreThoseOfAnEvaluationAndAreNotMixed() async throws {
        let fixture = try fixture("{ share: 1, metrics: [ faithfulness_verdict ], judge: scripted }")
        let session = try fixture.open()
        let judge = try OnlineJudge(session) { $1 }
        for number in 0..<4 { try await session.keep(item(session, number)) }
        #expect(try await session.unjudged(limit: 10).count == 4)
        var first: TrafficScores?
        for item in try await session.unjudged(limit: 3) {
            let scores = try await judge.judge(item, now: "2026-01-09T00:00:00Z")
            first = first ?? scores
            #expect(!scores.judgeKeys.isEmpty)
            // Asked again, all of it is in the journal.
            let before = judge.calls
            let again = try await judge.judge(item, now: "2026-01-09T00:00:00Z")
            let after = judge.calls
            #expect(again == scores && after.asked - before.asked == after.reused - before.reused)
        }
        #expect(try await session.unjudged(limit: 10).count == 1)
        let traffic = try await TrafficRecord(session, .init(), everyVersion: false)
        let summary = try #require(traffic.record.results.metrics.first)
        #expect(summary.definition.name == "faithfulness_verdict" && summary.scored == 3 && summary.notScored == 1)
        #expect(summary.clusters == 1 && summary.low == nil, "all rest on one document")
        #expect(traffic.history.runs.map(\.identity.run) == ["2026-01-01", "2026-01-02", "2026-01-03"])
        // Another judge: what the first one said is not taken for its scores.
        var other = try #require(first)
        other.fingerprint = "another"
        other.time = "2026-01-10T00:00:00Z"
        try await session.store.put("traffic-score", TrafficItem.key(other.id), other, replacing: true)
        let mixed = try await TrafficRecord(session, .init(), everyVersion: false)
        #expect(mixed.record.results.metrics.first?.scored == 1)
        let reasons = mixed.record.results.questions.compactMap { $0.scores["faithfulness_verdict"]?.score }
        #expect(reasons.contains(.notScored(reason: "judged by another judge")))
        let reports = ["markdown", "terminal", "html"]
        for name in reports {
            let text = try ReportRenderers.builtin.renderer(name).render(
                traffic.input(besidePage: nil),
                options: .init()
            )
            #expect(text.contains("faithfulness_verdict") && text.contains("feedback"), "\(name)")
        }
        await session.close()
    }

    @Test func answersOfEarlierVersionsAreLeftOut() async throws {
        let session = try fixture().open()
        var old = item(session, 0)
        old.system = "old"
        try await session.keep(old)
        try await session.keep(item(session, 1))
        let one = try await TrafficRecord(session, .init(), everyVersion: false)
        #expect(one.leftOut == 1 && one.record.results.questions.map(\.sample.question.id) == ["a1"])
        #expect(try await TrafficRecord(session, .init(), everyVersion: true).record.results.questions.count == 2)
        let none = TrafficLog.Window(since: "2027-01-01T00:00:00Z")
        await #expect(throws: AssayError.self) { try await TrafficRecord(session, none, everyVersion: true) }
    }

    /// The fixture's clock stands at the first of January: 30 days later all is old, before that only the surplus goes.
    @Test func theOldAndTheSurplusGo() async throws {
        let online = "{ share: 1, keep_days: 30, keep_answers: 3, metrics: [ faithfulness ], judge: scripted }"
        let session = try fixture(online).open()
        let judge = try OnlineJudge(session) { $1 }
        for number in 0..<5 {
            try await session.keep(item(session, number))
            _ = try await judge.judge(item(session, number), now: "2026-01-01T00:00:00Z")
        }
        try await session.keep(TrafficItem("m", time: "2026-01-01T00:00:00Z", session.parts, outcome: .failed))
        let calls = try await session.store.itemCounts()["judge"] ?? 0
        func date(_ text: String) throws -> Date { try Date(text, strategy: .iso8601) }
        #expect(try await session.pruneTraffic(now: date("2026-01-15T00:00:00Z")) == 2)
        var counts = try await session.store.itemCounts()
        #expect(counts["traffic"] == 3 && counts["traffic-score"] == 3 && counts["traffic-missed"] == 1)
        #expect(counts["judge"] ?? 0 < calls)
        #expect(try await session.pruneTraffic(now: date("2026-02-15T00:00:00Z")) == 3)
        counts = try await session.store.itemCounts()
        #expect(counts["traffic"] == nil && counts["traffic-score"] == nil && counts["traffic-missed"] == nil)
        #expect(counts["judge"] == nil)
    }

    @Test func anEvalsetHoldsNoNamesNoTenantsAndNoQuestionTwice() async throws {
        let fixture = try fixture()
        let session = try fixture.open()
        var named = item(session, 0)
        (named.key, named.tenant) = ("web-key", "acme")
        try await session.keep(named)
        try await session.keep(item(session, 1, document: "@acme/secret.md"))
        try await session.keep(item(session, 2))
        try await session.keep(item(session, 5, question: item(session, 2).question.uppercased()))
        let said = Feedback(
            answer: "not-kept",
            rating: -1,
            comment: "by Bob",
            key: "web-key",
            question: "Where is the harbor?",
            text: "There.",
            passages: [],
            generation: 1,
            specHash: session.parts.specHash,
            time: "2026-01-01T00:00:00Z",
            pipeline: session.parts.spec.name
        )
        try await session.keep(said)
        var options = TrafficEvalset.Options()
        let report = try await TrafficEvalset(session, options).write(to: fixture.root + "/all")
        #expect(report == .init(rows: 3, found: 5, duplicates: 1, tenants: 1))
        let text = try fixture.read("all/questions.jsonl")
        for name in ["web-key", "acme", "Bob", "a0"] { #expect(!text.contains(name), "\(name)") }
        options.rating = "down"
        let down = try await TrafficEvalset(session, options).write(to: fixture.root + "/down")
        let rated = try fixture.read("down/questions.jsonl")
        #expect(down.rows == 1 && rated.contains("Where is the harbor?"))
        options.rating = nil
        options.limit = 2
        _ = try await TrafficEvalset(session, options).write(to: fixture.root + "/two")
        _ = try await TrafficEvalset(session, options).write(to: fixture.root + "/same")
        #expect(try fixture.read("two/questions.jsonl") == fixture.read("same/questions.jsonl"))
        options.conditions = [try #require(TrafficEvalset.Condition("faithfulness<=0.5"))]
        await #expect(throws: AssayError.self) {
            try await TrafficEvalset(session, options).write(to: fixture.root + "/none")
        }
        #expect(TrafficEvalset.Condition("faithfulness=0.5") == nil && TrafficEvalset.Condition("<1") == nil)
    }
}
