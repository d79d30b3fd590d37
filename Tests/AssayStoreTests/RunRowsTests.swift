import AssayModel
import FoundationEssentials
import GRDB
import Testing

@testable import AssayStore

struct RunRowsTests {
    private func row(_ number: Int) -> QuestionResult {
        let question = Question(
            id: "q\(number)",
            question: String(repeating: "ä", count: 200),
            gold: [GoldQuote(document: "d", quote: "x")],
            tags: ["fact"]
        )
        let score: Score = number % 3 == 0 ? .notScored(reason: "none") : .scored(Double(number) / 7)
        let repeats: [Double] = [0, Double(number % 2)]
        let scores: [String: MetricResult] = [
            "token_f1": MetricResult(score, repeats: repeats),
            "zeta": MetricResult(.notApplicable(reason: "n")),
        ]
        return QuestionResult(
            sample: Sample(question: question, goldSpans: [], retrieved: [], contextCount: 0),
            scores: scores,
            failure: number == 1 ? "engine.timeout" : nil,
            attribution: number == 2 ? .notUsed : nil
        )
    }

    private func record(_ questions: Int) -> RunRecord {
        let metric = MetricDefinition(name: "token_f1", version: 1, formula: "f", needs: [.answer])
        let rows = (0..<questions).map(row)
        let results = RunResults(
            pipeline: "p",
            specHash: "h",
            spec: ["a": 1],
            corpus: CorpusSummary(name: "c", fingerprint: "f", documents: 1, chunks: 1, bytes: 1, tokens: 1),
            metrics: [
                MetricSummary(
                    definition: metric,
                    mean: 0.5,
                    low: nil,
                    high: nil,
                    scored: 1,
                    notScored: 0,
                    notApplicable: 0,
                    clusters: 1
                )
            ],
            questions: rows
        )
        let environment = RunEnvironment(
            assay: "a",
            started: "2026",
            processor: "p",
            cores: 1,
            memoryGiB: 1,
            system: "s",
            libraries: [:]
        )
        let call = CallTimings(firstTokenMs: 3, totalMs: 9)
        let timings = RunTimings(questions: ["q0": QuestionTiming(retrieveMs: 1.5, answer: call)])
        return RunRecord(id: "r", status: .success, results: results, environment: environment, timings: timings)
    }

    private func store() throws -> Store {
        let workspace = Workspace(path: temporaryFolder())
        try workspace.create()
        return try Store(workspace, now: { "t" })
    }

    @Test func aRunComesBackWholeAndInParts() async throws {
        let store = try store()
        let record = record(2_300)
        try await store.put(run: record)
        try await store.put(run: record)
        let back = try await store.run("r")
        #expect(back == record)
        let stored = try #require(try await store.storedRun("r"))
        #expect(stored.rows == 2_300)
        #expect(stored.metrics == ["token_f1", "zeta"])
        #expect(stored.head.results.questions.isEmpty)
        let cards = try await store.runCards("r")
        #expect(cards.count == 2_300)
        #expect(cards[0] == QuestionCard(record.results.questions[0], timing: cards[0].timing, metrics: stored.metrics))
        #expect(cards[0].timing?.answer?.totalMs == 9)
        #expect(cards[0].text.utf8.count <= QuestionCard.textBytes + 3)
        #expect(cards[1].outcome == .failed)
        #expect(cards[1].repeats == [QuestionCard.Repeats(metric: 0, count: 2, differ: true)])
        #expect(cards[2].attribution == .notUsed)
        #expect(try await store.runRows("r", numbers: [2_299, 4]).map(\.result.sample.question.id) == ["q2299", "q4"])
        #expect(try await store.heads(of: "p", last: 5).map(\.metrics) == [record.results.metrics])
        #expect(cards[0].sources == ["d"])
        #expect(try await store.run("none") == nil)
    }

    /// Runs of versions that kept the questions inside the record.
    @Test func oldRunsStayReadable() async throws {
        let store = try store()
        let record = record(3)
        let payload = Data(try canonicalJSON(record).utf8)
        try await store.pool.write { db in
            try db.execute(
                sql:
                    "INSERT INTO runs (id, pipeline, spec_hash, status, started, record) VALUES (?, 'p', 'h', 'success', 't', ?)",
                arguments: [record.id, payload]
            )
        }
        #expect(try await store.run("r") == record)
        #expect(try await store.storedRun("r")?.rows == 0)
    }

    @Test func damagedCardsAreAnError() throws {
        let bytes = QuestionCard.encode([
            QuestionCard(record(1).results.questions[0], timing: nil, metrics: ["token_f1"])
        ])
        for length in 0..<bytes.count {
            #expect(throws: AssayError.self) { try QuestionCard.decode(Array(bytes.prefix(length))) }
        }
        #expect(try QuestionCard.decode(bytes).count == 1)
    }
}
