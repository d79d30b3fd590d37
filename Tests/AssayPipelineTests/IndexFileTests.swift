import AssayModel
import AssayStore
import FoundationEssentials
import Testing

@testable import AssayPipeline

struct ChunkTableTests {
    private func table() -> ChunkTable {
        var table = ChunkTable()
        let document = table.add(document: .init(id: "a/ä.md", hash: SHA256.hex("h"), metadata: ["k": "v"]))
        for number in 0..<5 {
            table.add(
                .init(
                    document: document,
                    ordinal: Int32(number),
                    start: Int32(number * 10),
                    end: Int32(number * 10 + 9),
                    tokens: 3,
                    vector: Int32(number),
                    identity: .init(high: 1, low: UInt64(number))
                )
            )
        }
        return table
    }

    @Test func comesBackWhole() throws {
        let table = table()
        #expect(try ChunkTable(table.encoded(), path: "t") == table)
        #expect(table.id(2) == "a/ä.md#20-29")
    }

    @Test func everyCutAndEveryWrongNumberIsDamage() throws {
        let data = table().encoded()
        for length in 0..<data.count {
            #expect(throws: AssayError.self) { try ChunkTable(data.prefix(length), path: "t") }
        }
        // Whatever a changed byte makes of it, nothing crashes.
        for position in 0..<data.count {
            var changed = data
            changed[position] ^= 0x40
            _ = try? ChunkTable(changed, path: "t")
        }
    }
}

struct LockTests {
    @Test func aSecondHolderIsToldWhoHoldsIt() throws {
        let workspace = Workspace(path: FileManager.default.temporaryDirectory.path() + "lock-\(UUID().uuidString)")
        try workspace.create()
        let first = try Lock("index-x", in: workspace, doing: "build the index")
        let error = #expect(throws: AssayError.self) { try Lock("index-x", in: workspace, doing: "build it too") }
        #expect(error?.message.contains("to build the index") == true)
        withExtendedLifetime(first) {}
    }

    @Test func aFreedLockCanBeTaken() throws {
        let workspace = Workspace(path: FileManager.default.temporaryDirectory.path() + "lock-\(UUID().uuidString)")
        try workspace.create()
        do { _ = try Lock("index-x", in: workspace, doing: "build the index") }
        _ = try Lock("index-x", in: workspace, doing: "build it again")
    }
}

struct SpecTests {
    private func spec(_ change: (String) -> String = { $0 }) throws -> PipelineSpec {
        let text = """
            assay: 1
            corpus: corpus
            chunk: { by: tokens, tokens: 50 }
            embed: { by: hashed }
            retrieve: { from: [ { dense: { top: 10 } } ], depth: 10 }

            """
        return try PipelineSpec(try YAMLFile.parse(change(text), file: "p.yaml"), path: "p.yaml")
    }

    @Test func theHashHoldsWhatIsMeasuredAndNothingElse() throws {
        func hash(_ change: (String) -> String = { $0 }) throws -> String {
            try PipelineParts(try spec(change), resources: .none).specHash
        }
        let base = try hash()
        #expect(try hash { "# a comment\n" + $0 } == base)
        #expect(try hash { $0 + "expect: { documents: 3 }\n" } == base)
        #expect(try hash { $0.replacing("top: 10", with: "top: 11") } != base)
        #expect(try hash { $0.replacing("tokens: 50", with: "tokens: 51") } != base)
        #expect(try hash { $0.replacing("by: hashed", with: "by: hashed, dimension: 32") } != base)
    }

    @Test func sweepsSetDottedKeys() throws {
        let node = try YAMLFile.parse("chunk: { tokens: 5 }\n", file: "p.yaml")
        let place = Place(file: "s.yaml")
        let changed = try node.setting("chunk.tokens", to: ConfigNode(.int(9), at: place))
            .setting("retrieve.depth", to: ConfigNode(.int(3), at: place))
        #expect(changed.json == ["chunk": ["tokens": 9], "retrieve": ["depth": 3]])
        #expect(throws: AssayError.self) { try node.setting("chunk.tokens.x", to: ConfigNode(.int(9), at: place)) }
    }

    @Test func expectationsCompareCountsExactlyAndMetricsWithinTheTolerance() throws {
        let file = try YAMLFile.parse("expect: { corpus: ab12, documents: 3, mrr: 0.5 }", file: "p.yaml")
        let node = try #require(file["expect"])
        let expect = try Expectations(node)
        func results(_ fingerprint: String, documents: Int, mrr: Double) -> RunResults {
            let corpus = CorpusSummary(
                name: "c",
                fingerprint: fingerprint,
                documents: documents,
                chunks: 9,
                bytes: 1,
                tokens: 1
            )
            let definition = MetricDefinition(name: "mrr", version: 1, formula: "", needs: [])
            let metric = MetricSummary(
                definition: definition,
                mean: mrr,
                low: nil,
                high: nil,
                scored: 1,
                notScored: 0,
                notApplicable: 0,
                clusters: 1
            )
            return RunResults(pipeline: "p", specHash: "", spec: .null, corpus: corpus, metrics: [metric])
        }
        #expect(expect.misses(results("ab12ff", documents: 3, mrr: 0.5019)).isEmpty)
        #expect(expect.misses(results("ab12ff", documents: 3, mrr: 0.5021)).count == 1)
        #expect(expect.misses(results("ab12ff", documents: 4, mrr: 0.1)).count == 2)
        // Another corpus is no failure of the code: nothing else is compared.
        #expect(expect.misses(results("cd", documents: 4, mrr: 0.1)).count == 1)
    }
}
