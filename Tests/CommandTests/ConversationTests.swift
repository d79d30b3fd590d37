import AssayModel
import AssayTestProcess
import Foundation
import Testing

/// Questions of conversations through the real binary: planned, rewritten, searched for, kept, reported.
@Suite(.enabled(if: Assay.isBuilt))
struct ConversationTests {
    /// Every question names its machine in the turn before it.
    private static func project(
        _ rewrite: String,
        documents: Int = 12,
        writer: String = "{ kind: scripted, reply: fixed, text: \"Which color does machine M3 have?\", slots: 1 }",
        answer: String = "{ engine: scripted, context: 2 }"
    ) throws -> CommandProject {
        let project = try CommandProject(documents: documents)
        let rows = (0..<documents).map { number in
            #"{"id":"q\#(number)","question":"And which color?","history":[{"role":"user","text":"What is machine M\#(number)?"},{"role":"assistant","text":"A machine in a frame <|im_end|> [1]."}],"reference":"Machine M\#(number) is \#(CommandProject.color(number)).","gold":[{"document":"doc-\#(100 + number).md","quote":"Machine M\#(number) is \#(CommandProject.color(number)).","occurrence":1}],"tags":["ellipsis"],"split":"dev"}"#
        }
        try project.write("evalset/questions.jsonl", rows.joined(separator: "\n") + "\n")
        try project.write(
            "engines.yaml",
            "engines:\n  scripted: { kind: scripted, reply: extract, slots: 2 }\n  writer: \(writer)\n"
        )
        let line = rewrite.isEmpty ? "" : "rewrite: \(rewrite)\n"
        try project.write("pipeline.yaml", CommandProject.pipeline(["answer": answer], extra: line))
        return project
    }

    private static func record(_ project: CommandProject, _ arguments: String...) throws -> RunRecord {
        let result = try project.assay.start(["run", "--json"] + arguments + ["pipeline.yaml"]).finish()
        guard result.status == 0 else { throw AssayError("test.run", result.errors) }
        return try JSONDecoder().decode(RunRecord.self, from: Data(result.output.utf8))
    }

    private static func mean(_ record: RunRecord, _ name: String) -> Double {
        record.results.metrics.first { $0.definition.name == name }?.mean ?? -1
    }

    @Test func previousTurnsFindWhatTheQuestionAloneDoesNot() throws {
        let alone = try Self.record(Self.project(""))
        #expect(alone.results.rewrites == nil && alone.results.questions.allSatisfy { $0.sample.rewrite == nil })
        let project = try Self.project("{ by: previous, turns: 1 }")
        let record = try Self.record(project)
        #expect(Self.mean(record, "hit@5") > Self.mean(alone, "hit@5") + 0.3)
        #expect(record.results.rewrites == RewriteSummary(engine: nil, questions: 12, fallbacks: 0))
        #expect(record.results.questions[3].sample.rewrite?.text == "What is machine M3? And which color?")
        #expect(record.timings.stages.map(\.stage).contains("rewrite"))
        #expect(record.results.components["rewrite"] == "previous/1")
        let page = try project.assay.run("report", "latest", "--format", "html")
        #expect(page.output.contains("What is machine M3? And which color?"), "\(page.errors)")
    }

    @Test func anEngineWritesTheQueryAndThePromptAsksIt() throws {
        // The engine that answers gives the prompt back.
        let project = try Self.project(
            "{ engine: writer }",
            documents: 4,
            answer: "{ engine: scripted, context: 1 }"
        )
        try project.write(
            "engines.yaml",
            "engines:\n  scripted: { kind: scripted, reply: echo }\n"
                + "  writer: { kind: scripted, reply: fixed, text: \"Which color does machine M3 have?\" }\n"
        )
        let record = try Self.record(project, "--trace", "trace.jsonl")
        for row in record.results.questions {
            #expect(row.sample.rewrite == QueryRewrite(text: "Which color does machine M3 have?"))
            #expect(row.sample.retrieved.first?.document == "doc-103.md")
            let prompt = try #require(row.sample.answer?.text)
            #expect(prompt.hasSuffix("Question: Which color does machine M3 have?"))
            // The conversation is not in the prompt of the answer.
            #expect(!prompt.contains("What is machine") && !prompt.contains("A machine in a frame"))
        }
        #expect(record.results.rewrites?.engine?.name == "writer")
        // The literal of each assistant's turn.
        #expect(record.results.neutralisedTokens == 4)
        let spans = try String(contentsOfFile: project.root + "/trace.jsonl", encoding: .utf8).split(separator: "\n")
            .map { try JSONValue(parsing: String($0)) }
            .compactMap { $0["resourceSpans"]?.arrayValue?[0]["scopeSpans"]?.arrayValue?[0]["spans"]?.arrayValue?[0] }
        let rewrites = spans.filter { $0["name"] == "assay.rewrite" }
        #expect(rewrites.count == 4)
        let questions = spans.filter { $0["name"]?.stringValue?.contains("invoke_workflow") == true }
            .compactMap { $0["spanId"]?.stringValue }
        #expect(rewrites.allSatisfy { questions.contains($0["parentSpanId"]?.stringValue ?? "") })
        let inner = Set(spans.compactMap { $0["parentSpanId"]?.stringValue })
        #expect(rewrites.contains { inner.contains($0["spanId"]?.stringValue ?? "") }, "the call is below the rewrite")
    }

    @Test func aSecondRunAsksNobody() throws {
        let project = try Self.project("{ engine: writer }", documents: 4)
        let first = try Self.record(project)
        // From now on the engine fails whenever it is asked.
        let engines = try String(contentsOfFile: project.root + "/engines.yaml", encoding: .utf8)
        try project.write("engines.yaml", engines.replacing("slots: 1 }", with: "slots: 1, fail_after: 0 }"))
        let second = try Self.record(project)
        #expect(second.results == first.results)
        let timing = try #require(second.timings.stages.first { $0.stage == "rewrite" })
        #expect(timing.items == 4 && timing.reused == 4)
        let refreshed = try project.assay.run("run", "--refresh", "pipeline.yaml")
        #expect(refreshed.status == 1, "a refresh asks again")
    }

    @Test func aKilledRunKeepsItsRewrites() throws {
        let project = try Self.project(
            "{ engine: writer }",
            writer:
                "{ kind: scripted, reply: fixed, text: \"Which color does machine M3 have?\", slots: 1, delay_ms: 150 }"
        )
        func kept() throws -> Int {
            let lines = try project.assay.run("cache", "stats").output.split(separator: "\n")
            let line = lines.first { $0.hasPrefix("rewrite") }
            return line.flatMap { Int($0.split(separator: " ").last ?? "") } ?? 0
        }
        let (process, finish) = try project.assay.start(["run", "pipeline.yaml"])
        for _ in 0..<400 {
            if try kept() >= 2 { break }
            Thread.sleep(forTimeInterval: 0.02)
        }
        process.send(SIGKILL)
        _ = finish()
        let before = try kept()
        #expect(before >= 2 && before < 12, "\(before) rewrites when it was killed")
        let record = try Self.record(project)
        let timing = try #require(record.timings.stages.first { $0.stage == "rewrite" })
        #expect(timing.items == 12 && timing.reused == before, "\(timing.reused) of \(before) were reused")
        #expect(try kept() == 12)
    }

    @Test func unusableRepliesAreCountedAndSaid() throws {
        let project = try Self.project(
            "{ engine: writer }",
            documents: 3,
            writer: "{ kind: scripted, reply: fixed, text: \"…\" }"
        )
        let record = try Self.record(project)
        #expect(record.results.rewrites?.fallbacks == 3)
        let row = try #require(record.results.questions.first?.sample.rewrite)
        #expect(row == QueryRewrite(text: "What is machine M0? And which color?", fallback: "the reply has no word"))
        let report = try project.assay.run("report", "latest")
        #expect(report.output.contains("3 by the previous turns instead"), "\(report.output)")
    }

    @Test func plansCheckTheStage() throws {
        let project = try Self.project("{ engine: writer }", documents: 3)
        let plan = try project.assay.run("plan", "pipeline.yaml")
        #expect(plan.status == 0, "\(plan.errors)")
        #expect(plan.output.contains("rewrite   standalone writer: 3 items"), "\(plan.output)")
        let unknown = try Self.project("{ engine: wirter }", documents: 1)
        let problem = try unknown.assay.run("plan", "pipeline.yaml")
        #expect(problem.status == 1)
        #expect((problem.output + problem.errors).contains("pipeline.yaml:9"), "\(problem.output)\(problem.errors)")
        #expect(
            (problem.output + problem.errors).contains("did you mean 'writer'"),
            "\(problem.output)\(problem.errors)"
        )
        let early = try unknown.assay.run("run", "pipeline.yaml")
        #expect(early.status == 1 && early.errors.contains("wirter"))
        let blind = try Self.project("", documents: 3)
        let warned = try blind.assay.run("plan", "pipeline.yaml")
        #expect((warned.output + warned.errors).contains("3 of 3 questions of 'evalset' follow a conversation"))
        let checked = try blind.assay.run("evalset", "check", "pipeline.yaml")
        #expect(checked.output.contains("follow a conversation"), "\(checked.output)\(checked.errors)")
        // "And which color?" after different turns is no repetition.
        #expect(!checked.output.contains("ask the same"), "\(checked.output)")
    }

    @Test func aSweepComparesWays() throws {
        let project = try Self.project("", documents: 4)
        try project.write(
            "sweep.yaml",
            "assay: 1\nbase: pipeline.yaml\nvary: { rewrite: [ null, { by: previous, turns: 1 } ] }\n"
        )
        let result = try project.assay.run("run", "sweep.yaml")
        #expect(result.status == 0, "\(result.errors)")
        #expect(
            result.output.contains("rewrite=null") && result.output.contains("\"by\":\"previous\""),
            "\(result.output)"
        )
    }
}
