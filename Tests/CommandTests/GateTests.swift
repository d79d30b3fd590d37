import AssayModel
import Foundation
import Testing

/// `assay gate`, `baseline` and `history` through the real binary: five nights with fresh answers and judgements stay green, a worse
/// pipeline goes red.
@Suite(.enabled(if: Assay.isBuilt))
struct GateTests {
    /// Twenty-four documents of four sections about one machine each; the section with the evidence is beaten by none to three of the
    /// others, which name machine and colour more often.
    private static func project() throws -> CommandProject {
        let project = try CommandProject(documents: 1)
        try FileManager.default.removeItem(atPath: project.root + "/corpus")
        var questions: [String] = []
        for number in 0..<24 {
            let filler = "The housing was painted before delivery and the paint was tested in the rain for six weeks"
            let fact =
                "According to the delivery note the color of machine M\(number) is \(CommandProject.color(number)), "
                + "which the owner chose from a chart in the spring, and it must not be changed without a letter"
            let decoys = (0..<3).map { decoy in
                decoy < number % 4
                    ? "Machine M\(number) color, machine M\(number) color, machine M\(number) color: see elsewhere."
                    : "\(filler). Nothing else is known about section \(decoy)."
            }
            let sections = (decoys + ["\(filler). \(fact)."]).enumerated().map { "## Part \($0)\n\n\($1)" }
            try project.write(
                "corpus/doc-\(100 + number).md",
                "# Sheet \(number)\n\n" + sections.joined(separator: "\n\n") + "\n"
            )
            questions.append(
                #"{"id":"q\#(number)","question":"Which color does machine M\#(number) have?","reference":"\#(fact)","gold":[{"document":"doc-\#(100 + number).md","quote":"\#(fact)","occurrence":1}],"tags":["\#(number.isMultiple(of: 2) ? "even" : "odd")"],"split":"dev"}"#
            )
        }
        try project.write("evalset/questions.jsonl", questions.joined(separator: "\n") + "\n")
        try project.write(".git/HEAD", "0123456789abcdef0123456789abcdef01234567\n")
        try project.write("pipeline.yaml", pipeline())
        return project
    }

    private static func pipeline(_ changes: [String: String] = [:], gate: String = Self.gate) -> String {
        var all = [
            "retrieve": "{ from: [ { bm25: { top: 20 } } ], depth: 10 }",
            "answer": "{ engine: scripted, context: 4 }",
            "evaluate":
                "{ evalset: evalset, judge: scripted, metrics: [ context_span_recall, hit@5, token_f1, context_precision: { reasons: false } ] }",
        ]
        for (key, value) in changes { all[key] = value }
        return CommandProject.pipeline(all, extra: gate)
    }

    private static let gate = """
        gate:
          baseline: main
          unvalidated: allow
          rules:
            context_span_recall: { min: 0.7, drop: 0.05 }
            token_f1: { drop: 0.1 }
            context_precision: { drop: 0.3 }
            coverage: { min: 0.9 }
            latency_p95_ms: { max: 60000 }
          slices:
            kind:odd: { context_span_recall: { drop: 0.1 } }

        """

    /// The JSON of a gate.
    private func judged(
        _ project: CommandProject,
        _ arguments: String...
    ) throws -> (status: Int32, report: GateReport, errors: String) {
        struct Output: Decodable { var report: GateReport }
        let result = try project.assay.start(["gate", "pipeline.yaml", "--json"] + arguments).finish()
        let output = try? JSONDecoder().decode(Output.self, from: Data(result.output.utf8))
        return (result.status, try #require(output?.report, "\(result.output)\(result.errors)"), result.errors)
    }

    @Test func staysGreenOverFiveFreshNightsAndGoesRedOnAWorsePipeline() throws {
        let project = try Self.project()
        let first = try judged(project, "--update-baseline")
        #expect(first.status == 0, "\(first.errors)")
        #expect(first.errors.contains("baseline main is now run"))
        for night in 1...5 {
            let (status, report, errors) = try judged(project)
            #expect(status == 0, "night \(night): \(errors)")
            #expect(report.isOpen && report.changes.isEmpty, "night \(night): \(report.changes)")
            // Every answer and every judgement is asked for anew: no cache hit of either.
            let asked = Dictionary(report.freshness.map { ($0.stage, $0) }) { first, _ in first }
            let answers = try #require(asked["answer"])
            let judgements = try #require(asked["judge"])
            #expect(answers.items == 24 && answers.reused == 0)
            #expect(judgements.items >= 24 && judgements.reused == 0)
            let drop = try #require(report.rules.first { $0.name == "context_span_recall drop" })
            #expect(drop.outcome == .passed && drop.count == 24 && drop.gain == 0)
        }
        try project.write("pipeline.yaml", Self.pipeline(["answer": "{ engine: scripted, context: 1 }"]))
        let shallow = try judged(project)
        expectRed(shallow, cause: "answer.context: 4 → 1")
        try project.write("pipeline.yaml", Self.pipeline(["chunk": "{ by: tokens, tokens: 8 }"]))
        let chopped = try judged(project)
        expectRed(chopped, cause: #"chunk.by: "headings" → "tokens""#)
        // And green again when the change is taken back.
        try project.write("pipeline.yaml", Self.pipeline())
        #expect(try judged(project).status == 0)

        let history = try project.assay.run("history", "pipeline.yaml", "--svg", "history.svg")
        #expect(history.status == 0, "\(history.errors)")
        #expect(
            history.output.contains("9 runs") && history.output.contains("context_span_recall"),
            "\(history.output)"
        )
        let marks = try #require(history.output.split(separator: "\n").first { $0.hasPrefix("gate ") })
        #expect(marks.contains("✗✗"), "\(marks)")
        #expect(try String(contentsOfFile: project.root + "/history.svg", encoding: .utf8).hasPrefix("<svg "))
    }

    private func expectRed(_ result: (status: Int32, report: GateReport, errors: String), cause: String) {
        #expect(result.status == 2, "\(result.errors)")
        #expect(result.report.verdict == .failed)
        let broken = result.report.rules.filter { $0.outcome == .failed }.map(\.name)
        #expect(broken.contains("context_span_recall drop"), "\(broken)")
        #expect(result.report.changes.contains(cause), "\(result.report.changes)")
        #expect(result.report.broken.first.map { $0.after < $0.before } == true)
        #expect(result.report.freshness.allSatisfy { $0.reused == 0 }, "\(result.report.freshness)")
        // A sentence a broken rule, with the place of the rule.
        #expect(
            result.errors.contains("pipeline.yaml:13: context_span_recall worse by more than a drop of 0.050"),
            "\(result.errors)"
        )
    }

    @Test func writesEveryOutput() throws {
        let project = try Self.project()
        #expect(try judged(project, "--update-baseline").status == 0)
        try project.write("pipeline.yaml", Self.pipeline(["answer": "{ engine: scripted, context: 1 }"]))
        let result = try project.assay.start(
            [
                "gate", "pipeline.yaml", "--junit", "out/junit.xml", "--sarif", "out/gate.sarif", "--markdown",
                "out/gate.md",
                "--github",
            ],
            wrapper: ["/usr/bin/env", "GITHUB_STEP_SUMMARY=\(project.root)/summary.md"]
        ).finish()
        #expect(result.status == 2, "\(result.errors)")
        func text(_ path: String) throws -> String {
            try String(contentsOfFile: project.root + "/" + path, encoding: .utf8)
        }
        #expect(try text("out/junit.xml").contains("<failure type=\"assay.drop\""))
        #expect(try text("out/gate.sarif").contains("\"startLine\" : 13"))
        #expect(try text("out/gate.md").hasPrefix("## ❌ Gate of pipeline"))
        #expect(try text("summary.md").hasPrefix("## ❌ Gate of pipeline"))
        #expect(result.output.contains("::error file=pipeline.yaml,line=13,title="), "\(result.output)")
        // Where xmllint is installed, it reads the file too.
        if FileManager.default.isExecutableFile(atPath: "/usr/bin/xmllint") {
            let lint = try ChildProcessCheck.status("/usr/bin/xmllint", ["--noout", project.root + "/out/junit.xml"])
            #expect(lint == 0)
        }
    }

    @Test func refusesBaselinesOfOtherEvalsetsAndDefinitions() throws {
        let project = try Self.project()
        #expect(try judged(project, "--update-baseline").status == 0)
        let questions = try String(contentsOfFile: project.root + "/evalset/questions.jsonl", encoding: .utf8)
        try project.write(
            "evalset/questions.jsonl",
            questions.split(separator: "\n").dropLast().joined(separator: "\n") + "\n"
        )
        let evalset = try judged(project)
        #expect(evalset.status == 1 && evalset.report.verdict == .refused)
        #expect(evalset.errors.contains("the evalsets differ"), "\(evalset.errors)")
        try project.write("evalset/questions.jsonl", questions)
        try project.write("corpus/doc-new.md", "# New\n\nA new sheet.\n")
        let corpus = try judged(project)
        #expect(corpus.status == 1 && corpus.errors.contains("the corpora differ"), "\(corpus.errors)")
        try FileManager.default.removeItem(atPath: project.root + "/corpus/doc-new.md")
        try project.write(
            "pipeline.yaml",
            Self.pipeline([
                "evaluate":
                    "{ evalset: evalset, judge: scripted, metrics: [ context_span_recall, token_f1, context_precision: { reasons: true } ] }"
            ])
        )
        let definition = try judged(project)
        #expect(
            definition.status == 1 && definition.errors.contains("computed by two definitions"),
            "\(definition.errors)"
        )
    }

    @Test func anUnvalidatedJudgeDecidesNothingAndABrokenBudgetDoes() throws {
        let project = try Self.project()
        try project.write(
            "pipeline.yaml",
            Self.pipeline(
                gate: "gate: { rules: { context_precision: { min: 0.99 }, completion_tokens: { max: 1 } } }\n"
            )
        )
        let (status, report, errors) = try judged(project)
        #expect(status == 2)
        #expect(report.rules.map(\.outcome) == [.notGated, .failed], "\(errors)")
        #expect(errors.contains("completion_tokens is") && !errors.contains("gate: pipeline.yaml:9: context_precision"))
        // A gate of which nothing decides has not passed.
        try project.write(
            "pipeline.yaml",
            Self.pipeline(gate: "gate: { inconclusive: fail, rules: { context_precision: { min: 0.0 } } }\n")
        )
        let undecided = try judged(project)
        #expect(undecided.status == 2 && undecided.report.verdict == .inconclusive)
    }

    @Test func theRatchetOnlyMovesUp() throws {
        let project = try Self.project()
        try project.write(
            "pipeline.yaml",
            Self.pipeline(["answer": "{ engine: scripted, context: 2 }"], gate: Self.retrievalGate)
        )
        #expect(try judged(project, "--update-baseline").errors.contains("baseline main is now run"))
        let same = try judged(project, "--update-baseline")
        #expect(same.status == 0 && same.errors.contains("stays: no metric is shown to be better"), "\(same.errors)")
        try project.write("pipeline.yaml", Self.pipeline(gate: Self.retrievalGate))
        let better = try judged(project, "--update-baseline")
        #expect(better.status == 0 && better.errors.contains("baseline main is now run"), "\(better.errors)")
        try project.write(
            "pipeline.yaml",
            Self.pipeline(["answer": "{ engine: scripted, context: 2 }"], gate: Self.retrievalGate)
        )
        let worse = try judged(project, "--update-baseline")
        #expect(worse.status == 2 && worse.errors.contains("stays: the gate does not hold"), "\(worse.errors)")
        let listed = try project.assay.run("baseline", "list")
        #expect(
            listed.output.hasPrefix("main pipeline ") && listed.output.contains("commit 0123456789ab"),
            "\(listed.output)"
        )
    }

    private static let retrievalGate = "gate: { baseline: main, rules: { context_span_recall: { drop: 0.05 } } }\n"

    @Test func comparesWithRunsAndNamesMissingOnes() throws {
        let project = try Self.project()
        let missing = try project.assay.run("gate", "pipeline.yaml")
        #expect(
            missing.status == 1 && missing.errors.contains("there is neither a baseline nor a run 'main'"),
            "\(missing.errors)"
        )
        let run = try project.assay.run("run", "--json", "pipeline.yaml")
        let record = try JSONDecoder().decode(RunRecord.self, from: Data(run.output.utf8))
        #expect(record.environment.commit == "0123456789abcdef0123456789abcdef01234567")
        let against = try judged(project, "--baseline", record.id)
        #expect(against.status == 0 && against.report.baselineRun?.run == record.id, "\(against.errors)")
        // A recorded run is judged without running anything.
        let recorded = try judged(project, "--baseline", record.id, "--run", record.id)
        #expect(recorded.status == 0 && recorded.report.run.run == record.id)
        let saved = try project.assay.run("baseline", "save", record.id, "mine")
        #expect(saved.status == 0 && saved.output.hasSuffix("/baselines/mine.json\n"), "\(saved.output)\(saved.errors)")
        #expect(try judged(project, "--baseline", "mine").status == 0)
        try project.write("pipeline.yaml", Self.pipeline(gate: ""))
        let without = try project.assay.run("gate", "pipeline.yaml")
        #expect(without.status == 1 && without.errors.contains("the pipeline has no 'gate:'"), "\(without.errors)")
    }
}

/// `scripts/nightly` as cron would run it.
@Suite(.enabled(if: Assay.isBuilt && FileManager.default.isExecutableFile(atPath: "/usr/bin/flock")))
struct NightlyScriptTests {
    @Test func keepsReportsAndHistoryAndExitsAsTheGateDoes() throws {
        let project = try CommandProject()
        let gate = "gate: { baseline: main, rules: { context_hit: { drop: 0.05 } } }\n"
        func write(context: Int) throws {
            let changes = [
                "answer": "{ engine: scripted, context: \(context) }",
                "retrieve": "{ from: [ { dense: { top: 10 } } ], depth: 10 }",
                "evaluate": "{ evalset: evalset, metrics: [ context_hit, token_f1 ] }",
            ]
            try project.write("night.yaml", CommandProject.pipeline(changes, extra: gate))
        }
        func night(_ extra: String...) throws -> Int32 {
            let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
            return try ChildProcessCheck.status(
                root.appending(path: "scripts/nightly").standardizedFileURL.path(),
                [project.root + "/night.yaml"] + extra,
                environment: ["ASSAY": Assay.binary.path(), "ASSAY_WORKSPACE": project.root + "/.assay"]
            )
        }
        try write(context: 10)
        #expect(try night("--update-baseline") == 0)
        try write(context: 1)
        #expect(try night() == 2)
        let latest = project.root + "/.assay/nightly/night/latest/"
        for (file, part) in [
            ("gate.txt", "WORSE"), ("junit.xml", "<failure"), ("gate.sarif", "\"level\" : \"error\""), ("gate.md", "❌"),
            ("history.txt", "2 runs"), ("history.svg", "<svg"), ("log.txt", "context_hit worse"),
        ] {
            let text = try String(contentsOfFile: latest + file, encoding: .utf8)
            #expect(text.contains(part), "\(file): \(text.prefix(400))")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: project.root + "/.assay/nightly/night").count >= 2)
    }
}

/// A program's exit status.
private enum ChildProcessCheck {
    static func status(
        _ path: String,
        _ arguments: [String],
        environment: [String: String] = [:]
    ) throws -> Int32 {
        let process = Process()
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }
}
