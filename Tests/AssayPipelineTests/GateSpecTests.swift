import AssayEval
import AssayModel
import FoundationEssentials
import Testing

@testable import AssayPipeline

struct GateSpecTests {
    private static let head = """
        assay: 1
        corpus: corpus
        evaluate: { evalset: evalset, metrics: [ hit@5, mrr ] }

        """

    private func spec(_ gate: String) throws -> PipelineSpec {
        try PipelineSpec(YAMLFile.parse(Self.head + gate, file: "p.yaml"), path: "p.yaml")
    }

    @Test func readsRulesInTheOrderOfTheFile() throws {
        let gate = try #require(
            try spec(
                """
                gate:
                  baseline: main
                  inconclusive: fail
                  unvalidated: allow
                  rules:
                    hit@5: { drop: 0.05, min: 0.7 }
                    coverage: { min: 0.98 }
                    latency_p95_ms: { max: 5000 }
                  slices:
                    kind:comparison: { mrr: { drop: 0.1 } }
                """
            ).gate
        )
        #expect(gate.baseline == "main" && gate.inconclusiveFails && gate.allowsUnvalidated && gate.needsBaseline)
        let shown = gate.rules.map {
            "\($0.subject.name) \($0.kind.rawValue) \($0.limit) \($0.slice ?? "-") \($0.place)"
        }
        #expect(
            shown == [
                "hit@5 min 0.7 - p.yaml:9", "hit@5 drop 0.05 - p.yaml:9", "coverage min 0.98 - p.yaml:10",
                "latency_p95_ms max 5000.0 - p.yaml:11", "mrr drop 0.1 kind:comparison p.yaml:13",
            ]
        )
    }

    @Test func defaultsAreTheMildOnes() throws {
        let gate = try #require(try spec("gate: { rules: { mrr: { min: 0.1 } } }").gate)
        #expect(!gate.inconclusiveFails && !gate.allowsUnvalidated && !gate.needsBaseline && gate.baseline == nil)
    }

    /// The gate asks, it measures nothing.
    @Test func theGateIsInNoHash() throws {
        let without = try spec("")
        let with = try spec("gate: { rules: { mrr: { min: 0.1 } } }")
        #expect(without.measured == with.measured)
    }

    private static let wrong: [(gate: String, code: String, part: String)] = [
        ("gate: { }", "gate.empty", "no rules"),
        ("gate: { rules: { hitt@5: { min: 1 } } }", "gate.metric", "did you mean 'hit@5'?"),
        ("gate: { rules: { mrr: { mini: 1 } } }", "config.unknown-key", "did you mean 'min'?"),
        ("gate: { rules: { mrr: {} } }", "gate.bound", "min, max, drop"),
        ("gate: { rules: { mrr: 0.5 } }", "config.type", "mapping"),
        ("gate: { rules: { mrr: { drop: -0.1 } } }", "config.value", "drop"),
        ("gate: { rules: { coverage: { drop: 0.1 } } }", "config.unknown-key", "'drop'"),
        ("gate: { rules: { coverage: { min: 98 } } }", "config.value", "from 0.0 to 1.0"),
        ("gate: { rules: { latency_p95_ms: { min: 1 } } }", "config.unknown-key", "'min'"),
        ("gate: { slices: { fact: { coverage: { min: 1 } } } }", "gate.metric", "coverage"),
        ("gate: { inconclusive: maybe, rules: { mrr: { min: 1 } } }", "config.value", "pass, fail"),
        ("gate: { rule: { mrr: { min: 1 } } }", "config.unknown-key", "did you mean 'rules'?"),
    ]

    @Test(arguments: wrong)
    func saysWhatIsWrong(gate: String, code: String, part: String) {
        let error = #expect(throws: AssayError.self) { try spec(gate) }
        #expect(error?.code.rawValue == code, "\(error.map { "\($0)" } ?? "")")
        #expect(error?.place?.line == 4)
        #expect(error.map { "\($0)".contains(part) } == true, "\(error.map { "\($0)" } ?? "")")
    }
}

struct SourceCommitTests {
    private static let id = "0123456789abcdef0123456789abcdef01234567"

    private func folder(_ files: [String: String]) throws -> String {
        let root = FileManager.default.temporaryDirectory.path() + "assay-commit-\(UUID().uuidString)"
        for (path, text) in files {
            let full = root + "/" + path
            try FileManager.default.createDirectory(atPath: parent(of: full), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(filePath: full))
        }
        return root
    }

    @Test func readsLooseAndPackedBranchesAndDetachedHeads() throws {
        let loose = try folder([
            ".git/HEAD": "ref: refs/heads/main\n", ".git/refs/heads/main": Self.id + "\n", "a/b": "",
        ])
        #expect(SourceCommit.find(above: loose + "/a") == Self.id)
        let packed = try folder([
            ".git/HEAD": "ref: refs/heads/x/y\n",
            ".git/packed-refs": "# pack-refs with: peeled\n\(Self.id) refs/heads/x/y\n^ffff\n",
        ])
        #expect(SourceCommit.find(above: packed) == Self.id)
        #expect(SourceCommit.find(above: try folder([".git/HEAD": Self.id])) == Self.id)
    }

    @Test func followsAWorkTreeToItsRepository() throws {
        let root = try folder([
            "repo/.git/refs/heads/side": Self.id, "repo/.git/worktrees/w/HEAD": "ref: refs/heads/side",
            "repo/.git/worktrees/w/commondir": "../..", "w/.git": "gitdir: ../repo/.git/worktrees/w",
        ])
        #expect(SourceCommit.find(above: root + "/w") == Self.id)
    }

    @Test func saysNothingWhereThereIsNoCommit() throws {
        #expect(SourceCommit.find(above: try folder([".git/HEAD": "ref: refs/heads/main"])) == nil)
        #expect(SourceCommit.find(above: try folder([".git/HEAD": "rubbish"])) == nil)
        #expect(SourceCommit.find(above: try folder([".git/HEAD": "ref: ../../etc/passwd"])) == nil)
    }
}
