import AssayModel
import Foundation
import Testing

/// Recording, replaying and comparing judged runs with the real binary.
@Suite(.enabled(if: Assay.isBuilt))
struct JudgeCommandTests {
    private func project() throws -> CommandProject {
        let project = try CommandProject(documents: 4)
        try project.write("pipeline.yaml", pipeline("scripted"))
        return project
    }

    private func pipeline(_ answer: String) -> String {
        CommandProject.pipeline([
            "answer": "{ engine: \(answer), context: 2 }",
            "evaluate":
                "{ evalset: evalset, metrics: [ context_precision, mrr ], judge: { engine: scripted, ask: logprob } }",
        ])
    }

    private func record(_ result: Assay.Result) throws -> RunRecord {
        #expect(result.status == 0, "\(result.errors)")
        return try JSONDecoder().decode(RunRecord.self, from: Data(result.output.utf8))
    }

    @Test func aRecordedRunIsReplayedElsewhere() throws {
        let project = try project()
        let first = try record(project.assay.run("run", "--json", "--record", "replies.jsonl", "pipeline.yaml"))
        #expect(first.results.metrics[0].scored == 4)
        try project.write("engines.yaml", "engines:\n  scripted: { kind: scripted, fail_after: 0 }\n")
        let replay = ["run", "--json", "--workspace", "elsewhere", "--replay", "replies.jsonl", "pipeline.yaml"]
        let again = try record(project.assay.start(replay).finish())
        #expect(again.results.metrics == first.results.metrics && again.results.engine?.mode == "replay")
        try project.write("replies.jsonl", "{\"key\": 1}\n")
        let broken = try project.assay.start([
            "run", "--workspace", "third", "--replay", "replies.jsonl", "pipeline.yaml",
        ])
        .finish()
        #expect(broken.status == 1 && broken.errors.contains("not a line of a replay journal"), "\(broken.errors)")
    }

    @Test func pairwisePrintsOrderConsistency() throws {
        let project = try project()
        try project.write(
            "engines.yaml",
            "engines:\n  scripted: { kind: scripted, reply: extract }\n  fixed: { kind: scripted, reply: fixed, text: \"No idea.\" }\n"
        )
        let one = try record(project.assay.run("run", "--json", "pipeline.yaml"))
        try project.write("other.yaml", pipeline("fixed"))
        let two = try record(project.assay.run("run", "--json", "other.yaml"))
        let compared = try project.assay.run("judge", "pairwise", one.id, two.id, "--judge", "scripted")
        #expect(compared.status == 0, "\(compared.errors)")
        for text in ["order-consistency: ", "wins ", "calls: 8, of these from the journal: 0"] {
            #expect(compared.output.contains(text), "\(compared.output)")
        }
        let same = try project.assay.run("judge", "pairwise", one.id, one.id, "--judge", "scripted", "--json")
        let summary = try JSONValue(parsing: same.output)["summary"]
        #expect(
            summary?["ties"] == 4 && summary?["orderConsistency"] == nil && summary?["preference"]?.doubleValue == 0.5
        )
        #expect(try project.assay.run("judge", "pairwise", "none", two.id, "--judge", "scripted").status == 1)
        #expect(
            try project.assay.run("judge", "pairwise", one.id, two.id, "--judge", "scripted", "--ask", "x").status == 64
        )
    }
}
