import AssayModel
import Foundation
import Testing

/// `assay compare` with the real binary and the scripted engine.
@Suite(.enabled(if: Assay.isBuilt))
struct CompareCommandTests {
    @Test func comparesTheRunsOfTwoPipelines() throws {
        let project = try CommandProject()
        #expect(try project.assay.run("run", "pipeline.yaml").status == 0)
        // One passage of the wrong kind instead of two: recall falls to 0 for every question.
        let worse = ["chunk": "{ by: tokens, tokens: 8 }", "retrieve": "{ from: [ { dense: { top: 1 } } ], depth: 1 }"]
        try project.write(
            "worse.yaml",
            CommandProject.pipeline(
                worse.merging(["evaluate": "{ evalset: evalset, metrics: [ span_recall@1, hit@5, token_f1 ] }"]) { $1 }
            )
        )
        #expect(try project.assay.run("run", "worse.yaml").status == 0)

        let compared = try project.assay.run(
            "compare",
            "latest~1",
            "latest",
            "--json",
            "--changed",
            "3",
            "--by",
            "kind"
        )
        #expect(compared.status == 0, "\(compared.errors)")
        struct Answer: Decodable { var comparisons: [PairedComparison] }
        let comparison = try #require(
            try JSONDecoder().decode(Answer.self, from: Data(compared.output.utf8)).comparisons.first
        )
        #expect(comparison.baseline.pipeline == "pipeline" && comparison.candidate.pipeline == "worse")
        #expect(comparison.metrics.map(\.name) == ["hit@5", "token_f1"])
        let hit = comparison.metrics[0]
        #expect(hit.baselineMean == 1 && hit.n == 12 && hit.clusters == 12 && hit.losses > 0)
        #expect(hit.changes.count == min(3, hit.losses))
        #expect(comparison.slices.map(\.tag) == ["fact"])
        #expect(comparison.warnings.contains { $0.contains("citation_precision") && $0.contains("span_recall@1") })

        let table = try project.assay.run("compare", "latest~1", "latest")
        #expect(table.output.contains("hit@5") && table.output.contains("win/tie/loss"), "\(table.output)")
        let page = try project.assay.run("compare", "latest~1", "latest", "--markdown")
        #expect(page.output.hasPrefix("## ") && page.output.contains("| hit@5 |"), "\(page.output)")
        let file = try project.assay.run(
            "compare",
            ".assay/runs/\(comparison.baseline.name)",
            "latest",
            "--metrics",
            "hit@5"
        )
        #expect(file.status == 0 && !file.output.contains("token_f1"), "\(file.errors)")
        let same = try project.assay.run("compare", "latest", "latest", "--interval", "bootstrap")
        #expect(same.status == 0 && same.output.contains("nothing") && same.output.contains("BCa"), "\(same.output)")
    }

    @Test func comparesWithABaselineByName() throws {
        let project = try CommandProject()
        #expect(try project.assay.run("run", "pipeline.yaml").status == 0)
        let listed = try project.assay.run("report").output
        let id = try #require(listed.split(separator: " ").first.map(String.init))
        let saved = try project.assay.run("baseline", "save", id, "main")
        #expect(saved.status == 0, "\(saved.errors)")
        let compared = try project.assay.run("compare", "main", "latest")
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
        #expect(try project.assay.run("run", "pipeline.yaml").status == 0)
        try project.write("corpus/doc-999.md", "# Another\n\nA text that was not there before.\n")
        #expect(try project.assay.run("run", "pipeline.yaml").status == 0)
        let corpus = try project.assay.run("compare", "latest~1", "latest")
        #expect(corpus.status == 1 && corpus.errors.contains("the corpora differ"), "\(corpus.errors)")
        let across = try project.assay.run("compare", "latest~1", "latest", "--across-corpora")
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
