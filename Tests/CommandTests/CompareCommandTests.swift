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
