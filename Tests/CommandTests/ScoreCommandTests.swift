import AssayModel
import Foundation
import Testing

/// `assay score` with the real binary, outside of any project.
@Suite(.enabled(if: Assay.isBuilt))
struct ScoreCommandTests {
    private let folder: String
    private var assay: Assay { Assay(folder: folder) }

    init() throws {
        folder = FileManager.default.temporaryDirectory.path() + "/assay-score-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try write("engines.yaml", "engines:\n  judge: { kind: scripted, slots: 2 }\n")
        try write(
            "samples.jsonl",
            """
            {"id":"a","question":"What color?","answer":"It is red [1].","contexts":["The gear is red.","The bolt is blue."],"retrieved":["d1","d2","d3"],"gold":["d1"],"reference":"It is red.","source":"d1"}
            {"id":"b","question":"What size?","answer":"Big.","contexts":["x"],"reference":"Small one."}
            {"id":"c","question":
            {"id":"d","question":"Anything?","answer":"I don't know","tags":["unanswerable"]}
            """
        )
        try write(
            "own.yaml",
            """
            define:
              polite: { aspect: "Is the answer polite?" }
              short: { assert: { max_words: 2 } }
            metrics: [ polite, short ]
            """
        )
    }

    private func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: folder + "/" + name))
    }

    private func record(_ arguments: String...) throws -> (record: RunRecord, errors: String) {
        let result = try assay.start(["score", "samples.jsonl", "--json", "--workspace", "ws"] + arguments).finish()
        try #require(result.status == 0, "\(result.errors)")
        return (try JSONDecoder().decode(RunRecord.self, from: Data(result.output.utf8)), result.errors)
    }

    @Test func scoresWithoutCorpusAndPipeline() throws {
        let (record, errors) = try record(
            "--metrics",
            "exact_match,token_f1,recall@2,abstention_accuracy,citation_precision"
        )
        #expect(record.results.questions.map(\.sample.question.id) == ["a", "b", "d"])
        #expect(record.results.corpus.documents == 0)
        #expect(record.results.corpus.leftOut.map(\.file) == ["samples.jsonl:3"])
        #expect(errors.contains("samples.jsonl:3"))
        func summary(_ name: String) throws -> MetricSummary {
            try #require(record.results.metrics.first { $0.definition.name == name })
        }
        #expect(try summary("exact_match").scored == 2)
        #expect(try summary("exact_match").notApplicable == 1)
        // Only the row that says what was retrieved and what is gold has a recall.
        #expect(try summary("recall@2").mean == 1)
        #expect(try summary("recall@2").scored == 1)
        #expect(try summary("abstention_accuracy").mean == 1)
    }

    @Test func aSecondRunMakesNoJudgeCalls() throws {
        let first = try record("--define", "own.yaml", "--judge", "judge").record
        let second = try record("--define", "own.yaml", "--judge", "judge").record
        let calls = first.timings.stages.first { $0.stage == "judge" }
        #expect(calls?.items == 3)
        #expect(calls?.reused == 0)
        #expect(second.timings.stages.first { $0.stage == "judge" }?.reused == 3)
        #expect(first.results == second.results)
        #expect(first.results.metrics.map(\.definition.name) == ["polite", "short"])
        #expect(first.results.questions.map { $0.scores["short"]?.score.value } == [0, 1, 0])
    }

    @Test func theRunIsARunLikeOthers() throws {
        let id = try record("--metrics", "token_f1").record.id
        let report = try assay.run("report", id, "--format", "markdown", "--workspace", "ws")
        #expect(report.status == 0)
        #expect(report.output.contains("token_f1"))
        let html = try assay.run("score", "samples.jsonl", "--metrics", "token_f1", "--report", "r.html")
        #expect(html.status == 0)
        #expect(try String(contentsOfFile: folder + "/r.html", encoding: .utf8).contains("token_f1"))
    }

    @Test func trecRunsAreSamples() throws {
        try write("labels.txt", "q1 0 d1 1\nq1 0 d2 0\nq2 0 d9 2\nq3 0 d1 1\n")
        try write("system.run", "q1 Q0 d2 1 2.0 s\nq1 Q0 d1 2 1.0 s\nq2 Q0 d9 1 0.5 s\nq9 Q0 d1 1 1 s\n")
        let result = try assay.run(
            "score",
            "system.run",
            "--qrels",
            "labels.txt",
            "--metrics",
            "recip_rank,recall@1",
            "--json",
            "--workspace",
            "ws"
        )
        try #require(result.status == 0, "\(result.errors)")
        let record = try JSONDecoder().decode(RunRecord.self, from: Data(result.output.utf8))
        #expect(record.results.questions.map { $0.scores["recip_rank"]?.score.value } == [0.5, 1, 0])
        #expect(record.results.questions.map { $0.scores["recall@1"]?.score.value } == [0, 1, 0])
    }

    @Test func mistakesOfTheCallAreSentences() throws {
        for (arguments, part) in [
            (["samples.jsonl"], "no metric is named"),
            (["samples.jsonl", "--metrics", "faithfulness"], "needs a judge"),
            (["samples.jsonl", "--metrics", "semantic_similarity"], "needs an embedder"),
            (["samples.jsonl", "--metrics", "tokn_f1"], "did you mean 'token_f1'"),
            (["samples.jsonl", "--metrics", "token_f1", "--format", "raags"], "did you mean 'ragas'"),
            (["none.jsonl", "--metrics", "token_f1"], "none.jsonl"),
            (["samples.jsonl", "--metrics", "token_f1", "--strict"], "1 rows cannot be read"),
            (["samples.jsonl", "--metrics", "token_f1", "--tag", "x"], "no sample has the tag"),
            (["samples.jsonl", "--define", "none.yaml"], "none.yaml"),
        ] {
            let result = try assay.start(["score"] + arguments).finish()
            #expect(result.status == 1, "\(arguments)")
            #expect(result.errors.contains(part), "\(arguments): \(result.errors)")
        }
    }

    @Test func declaredMetricsWorkInPipelines() throws {
        let project = try CommandProject()
        try project.write(
            "pipeline.yaml",
            CommandProject.pipeline([
                "evaluate":
                    "{ evalset: evalset, define: { names_it: { assert: { contains: \"Machine\" } } }, metrics: [ names_it ] }"
            ])
        )
        let run = try project.assay.run("run", "pipeline.yaml", "--json")
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output.contains("\"names_it\""))
        try project.write(
            "pipeline.yaml",
            CommandProject.pipeline([
                "evaluate":
                    "{ evalset: evalset, define: { token_f1: { assert: { contains: \"x\" } } }, metrics: [ token_f1 ] }"
            ])
        )
        let clash = try project.assay.run("plan", "pipeline.yaml")
        #expect(clash.status == 1)
        #expect(clash.errors.contains("pipeline.yaml:8"), "\(clash.errors)")
    }
}
