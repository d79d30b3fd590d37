import AssayModel
import AssayTestProcess
import Foundation
import Testing

/// Ends the real binary at random moments and shows that nothing committed is lost or done twice.
@Suite(.enabled(if: Assay.isBuilt))
struct InterruptionTests {
    private static let metrics =
        "{ evalset: evalset, judge: slow, metrics: [ span_recall@5, hit@5, token_f1, faithfulness ] }"

    private static func project() throws -> CommandProject {
        let project = try CommandProject(documents: 24)
        try project.write(
            "pipeline.yaml",
            CommandProject.pipeline(["answer": "{ engine: slow, context: 2 }", "evaluate": metrics])
        )
        return project
    }

    /// Items by stage that the workspace holds.
    private static func counts(_ project: CommandProject) throws -> [String: Int] {
        let lines = try project.assay.run("cache", "stats").output.split(separator: "\n")
        return Dictionary(
            uniqueKeysWithValues: lines.compactMap { line in
                let parts = line.split(separator: " ")
                return parts.count == 2 ? Int(parts[1]).map { (String(parts[0]), $0) } : nil
            }
        )
    }

    @Test(.enabled(if: ProcessInfo.processInfo.environment["ASSAY_SLOW"] != nil))
    func tenKillsLeaveTheSameResults() throws {
        let calm = try Self.project()
        let reference = try calm.assay.run("run", "pipeline.yaml")
        #expect(reference.status == 0, "\(reference.errors)")
        let expected = try calm.results()
        let seed =
            ProcessInfo.processInfo.environment["ASSAY_SEED"].flatMap(UInt64.init)
            ?? UInt64(Date().timeIntervalSince1970)
        print("seed of the kills: \(seed)")
        var random = SeededRandom(seed: seed)
        let project = try Self.project()
        var before = try Self.counts(project)
        for kill in 0..<10 {
            let (process, finish) = try project.assay.start(["run", "pipeline.yaml"])
            // The delays grow, so that ingestion, answering and judging are all hit.
            Thread.sleep(forTimeInterval: 0.03 + Double(kill) * 0.12 + random.unit() * 0.3)
            process.send(SIGKILL)
            _ = finish()
            let after = try Self.counts(project)
            for (stage, count) in before { #expect(after[stage] ?? 0 >= count, "kill \(kill): \(stage) lost items") }
            before = after
        }
        let last = try project.assay.run("run", "--json", "pipeline.yaml")
        #expect(last.status == 0, "\(last.errors)")
        #expect(try project.results() == expected)
        // What was committed before the last run was not asked again.
        let record = try #require(try? JSONDecoder().decode(RunRecord.self, from: Data(last.output.utf8)))
        for (stage, line) in ["read": "read", "chunk": "chunk", "answer": "answer", "judge": "judge"] {
            let timing = try #require(record.timings.stages.first { $0.stage == line })
            #expect(timing.reused >= before[stage] ?? 0, "\(stage): \(timing.reused) of \(before[stage] ?? 0) reused")
        }
    }

    private static let gguf = ProcessInfo.processInfo.environment["ASSAY_GGUF"]

    @Test(
        .enabled(
            if: gguf != nil && ProcessInfo.processInfo.environment["ASSAY_LLAMA_PYTHON"] != nil,
            "needs ASSAY_GGUF and ASSAY_LLAMA_PYTHON"
        )
    )
    func theRealEngineIsNotAskedAgainAfterAKill() throws {
        let project = try CommandProject(documents: 8)
        try project.write(
            "engines.yaml",
            "engines:\n  local: { kind: llama, model: \"\(Self.gguf ?? "")\", mode: strict, context: 1024 }\n"
        )
        try project.write(
            "pipeline.yaml",
            CommandProject.pipeline(["answer": "{ engine: local, context: 1, max_tokens: 16 }"])
        )
        let (process, finish) = try project.assay.start(["run", "pipeline.yaml"])
        var committed = 0
        for _ in 0..<600 where committed < 2 {
            Thread.sleep(forTimeInterval: 0.1)
            committed = try Self.counts(project)["answer"] ?? 0
        }
        process.send(SIGKILL)
        _ = finish()
        let kept = try Self.counts(project)["answer"] ?? 0
        #expect(kept >= 2 && kept < 8, "\(kept) answers when it was killed")
        let last = try project.assay.run("run", "--json", "pipeline.yaml")
        #expect(last.status == 0, "\(last.errors)")
        let record = try JSONDecoder().decode(RunRecord.self, from: Data(last.output.utf8))
        let timing = try #require(record.timings.stages.first { $0.stage == "answer" })
        #expect(timing.items == 8 && timing.reused == kept, "\(timing.reused) of \(kept) committed answers were reused")
        #expect(record.results.questions.allSatisfy { $0.sample.answer != nil })
    }

    @Test func controlCEndsWithinASecondAndKeepsWhatIsDone() throws {
        let project = try Self.project()
        let (process, finish) = try project.assay.start(["run", "pipeline.yaml"])
        Thread.sleep(forTimeInterval: 1.2)
        let start = Date()
        process.send(SIGINT)
        let result = finish()
        #expect(Date().timeIntervalSince(start) < 1)
        #expect(result.status == 130)
        #expect(result.errors.contains("run the same command to go on"), "\(result.errors)")
        #expect(try Self.counts(project)["read"] == 24)
        let second = try project.assay.run("run", "pipeline.yaml")
        #expect(second.status == 0, "\(second.errors)")
    }

    @Test func aFullDiskIsSaidAndNothingIsLost() throws {
        let project = try CommandProject(documents: 40)
        // A limit on the size of files stands for the full disk: writes beyond it fail in the same way.
        let limited = try project.assay.start(
            ["run", "pipeline.yaml"],
            wrapper: ["bash", "-c", "trap '' XFSZ; ulimit -f 120; exec \"$0\" \"$@\""]
        ).finish()
        #expect(limited.status == 1)
        #expect(
            limited.errors.contains("what was finished is kept") || limited.errors.contains("free some space"),
            "\(limited.errors)"
        )
        let second = try project.assay.run("run", "pipeline.yaml")
        #expect(second.status == 0, "\(second.errors)")
        let calm = try CommandProject(documents: 40)
        #expect(try calm.assay.run("run", "pipeline.yaml").status == 0)
        #expect(try project.results() == calm.results())
    }

    @Test func aHeldLockSaysWhoHoldsIt() throws {
        let project = try CommandProject(documents: 4)
        #expect(try project.assay.run("run", "pipeline.yaml").status == 0)
        let locks = project.root + "/.assay/locks"
        let names = try FileManager.default.contentsOfDirectory(atPath: locks).sorted()
        #expect(names.count == 2, "one for the index, one for the vectors: \(names)")
        for name in names {
            // Held by this process, as another run would hold it.
            let file = unsafe open("\(locks)/\(name)", O_RDWR | O_CLOEXEC)
            #expect(flock(file, LOCK_EX | LOCK_NB) == 0)
            let holder = Array("process 4242 (to build the index)".utf8)
            let written = unsafe pwrite(file, holder, holder.count, 0)
            #expect(written == holder.count)
            let refused = try project.assay.run("run", "pipeline.yaml")
            #expect(refused.status == 1)
            #expect(
                refused.errors.contains("process 4242 (to build the index) holds the lock"),
                "\(refused.errors)"
            )
            // A reader does not wait: the published generation answers.
            let asked = try project.assay.run("ask", "pipeline.yaml", "Which color does machine M3 have?")
            #expect(asked.status == 0 && asked.output.contains("[1] doc-103.md#"), "\(asked.output)\(asked.errors)")
            #expect(asked.errors.contains("the generation published last answers"), "\(asked.errors)")
            close(file)
            #expect(try project.assay.run("run", "pipeline.yaml").status == 0)
        }
    }
}
