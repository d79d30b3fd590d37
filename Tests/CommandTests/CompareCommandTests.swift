import AssayModel
import Foundation
import Testing

/// `assay compare` with the real binary and the scripted engine.
@Suite(.enabled(if: Assay.isBuilt))
struct CompareCommandTests {
    /// Runs a pipeline; the id of the run.
    private func run(_ file: String, _ project: CommandProject) throws -> String {
        let result = try project.assay.run("run", "--json", file)
        #expect(result.status == 0, "\(result.errors)")
        try project.write("\(file).json", result.output)
        return try JSONDecoder().decode(RunRecord.self, from: Data(result.output.utf8)).id
    }

    @Test func comparesTheRunsOfTwoPipelines() throws {
        let project = try CommandProject()
        let first = try run("pipeline.yaml", project)
        // Scraps of eight tokens, found by hashed vectors alone.
        let worse = [
            "chunk": "{ by: tokens, tokens: 8 }", "retrieve": "{ from: [ { dense: { top: 5 } } ], depth: 5 }",
            "evaluate": "{ evalset: evalset, metrics: [ span_recall@3, hit@5, token_f1 ] }",
        ]
        try project.write("worse.yaml", CommandProject.pipeline(worse))
        let second = try run("worse.yaml", project)

        let compared = try project.assay.run("compare", first, second, "--json", "--changed", "3", "--by", "kind")
        #expect(compared.status == 0, "\(compared.errors)")
        struct Answer: Decodable { var comparisons: [PairedComparison] }
        let comparison = try #require(
            try JSONDecoder().decode(Answer.self, from: Data(compared.output.utf8)).comparisons.first
        )
        #expect(comparison.baseline.pipeline == "pipeline" && comparison.candidate.pipeline == "worse")
        #expect(comparison.metrics.map(\.name) == ["hit@5", "token_f1"])
        let hit = comparison.metrics[0]
        #expect(hit.baselineMean == 1 && hit.n == 12 && hit.clusters == 12)
        #expect(hit.losses > 0 && hit.changes.count == min(3, hit.losses), "\(hit.losses) losses")
        #expect(comparison.slices.map(\.tag) == ["fact"])
        #expect(comparison.warnings.contains { $0.contains("citation_precision") && $0.contains("span_recall@3") })

        let table = try project.assay.run("compare", first, second)
        #expect(table.output.contains("hit@5") && table.output.contains("win/tie/loss"), "\(table.output)")
        let page = try project.assay.run("compare", first, second, "--markdown")
        #expect(page.output.hasPrefix("## ") && page.output.contains("| `hit@5` |"), "\(page.output)")
        let file = try project.assay.run("compare", "pipeline.yaml.json", second, "--metrics", "hit@5")
        #expect(file.status == 0 && !file.output.contains("token_f1"), "\(file.errors)")
        // The page says of the two runs what the command says.
        let html = try project.assay.run("report", first, second, "--format", "html")
        #expect(html.status == 0, "\(html.errors)")
        #expect(html.output.contains("id=\"comparison\""))
        for metric in comparison.metrics {
            let counts = "<td class=\"num\">\(metric.wins)/\(metric.ties)/\(metric.losses)</td>"
            #expect(html.output.contains(counts), "\(metric.name) \(counts)")
            let p = try #require(metric.holm)
            let shown = p < 0.000_1 ? "&lt;0.0001" : String(format: "%.4f", p)
            #expect(html.output.contains("<td class=\"num\">\(shown)</td>"), "\(metric.name) \(shown)")
        }
        let short = try project.assay.run("report", "latest", "--baseline", "latest~1", "--format", "html")
        #expect(short.output.contains("Against pipeline · \(first)"), "\(short.errors)")
        let ofFile = try project.assay.run("report", "pipeline.yaml.json", "--format", "html")
        #expect(ofFile.status == 0 && ofFile.output.contains(first), "\(ofFile.errors)")
        let same = try project.assay.run("compare", first, first, "--interval", "bootstrap")
        #expect(same.status == 0 && same.output.contains("nothing") && same.output.contains("BCa"), "\(same.output)")
    }

    @Test func comparesWithABaselineByName() throws {
        let project = try CommandProject()
        let id = try run("pipeline.yaml", project)
        let saved = try project.assay.run("baseline", "save", id, "main")
        #expect(saved.status == 0, "\(saved.errors)")
        let compared = try project.assay.run("compare", "main", id)
        #expect(
            compared.status == 0 && compared.output.contains("main (pipeline)"),
            "\(compared.errors)\(compared.output)"
        )
        #expect(compared.output.contains("0/12/0"), "\(compared.output)")
        let page = try project.assay.run("report", id, "--baseline", "main", "--format", "html")
        #expect(page.status == 0 && page.output.contains("Against pipeline · main"), "\(page.errors)")
        #expect(page.output.contains("<td class=\"num\">0/12/0</td>"))
        let scores = try project.assay.run("report", "main")
        #expect(scores.status == 1 && scores.errors.contains("holds scores only"), "\(scores.errors)")
        let alone = try project.assay.run("compare", "main", "main")
        #expect(alone.status == 1 && alone.errors.contains("give a run"), "\(alone.errors)")
    }

    @Test func refusesWhatCannotBeCompared() throws {
        let project = try CommandProject()
        let first = try run("pipeline.yaml", project)
        try project.write("corpus/doc-999.md", "# Another\n\nA text that was not there before.\n")
        let second = try run("pipeline.yaml", project)
        let corpus = try project.assay.run("compare", first, second)
        #expect(corpus.status == 1 && corpus.errors.contains("the corpora differ"), "\(corpus.errors)")
        // The report of the run itself is sound: it shows why there is no comparison.
        let page = try project.assay.run("report", first, second, "--format", "html")
        #expect(page.status == 0 && page.output.contains("the corpora differ"), "\(page.errors)")
        #expect(page.output.contains("not compared"))
        let across = try project.assay.run("compare", first, second, "--across-corpora")
        #expect(across.status == 0 && across.output.contains("Compared across corpora"), "\(across.errors)")
        let unknown = try project.assay.run("compare", "latest", "nothing")
        #expect(
            unknown.status == 1 && unknown.errors.contains("no run, no baseline and no file 'nothing'"),
            "\(unknown.errors)"
        )
        let tag = try project.assay.run("compare", "latest", "latest", "--by", "other")
        #expect(tag.status == 1 && tag.errors.contains("tags are fact"), "\(tag.errors)")
        #expect(try project.assay.run("compare", "latest").status == 64)
        try project.write("not.json", "{}")
        let file = try project.assay.run("compare", "latest", "not.json")
        #expect(file.status == 1 && file.errors.contains("no record of a run"), "\(file.errors)")
    }
}
