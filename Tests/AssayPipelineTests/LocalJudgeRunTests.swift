import AssayEval
import AssayModel
import AssayStore
import FoundationEssentials
import Testing

@testable import AssayPipeline

/// What the tests with a real judge need.
private enum RealJudge {
    static let environment = ProcessInfo.processInfo.environment
    static var gguf: String { environment["ASSAY_GGUF"] ?? "" }
    static var isThere: Bool {
        environment["ASSAY_SLOW"] != nil && environment["ASSAY_LLAMA_PYTHON"] != nil && !gguf.isEmpty
    }
}

/// Judged runs and a pairwise comparison with the real engine; `make test-slow`.
@Suite(.serialized, .enabled(if: RealJudge.isThere, "needs ASSAY_SLOW, ASSAY_LLAMA_PYTHON and ASSAY_GGUF"))
struct LocalJudgeRunTests {
    private func project() throws -> ProjectFixture {
        let project = try ProjectFixture(documents: 20, name: "local-judge")
        let launcher =
            #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/scripts/llama-launcher.py"
        try project.write(
            "scripts/llama-launcher.py",
            String(decoding: Data(contentsOf: URL(filePath: launcher)), as: UTF8.self)
        )
        try project.write(
            "engines.yaml",
            """
            engines:
              scripted: { kind: scripted, reply: extract, slots: 2 }
              fixed: { kind: scripted, reply: fixed, text: "Nobody knows. [1]" }
              local: { kind: llama, model: "\(RealJudge.gguf)", mode: fast, slots: 1, context: 2048 }

            """
        )
        return project
    }

    @Test(arguments: ["json", "logprob"]) func judgesARunAndResumesIt(_ ask: String) async throws {
        let project = try project()
        let metrics = "[ context_precision: { reasons: false }, faithfulness: { statements: 3, reasons: false } ]"
        try project.writePipeline(metrics: metrics, judge: "{ engine: local, ask: \(ask) }")
        let first = try await project.run()
        let stage = try #require(first.stage("judge"))
        #expect(stage.items > 4 && stage.reused == 0)
        // The prefix cache hits: what was processed is less than what was sent.
        #expect(try #require(stage.processedTokens) < stage.promptTokens)
        let precision = try #require(first.results.metrics.first)
        #expect(precision.scored == 2, "\(first.results.questions.map { $0.scores })")
        let again = try await project.run()
        #expect(again.stage("judge")?.reused == stage.items)
        #expect(try canonicalJSON(again.results.metrics) == canonicalJSON(first.results.metrics))
    }

    @Test func comparesTwoRunsInBothOrders() async throws {
        let project = try project()
        try project.writePipeline(metrics: "[ mrr ]", name: "one.yaml")
        try project.writePipeline(answer: "{ engine: fixed, context: 2 }", metrics: "[ mrr ]", name: "two.yaml")
        let ids = [try await project.run("one.yaml").id, try await project.run("two.yaml").id]
        let place = Project(containing: project.pipeline, workspace: nil)
        let store = try Store(place.workspace, now: { "2026-01-01T00:00:00Z" })
        let run = PairwiseRun(store: store, project: place, progress: Progress { _ in })
        let report = try await run.compare(ids[0], ids[1], judge: "local", ask: .logprob)
        // Two answerable questions and one that is not, two orders each.
        #expect(report.calls == 6 && report.reused == 0 && report.rows.count == 3)
        let summary = report.summary
        #expect(summary.wins + summary.ties + summary.losses + summary.notScored == 3)
        #expect(summary.orderConsistency != nil || summary.notScored == 3)
        let again = try await run.compare(ids[0], ids[1], judge: "local", ask: .logprob)
        #expect(again.reused == 6 && again.summary == summary)
    }
}
