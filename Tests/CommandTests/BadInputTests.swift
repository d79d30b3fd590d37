import Foundation
import Testing

/// Wrong input, each with its exact message in Snapshots/BadInput.txt.
@Suite(.enabled(if: Assay.isBuilt))
struct BadInputTests {
    @Test func everyMessageIsAsWritten() throws {
        var text = ""
        for (name, changes, extra) in Self.files {
            let project = try CommandProject(documents: 3)
            try project.write("pipeline.yaml", CommandProject.pipeline(changes, extra: extra))
            text += try Self.section(name, project, "plan", "pipeline.yaml")
        }
        for (name, command, prepare) in Self.projects {
            let project = try CommandProject(documents: 3)
            try prepare(project)
            text += try Self.section(name, project, command)
        }
        let difference = try snapshotDifference(text, "BadInput")
        #expect(difference == nil, "\(difference ?? "")")
    }

    private static func section(_ name: String, _ project: CommandProject, _ command: String...) throws -> String {
        let arguments = command.count == 1 ? command[0].split(separator: " ").map(String.init) : command
        let result = try project.assay.start(arguments).finish()
        let lines = result.errors.split(separator: "\n").filter { !$0.contains("/s") && !$0.hasPrefix("report: ") }
        let real = URL(filePath: project.root).resolvingSymlinksInPath().path()
        let text = lines.joined(separator: "\n").replacingOccurrences(of: real, with: "ROOT")
            .replacingOccurrences(of: project.root, with: "ROOT")
        return "## \(name)\n\(text)\nexit \(result.status)\n\n"
    }

    /// Files that `assay plan` must refuse.
    private static let files: [(String, [String: String], String)] = [
        ("unknown key", [:], "retrive: { depth: 5 }\n"),
        ("unknown option", ["chunk": "{ by: headings, token: 60 }"], ""),
        ("unknown chunker", ["chunk": "{ by: heading, tokens: 60 }"], ""),
        ("range", ["chunk": "{ by: headings, tokens: 0 }"], ""),
        ("type", ["retrieve": "{ depth: deep }"], ""),
        ("no fusion", ["retrieve": "{ from: [ { dense: {} }, { bm25: {} } ] }"], ""),
        ("unknown fusion", ["retrieve": "{ from: [ { dense: {} }, { bm25: {} } ], fuse: { rff: {} } }"], ""),
        ("unknown retriever", ["retrieve": "{ from: [ { dens: {} } ] }"], ""),
        ("unknown vector index", ["index": "{ vectors: flatt }"], ""),
        ("dense without embedder", ["embed": "-", "retrieve": "{ from: [ { dense: {} } ] }"], ""),
        ("context deeper than the list", ["answer": "{ engine: scripted, context: 50 }"], ""),
        ("metric deeper than the list", ["evaluate": "{ evalset: evalset, metrics: [ recall@50 ] }"], ""),
        ("unknown metric", ["evaluate": "{ evalset: evalset, metrics: [ span_recal@5 ] }"], ""),
        ("metric without cut", ["evaluate": "{ evalset: evalset, metrics: [ span_recall ] }"], ""),
        ("judged metric without judge", ["evaluate": "{ evalset: evalset, metrics: [ faithfulness ] }"], ""),
        ("answer metric without answers", ["answer": "-"], ""),
        ("unknown engine", ["answer": "{ engine: scriptd }"], ""),
        ("unknown fallback", [:], "serve: { fallback: scriptd }\n"),
        ("fallback to itself", [:], "serve: { fallback: scripted }\n"),
        ("unknown prompt", ["answer": "{ engine: scripted, prompt: ground }"], ""),
        ("unknown model", ["embed": "{ model: all-MiniLM-L7 }"], ""),
        ("missing model", ["embed": "{ model: broken }"], ""),
        ("missing corpus", ["corpus": "corpse"], ""),
        ("missing evalset", ["evaluate": "{ evalset: evalsets, metrics: [ mrr ] }"], ""),
        ("not YAML", [:], "answer: [ unclosed\n"),
    ]

    /// Projects that commands must refuse.
    private static let projects: [(String, String, @Sendable (CommandProject) throws -> Void)] = [
        ("no such file", "run nowhere.yaml", { _ in }),
        (
            "broken evalset line", "run pipeline.yaml",
            {
                try $0.write(
                    "evalset/questions.jsonl",
                    "{\"id\":\"a\",\"question\":\"x?\"}\n{\"id\": \"b\", \"question\": \n"
                )
            }
        ),
        (
            "evalset with an unknown key", "run pipeline.yaml",
            { try $0.write("evalset/questions.jsonl", "{\"id\":\"a\",\"question\":\"x?\",\"golden\":[]}\n") }
        ),
        (
            "a quote that is not in its document", "run pipeline.yaml",
            {
                try $0.write(
                    "evalset/questions.jsonl",
                    "{\"id\":\"a\",\"question\":\"x?\",\"gold\":[{\"document\":\"doc-100.md\",\"quote\":\"Machine M0 is plaid.\"}]}\n"
                )
            }
        ),
        (
            "a label for a document that is not there", "run pipeline.yaml",
            {
                try $0.write(
                    "evalset/questions.jsonl",
                    "{\"id\":\"a\",\"question\":\"x?\",\"gold\":[{\"document\":\"doc-999.md\",\"quote\":\"Machine\"}]}\n"
                )
            }
        ),
        (
            "wrong checksum of a model", "plan pipeline.yaml",
            {
                try $0.write("broken/model.safetensors", "not a model")
                try $0.write("pipeline.yaml", CommandProject.pipeline(["embed": "{ model: broken }"]))
            }
        ),
        (
            "empty corpus", "run pipeline.yaml",
            {
                try FileManager.default.removeItem(atPath: $0.root + "/corpus")
                try $0.write("corpus/empty.md", "")
                try $0.write("corpus/picture.png", "PNG")
            }
        ),
        (
            "dead engine", "run pipeline.yaml",
            { try $0.write("pipeline.yaml", CommandProject.pipeline(["answer": "{ engine: dead, context: 2 }"])) }
        ),
        ("verify without expectations", "run --verify pipeline.yaml", { _ in }),
        (
            "an expectation missed", "run --verify pipeline.yaml",
            { try $0.write("pipeline.yaml", CommandProject.pipeline(extra: "expect: { documents: 4, hit@5: 0.25 }\n")) }
        ),
        (
            "a sweep over nothing", "run sweep.yaml",
            { try $0.write("sweep.yaml", "assay: 1\nbase: pipeline.yaml\nvary: { chunk.tokens: 60 }\n") }
        ),
    ]
}
