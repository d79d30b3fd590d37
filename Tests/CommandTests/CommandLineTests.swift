import AssayModel
import Foundation
import Testing

/// The real binary end to end, with the scripted engine.
@Suite(.enabled(if: Assay.isBuilt))
struct CommandLineTests {
    @Test func runsAsksReportsAndVerifies() throws {
        let project = try CommandProject()
        let run = try project.assay.run("run", "--json", "pipeline.yaml")
        #expect(run.status == 0, "\(run.errors)")
        let record = try JSONDecoder().decode(RunRecord.self, from: Data(run.output.utf8))
        #expect(record.results.corpus.documents == 12)
        #expect(record.results.metrics.first { $0.definition.name == "hit@5" }?.mean == 1)
        #expect(record.results.questions.allSatisfy { $0.sample.answer != nil })

        let asked = try project.assay.run("ask", "pipeline.yaml", "Which color does machine M3 have?")
        #expect(asked.status == 0 && asked.output.contains("[1] doc-103.md#"), "\(asked.output)\(asked.errors)")

        let listed = try project.assay.run("report")
        #expect(listed.output.contains(record.id))
        let html = try project.assay.run("report", record.id, "--format", "html")
        #expect(html.output.hasPrefix("<!doctype html>") || html.output.hasPrefix("<!DOCTYPE html>"))

        let verified = try project.assay.run("index", "verify", "pipeline.yaml")
        #expect(verified.output.contains("all files match"), "\(verified.errors)")
        let checked = try project.assay.run("evalset", "check", "pipeline.yaml")
        #expect(checked.output.contains("12 labels, 0 do not match"), "\(checked.output)\(checked.errors)")
    }

    @Test func expectationsDecideTheExitCode() throws {
        let project = try CommandProject()
        let expect = "expect: { documents: 12, hit@5: 1.0 }\n"
        try project.write("pipeline.yaml", CommandProject.pipeline(extra: expect))
        #expect(try project.assay.run("run", "--verify", "pipeline.yaml").status == 0)
        try project.write("pipeline.yaml", CommandProject.pipeline(extra: "expect: { documents: 11 }\n"))
        #expect(try project.assay.run("run", "--verify", "pipeline.yaml").status == 2)
        try project.write(
            "pipeline.yaml",
            CommandProject.pipeline(extra: "expect: { corpus: \"0000\", documents: 11 }\n")
        )
        let other = try project.assay.run("run", "--verify", "pipeline.yaml")
        #expect(other.status == 2 && other.errors.contains("another corpus"), "\(other.errors)")
    }

    @Test func capsEndARunAndKeepWhatIsDone() throws {
        let project = try CommandProject()
        let capped = try project.assay.run("run", "--max-tokens", "1500", "pipeline.yaml")
        #expect(capped.status == 1 && capped.errors.contains("--max-tokens is 1500"), "\(capped.errors)")
        let all = try project.assay.run("run", "--json", "pipeline.yaml")
        let record = try JSONDecoder().decode(RunRecord.self, from: Data(all.output.utf8))
        let answers = try #require(record.timings.stages.first { $0.stage == "answer" })
        #expect(answers.reused > 0 && answers.reused < answers.items)
        #expect(answers.promptTokens + answers.completionTokens > 0)

        let engines = try String(contentsOfFile: project.root + "/engines.yaml", encoding: .utf8)
        try project.write(
            "engines.yaml",
            engines.replacingOccurrences(of: "kind: scripted,", with: "kind: scripted, price: { input: 1, output: 2 },")
        )
        let dear = try project.assay.run("run", "--refresh", "--max-cost", "0.0001", "pipeline.yaml")
        #expect(dear.status == 1 && dear.errors.contains("--max-cost is 0.0001"), "\(dear.errors)")
    }

    @Test func aSweepSharesWork() throws {
        let project = try CommandProject()
        try project.write(
            "sweep.yaml",
            "assay: 1\nbase: pipeline.yaml\nvary: { chunk.tokens: [40, 60], retrieve.depth: [5, 10] }\n"
        )
        let swept = try project.assay.run("run", "--json", "sweep.yaml")
        #expect(swept.status == 0, "\(swept.errors)")
        let records = try JSONDecoder().decode([RunRecord].self, from: Data(swept.output.utf8))
        #expect(records.count == 4)
        // The second depth of each chunk size finds everything embedded.
        for record in [records[1], records[3]] {
            let embed = try #require(record.timings.stages.first { $0.stage == "embed" })
            #expect(embed.items == embed.reused)
        }
        #expect(Set(records.map(\.results.specHash)).count == 4)
    }

    @Test func anIndexOfAnotherEmbedderIsRefused() throws {
        let project = try CommandProject(documents: 3)
        #expect(try project.assay.run("run", "pipeline.yaml").status == 0)
        // Another embedder gets an index of its own, so the manifest is swapped by hand as a careless copy would do.
        let indexes = project.root + "/.assay/indexes"
        let folder = try #require(try FileManager.default.contentsOfDirectory(atPath: indexes).first)
        let manifest = "\(indexes)/\(folder)/generation-000001.json"
        let text = try String(contentsOfFile: manifest, encoding: .utf8)
        try text.replacingOccurrences(of: "\"model\" : \"hashed\"", with: "\"model\" : \"other\"")
            .write(toFile: manifest, atomically: true, encoding: .utf8)
        let result = try project.assay.run("run", "pipeline.yaml")
        #expect(result.status == 1)
        #expect(result.errors.contains("equal dimensions do not make equal vectors"), "\(result.errors)")
    }

    @Test func aTraceHasASpanForEveryStage() throws {
        let project = try CommandProject(documents: 4)
        #expect(
            try project.assay.run("run", "--trace", "trace.jsonl", "--trace-profile", "openinference", "pipeline.yaml")
                .status == 0
        )
        let lines = try String(contentsOfFile: project.root + "/trace.jsonl", encoding: .utf8).split(separator: "\n")
        var names: Set<String> = []
        var ids: Set<String> = []
        var parents: Set<String> = []
        for line in lines {
            let value = try JSONValue(parsing: String(line))
            let span = value["resourceSpans"]?.arrayValue?[0]["scopeSpans"]?.arrayValue?[0]["spans"]?.arrayValue?[0]
            names.insert(span?["name"]?.stringValue ?? "")
            ids.insert(span?["spanId"]?.stringValue ?? "")
            if let parent = span?["parentSpanId"]?.stringValue { parents.insert(parent) }
        }
        for name in [
            "assay.run", "assay.retrieve", "assay.search", "assay.fuse", "assay.answer", "assay.generate",
            "assay.question", "assay.prompt", "assay.score",
        ] {
            #expect(names.contains(name), "\(name) is missing in \(names.sorted())")
        }
        #expect(parents.isSubset(of: ids), "every parent is in the file")
    }

    @Test func initMakesAPipelineThatRuns() throws {
        let project = try CommandProject(documents: 3)
        let made = try project.assay.run("init", "corpus", "--into", "mine", "--offline")
        #expect(made.status == 0, "\(made.errors)")
        let run = try project.assay.run("run", "mine/pipeline.yaml")
        #expect(run.status == 0, "\(run.errors)")
        let again = try project.assay.run("init", "corpus", "--into", "mine", "--offline")
        #expect(again.status == 1 && again.errors.contains("exists already"))
    }

    @Test func usageErrorsExitWith64() throws {
        let project = try CommandProject(documents: 1)
        #expect(try project.assay.run("run").status == 64)
        #expect(try project.assay.run("rum").status == 64)
    }

    @Test func aRefreshAsksTheEngineAgain() throws {
        let project = try CommandProject(documents: 4)
        func answers(_ arguments: String...) throws -> StageTiming {
            let result = try project.assay.start(["run", "--json"] + arguments + ["pipeline.yaml"]).finish()
            #expect(result.status == 0, "\(result.errors)")
            let record = try JSONDecoder().decode(RunRecord.self, from: Data(result.output.utf8))
            return try #require(record.timings.stages.first { $0.stage == "answer" })
        }
        #expect(try answers().reused == 0)
        #expect(try answers().reused == 4)
        #expect(try answers("--refresh").reused == 0)
        #expect(try answers("--refresh").reused == 0)
        #expect(try answers().reused == 4)
    }

    @Test func maxTimeEndsARunAndKeepsWhatIsDone() throws {
        let project = try CommandProject(documents: 24)
        try project.write("pipeline.yaml", CommandProject.pipeline(["answer": "{ engine: slow, context: 2 }"]))
        let short = try project.assay.run("run", "--max-time", "0.4", "pipeline.yaml")
        #expect(short.status == 1 && short.errors.contains("--max-time"), "\(short.errors)")
        #expect(try project.assay.run("run", "pipeline.yaml").status == 0)
    }

    @Test func aRecipeKeepsItsRulesWithOtherData() throws {
        let project = try CommandProject(documents: 4)
        try project.write("recipe/corpus.yaml", "name: recipe\npath: nowhere\nexclude: [\"doc-103*\"]\n")
        let changes = [
            "corpus": "recipe", "answer": "-", "evaluate": "{ evalset: three.jsonl, metrics: [ hit@5 ] }",
        ]
        try project.write("pipeline.yaml", CommandProject.pipeline(changes))
        let rows = try String(contentsOfFile: project.root + "/evalset/questions.jsonl", encoding: .utf8).split(
            separator: "\n"
        )
        try project.write("three.jsonl", rows.prefix(3).joined(separator: "\n") + "\n")
        let missing = try project.assay.run("run", "pipeline.yaml")
        #expect(missing.status == 1 && missing.errors.contains("--data DIR"), "\(missing.errors)")
        let result = try project.assay.run("run", "--json", "--data", "corpus", "pipeline.yaml")
        #expect(result.status == 0, "\(result.errors)")
        let record = try JSONDecoder().decode(RunRecord.self, from: Data(result.output.utf8))
        #expect(record.results.corpus.documents == 3)
    }

    @Test func theCorpusNameCannotLeaveTheWorkspace() throws {
        let project = try CommandProject(documents: 2)
        try project.write("corpus/corpus.yaml", "name: ../../outside\n")
        let result = try project.assay.run("run", "pipeline.yaml")
        #expect(result.status == 1 && result.errors.contains("the name of a corpus"), "\(result.errors)")
    }
}

/// What documents, questions and engines say must not act on a terminal.
@Suite(.enabled(if: Assay.isBuilt))
struct HostileTextTests {
    private static let hostile =
        "\u{1B}]0;owned\u{07}\u{1B}[2J\u{9B}31mred\u{202E}dlrow\u{200B} ![x](https://exfil.example/a)"

    /// Characters that control a terminal or turn text around; line ends and tabs are layout.
    private func acting(_ text: String) -> [Unicode.Scalar] {
        text.unicodeScalars.filter { scalar in
            switch scalar.value {
            case 0x09, 0x0A: false
            case 0x00...0x1F, 0x7F...0x9F, 0x200B...0x200F, 0x202A...0x202E, 0x2066...0x2069: true
            default: false
            }
        }
    }

    @Test func noOutputOfAnyCommandActsOnATerminal() throws {
        let project = try CommandProject(documents: 3)
        let name = "corpus/a\u{1B}[31mb\u{202E}.md"
        try project.write(name, "# T\u{1B}[2Jitle\n\nMachine Q is \(Self.hostile) red.\n")
        try project.write("corpus/bad\u{1B}[5m.md", "\0\0\0\u{1B}[2J")
        try project.write("corpus/x\u{1B}[5m.unknown", "?")
        try project.write(
            "engines.yaml",
            "engines:\n  scripted: { kind: scripted, reply: fixed, text: \"It is \\e[2J\\e]0;t\\a red [1]. \\u009b31m\" }\n"
        )
        let commands: [[String]] = [
            ["plan", "pipeline.yaml"], ["run", "pipeline.yaml"],
            ["ask", "pipeline.yaml", "Machine Q \(Self.hostile)?"],
            ["report"], ["plan", "pipe\u{1B}[2Jline.yaml"], ["evalset", "check", "pipeline.yaml"], ["doctor"],
        ]
        for command in commands {
            let result = try project.assay.start(command).finish()
            #expect(acting(result.output).isEmpty, "\(command): \(result.output.debugDescription)")
            #expect(acting(result.errors).isEmpty, "\(command): \(result.errors.debugDescription)")
        }
        let asked = try project.assay.run("ask", "pipeline.yaml", "Machine Q?")
        #expect(asked.output.contains("It is red [1]."), "\(asked.output.debugDescription)")
    }
}
