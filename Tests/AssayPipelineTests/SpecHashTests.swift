import AssayModel
import Testing

@testable import AssayPipeline

/// What is measured decides the digest, not how it is written down.
struct SpecHashTests {
    private func hash(_ project: ProjectFixture, _ name: String = "pipeline.yaml") throws -> String {
        try project.open(name).parts.specHash
    }

    @Test func writtenOutDefaultsAndOtherPathsMeasureTheSame() throws {
        let project = try ProjectFixture(documents: 10, name: "spec")
        let plain = try hash(project)
        try project.writePipeline(
            chunk: "{ by: headings, tokens: 80, overlap: 0 }",
            from: "[ { dense: { top: 20 } }, { bm25: { top: 20 } } ]",
            answer: "{ context: 2, engine: scripted, prompt: grounded, max_tokens: 128, temperature: 0, seed: 1 }"
        )
        #expect(try hash(project) == plain)
        // The same folders seen from elsewhere, and expectations, are not measured.
        let text = """
            assay: 1
            corpus: ../corpus
            chunk: { by: headings, tokens: 80 }
            embed: { by: hashed }
            retrieve: { from: [ { dense: { top: 20 } }, { bm25: { top: 20 } } ], fuse: { rrf: { k: 60 } }, depth: 20 }
            answer: { engine: scripted, context: 2 }
            evaluate:
              evalset: ../evalset
              metrics: [ span_recall@5, hit@5, mrr, token_f1, citation_precision, abstention_accuracy ]
            expect: { documents: 10 }

            """
        try project.write("pipelines/other.yaml", text)
        #expect(try hash(project, "pipelines/other.yaml") == plain)
    }

    @Test(arguments: [
        ("tokens: 80", "tokens: 81"), ("top: 20 } }, { bm25", "top: 21 } }, { bm25"), ("k: 60", "k: 61"),
        ("depth: 20", "depth: 19"), ("context: 2", "context: 3"), ("hit@5", "hit@4"),
        ("engine: scripted", "engine: other"),
    ])
    func everythingMeasuredCounts(_ old: String, _ new: String) throws {
        let project = try ProjectFixture(documents: 10, name: "spec")
        let plain = try hash(project)
        let text = try project.read("pipeline.yaml")
        #expect(text.contains(old))
        try project.write("pipeline.yaml", text.replacing(old, with: new))
        #expect(try hash(project) != plain)
    }
}
