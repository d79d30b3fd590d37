import AssayModel
import AssayPipeline
import Testing

/// What is redone when something changes: exactly the items that it decides.
struct ReuseTests {
    @Test func aSecondRunDoesNothingAndGivesTheSameBytes() async throws {
        let project = try ProjectFixture(documents: 20)
        let first = try await project.run()
        let second = try await project.run()
        #expect(try canonicalJSON(first.results) == canonicalJSON(second.results))
        for stage in ["read", "chunk", "embed", "index", "answer"] {
            let line = try #require(second.stage(stage))
            #expect(line.items > 0 && line.items == line.reused, "\(stage): \(line.reused) of \(line.items)")
        }
        #expect(first.mean("hit@5") == 1)
        #expect(first.stage("answer")?.reused == 0)
    }

    @Test func aChangedDocumentCostsOneDocument() async throws {
        let project = try ProjectFixture(documents: 100)
        let before = try await project.run()
        try project.writeDocument(55, extra: " A new last sentence about granite.")
        let after = try await project.run()
        #expect(after.stage("read").map { $0.items - $0.reused } == 1)
        #expect(after.stage("chunk").map { $0.items - $0.reused } == 1)
        let changed = try #require(after.stage("embed").map { $0.items - $0.reused })
        #expect(changed == 1, "only the chunk with the new sentence has another text")
        // An answer is redone exactly where its rendered prompt changed.
        var expected = 0
        for (old, new) in zip(before.results.questions, after.results.questions) {
            if old.sample.context.map(\.text) != new.sample.context.map(\.text) { expected += 1 }
        }
        #expect(after.stage("answer").map { $0.items - $0.reused } == expected)
    }

    @Test func aDeletedDocumentIsGoneFromEveryIndex() async throws {
        let project = try ProjectFixture(documents: 30)
        let before = try await project.run()
        #expect(before.results.questions[1].sample.retrieved.contains { $0.document == ProjectFixture.file(10) })
        try project.remove("corpus/" + ProjectFixture.file(11))
        let after = try await project.run()
        #expect(after.results.corpus.documents == 29)
        for question in after.results.questions {
            #expect(!question.sample.retrieved.contains { $0.document == ProjectFixture.file(11) })
        }
        for kind in ["dense", "bm25"] {
            try project.write(
                "one.yaml",
                """
                assay: 1
                corpus: corpus
                chunk: { by: headings, tokens: 80 }
                embed: { by: hashed }
                retrieve: { from: [ { \(kind): { top: 1000 } } ], depth: 1000 }
                evaluate: { evalset: evalset, metrics: [ mrr ] }

                """
            )
            let record = try await project.run("one.yaml")
            for question in record.results.questions {
                #expect(!question.sample.retrieved.contains { $0.document == ProjectFixture.file(11) })
            }
        }
    }

    @Test func anIncrementalIndexRanksLikeAFreshOne() async throws {
        let grown = try ProjectFixture(documents: 40)
        _ = try await grown.run()
        for number in [3, 17, 21] { try grown.writeDocument(number, extra: " More about jasper and onyx.") }
        try grown.remove("corpus/" + ProjectFixture.file(5))
        let incremental = try await grown.run()
        let fresh = try ProjectFixture(documents: 40)
        for number in [3, 17, 21] { try fresh.writeDocument(number, extra: " More about jasper and onyx.") }
        try fresh.remove("corpus/" + ProjectFixture.file(5))
        let built = try await fresh.run()
        #expect(try canonicalJSON(incremental.results) == canonicalJSON(built.results))
    }

    @Test func anotherChunkerRereadsNothing() async throws {
        let project = try ProjectFixture(documents: 20)
        _ = try await project.run()
        try project.writePipeline(chunk: "{ by: sentences, tokens: 60 }")
        let record = try await project.run()
        #expect(record.stage("read").map { $0.items - $0.reused } == 0)
        #expect(record.stage("chunk")?.reused == 0)
        #expect(record.stage("embed").map { $0.items - $0.reused > 0 } == true)
    }

    @Test func anotherEmbedderRereadsNothingAndReembedsAll() async throws {
        let project = try ProjectFixture(documents: 20)
        let before = try await project.run()
        try project.writePipeline(embed: "{ by: hashed, dimension: 96 }")
        let record = try await project.run()
        #expect(record.stage("read").map { $0.items - $0.reused } == 0)
        #expect(record.stage("embed")?.reused == 0)
        #expect(record.results.corpus.chunks == before.results.corpus.chunks)
    }

    @Test func severalGenerationsLaterTheIndexIsCompactedAndRanksTheSame() async throws {
        let project = try ProjectFixture(documents: 20)
        _ = try await project.run()
        for round in 0..<10 {
            try project.writeDocument(round, extra: " Round \(round) of quartz.")
            _ = try await project.run()
        }
        let last = try await project.run()
        let fresh = try ProjectFixture(documents: 20)
        for round in 0..<10 { try fresh.writeDocument(round, extra: " Round \(round) of quartz.") }
        #expect(try canonicalJSON(last.results) == canonicalJSON(try await fresh.run().results))
    }

    @Test func exactIndexesAgreeBitForBit() async throws {
        let project = try ProjectFixture(documents: 30)
        try project.writePipeline(vectors: "flat", name: "flat.yaml")
        let flat = try await project.run("flat.yaml")
        try project.writePipeline(vectors: "auto", name: "auto.yaml")
        let auto = try await project.run("auto.yaml")
        #expect(flat.results.questions == auto.results.questions)
    }
}
