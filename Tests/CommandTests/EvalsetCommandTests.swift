import AssayModel
import Foundation
import Testing

/// `assay evalset check` and `generate` with the real binary.
@Suite(.enabled(if: Assay.isBuilt))
struct EvalsetCommandTests {
    private static let facts = [
        "The Kestrel pump delivers 40 litres a minute at a pressure of 6 bar in normal operation.",
        "Operators replace the Kestrel filter after every 300 hours of operation without exception.",
        "The Osprey valve closes within 12 milliseconds when the pressure exceeds 9 bar anywhere.",
        "A torque of 85 newton metres is applied to the flange bolts of the Osprey housing.",
        "Lubricant of grade VG68 fills the Merlin gearbox up to the upper mark of the glass.",
        "The Merlin gearbox must be drained completely before the ambient temperature falls below zero.",
    ]

    private func project() throws -> CommandProject {
        let project = try CommandProject(documents: 1)
        for (number, pair) in [0, 2, 4].enumerated() {
            try project.write(
                "corpus/manual-\(number).md",
                "# Manual \(number)\n\n## Daily care of part \(number)\n\n\(Self.facts[pair])\n\n## Long term upkeep\n\n\(Self.facts[pair + 1])\n"
            )
        }
        return project
    }

    private func rows(_ text: String) throws -> [JSONValue] {
        try text.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    }

    @Test func questionsByRuleAnchorAndAreTheSameForASeed() throws {
        let project = try project()
        let run = project.assay
        let one = try run.run(
            "evalset",
            "generate",
            "corpus",
            "--out",
            "one.jsonl",
            "--count",
            "4",
            "--workspace",
            "w1"
        )
        #expect(one.status == 0, "\(one.errors)")
        #expect(one.output.contains("4 keep"), "\(one.output)")
        let two = try run.run(
            "evalset",
            "generate",
            "corpus",
            "--out",
            "two.jsonl",
            "--count",
            "4",
            "--workspace",
            "w2"
        )
        #expect(two.status == 0)
        let text = try String(contentsOfFile: project.root + "/one.jsonl", encoding: .utf8)
        #expect(text == (try String(contentsOfFile: project.root + "/two.jsonl", encoding: .utf8)))
        let other = try run.run("evalset", "generate", "corpus", "--out", "3.jsonl", "--count", "4", "--seed", "2")
        #expect(other.status == 0)
        #expect(text != (try String(contentsOfFile: project.root + "/3.jsonl", encoding: .utf8)))
        // A reviewed file is never overwritten.
        let again = try run.run("evalset", "generate", "corpus", "--out", "one.jsonl")
        #expect(again.status == 1)
        #expect(again.errors.contains("exists already"))
        // Every label holds, and the set runs.
        try project.write(
            "pipeline.yaml",
            CommandProject.pipeline(["evaluate": "{ evalset: one.jsonl, metrics: [ hit@5 ] }"])
        )
        let check = try run.run("evalset", "check", "pipeline.yaml", "--json")
        #expect(check.status == 0, "\(check.output)")
        let report = try JSONValue(parsing: check.output)
        #expect(report["questions"]?.intValue == 4)
        #expect(report["labels"]?.intValue == 4)
        #expect(try run.run("run", "pipeline.yaml").status == 0)
    }

    @Test func rowsThatAreNotKeptAreNotAsked() throws {
        let project = try project()
        let quote = Self.facts[0]
        func row(_ id: String, _ review: String, _ question: String) -> String {
            #"{"id":"\#(id)","question":"\#(question)","reference":"r","gold":[{"document":"manual-0.md","quote":"\#(quote)"}],"review":"\#(review)","reasons":["x"],"made":{"by":"m"}}"#
        }
        try project.write(
            "own.jsonl",
            [row("a", "keep", "How much?"), row("b", "drop", "What else?"), row("c", "edit", "Why so?")].joined(
                separator: "\n"
            )
        )
        try project.write(
            "pipeline.yaml",
            CommandProject.pipeline(["evaluate": "{ evalset: own.jsonl, metrics: [ hit@5 ] }"])
        )
        let check = try project.assay.run("evalset", "check", "pipeline.yaml")
        #expect(check.status == 0, "\(check.output)\(check.errors)")
        #expect(check.output.contains("1 questions (1 dev), 1 labels, 0 do not match"))
        #expect(check.output.contains("2 more rows wait for review"))
        try project.write("own.jsonl", row("a", "maybe", "How much?"))
        let bad = try project.assay.run("run", "pipeline.yaml")
        #expect(bad.status == 1)
        #expect(bad.errors.contains("own.jsonl:1"))
    }

    @Test func checkNamesWhatIsWrong() throws {
        let project = try project()
        try project.write(
            "evalset/questions.jsonl",
            """
            {"id":"a","question":"What does the Kestrel pump deliver?","reference":"40 litres","gold":[{"document":"manual-0.md","quote":"\(Self.facts[0])"}],"split":"dev"}
            {"id":"b","question":"what does the kestrel pump deliver","reference":"40 litres","gold":[{"document":"manual-0.md","quote":"\(Self.facts[0])"}],"split":"test"}
            {"id":"c","question":"How fast is the valve?","reference":"","gold":[{"document":"manual-1.md","quote":"The Osprey valve closes within 15 milliseconds when pressure exceeds 9 bar"}],"split":"dev"}
            {"id":"d","question":"Which grade of lubricant?","reference":"VG68","gold":[{"document":"manual-1.md","quote":"\(Self.facts[4])"}],"split":"dev"}
            {"id":"e","question":"Where is the office?","split":"dev"}
            {"id":"f","question":"Which torque?","reference":"85","gold":[{"document":"manual-7.md","quote":"A torque of 85 newton"}],"tags":["unanswerable"],"split":"test"}
            {"id":"g","question":
            """
        )
        let check = try project.assay.run("evalset", "check", "pipeline.yaml", "--effect", "0.1")
        #expect(check.status == 1)
        for part in [
            "questions.jsonl:2: error: a and b ask the same, one in dev, one in test",
            "rest on the same text of 'manual-0.md'",
            "nearest text", "closes within 12 milliseconds", "the quote is in 'manual-2.md'",
            "e has no label and no tag",
            "f is tagged 'unanswerable' but has labels", "the quote is in 'manual-1.md'", "questions.jsonl:7: error",
            "c has no reference", "a difference of 0.1 needs about",
        ] { #expect(check.output.contains(part), "\(part) is not in \(check.output)") }
    }

    @Test func sizesComeFromRuns() throws {
        let project = try CommandProject()
        let first = try project.assay.run("run", "pipeline.yaml", "--json", "--workspace", "ws")
        try project.write("pipeline.yaml", CommandProject.pipeline(["chunk": "{ by: tokens, tokens: 30 }"]))
        let second = try project.assay.run("run", "pipeline.yaml", "--json", "--workspace", "ws")
        func id(_ text: String) throws -> String { try JSONDecoder().decode(RunRecord.self, from: Data(text.utf8)).id }
        let check = try project.assay.run(
            "evalset",
            "check",
            "pipeline.yaml",
            "--workspace",
            "ws",
            "--metric",
            "token_f1",
            "--run",
            try id(first.output),
            "--run",
            try id(second.output),
            "--effect",
            "0.05"
        )
        #expect(check.status == 0 || check.errors.contains("has no spread"), "\(check.output)\(check.errors)")
        let unknown = try project.assay.run(
            "evalset",
            "check",
            "pipeline.yaml",
            "--workspace",
            "ws",
            "--run",
            "none",
            "--metric",
            "mrr"
        )
        #expect(unknown.status == 1)
        #expect(unknown.errors.contains("there is no run 'none'"))
    }

    @Test func anEngineWritesAndTheJournalKeeps() throws {
        let project = try project()
        let arguments = [
            "evalset", "generate", "corpus", "--engine", "scripted", "--count", "3", "--workspace", "ws", "--json",
        ]
        // What an earlier start left may have been reviewed: it is moved aside, never written over.
        try project.write("a.jsonl.part", "reviewed")
        let first = try project.assay.start(arguments + ["--out", "a.jsonl"]).finish()
        #expect(try String(contentsOfFile: project.root + "/a.jsonl.part-1", encoding: .utf8) == "reviewed")
        #expect(first.status == 0, "\(first.errors)")
        let report = try JSONValue(parsing: first.output)
        #expect(report["calls"]?.intValue ?? 0 > 0)
        // The script's words are not the evidence's: the filter of answers drops every row, and none is asked.
        #expect(report["kept"]?.intValue == 0)
        #expect(report["dropped"] == report["rows"])
        #expect(
            !FileManager.default.fileExists(atPath: project.root + "/a.jsonl.part"),
            "finished rows have their name"
        )
        let second = try JSONValue(parsing: try project.assay.start(arguments + ["--out", "b.jsonl"]).finish().output)
        #expect(second["calls"]?.intValue == 0)
        #expect(second["reused"] == report["calls"])
        #expect(
            try String(contentsOfFile: project.root + "/a.jsonl", encoding: .utf8)
                == String(contentsOfFile: project.root + "/b.jsonl", encoding: .utf8)
        )
        let limited = try project.assay.run(
            "evalset",
            "generate",
            "corpus",
            "--engine",
            "scripted",
            "--out",
            "c.jsonl",
            "--max-calls",
            "2",
            "--workspace",
            "w3",
            "--json"
        )
        #expect(try JSONValue(parsing: limited.output)["calls"]?.intValue == 2)
    }
}
