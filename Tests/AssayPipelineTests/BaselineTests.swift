import AssayModel
import AssayStore
import FoundationEssentials
import Testing

@testable import AssayPipeline

struct BaselineTests {
    @Test func comesBackAsItWasWrittenAndHoldsNoText() async throws {
        let project = try ProjectFixture(documents: 20, name: "baseline")
        let record = try await project.run()
        let files = BaselineFile(Project(containing: project.pipeline, workspace: nil))
        let path = try files.write(Baseline(record, name: "main"))
        #expect(path == project.root + "/baselines/main.json")
        #expect(files.names == ["main"])
        let read = try #require(try files.read("main"))
        #expect(read.questions == Baseline(record, name: "main").questions)
        #expect(read.metrics == record.results.metrics)
        // A number without fraction is read back as a whole one: no change.
        #expect(read.identity.changes(since: RunIdentity(record)) == [])
        // Written again, the bytes are the same.
        let text = String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
        #expect(try BaselineFile.text(read) == text)
        for row in record.results.questions {
            #expect(!text.contains(row.sample.question.question), "no question stands in the file")
            if let answer = row.sample.answer?.text { #expect(!text.contains(answer)) }
        }
        #expect(text.split(separator: "\n").count { $0.contains("\"scores\"") } == record.results.questions.count)
    }

    @Test func givesBackTheScoresOfTheRun() async throws {
        let project = try ProjectFixture(documents: 20, name: "baseline-rows")
        let record = try await project.run()
        let rows = Baseline(record, name: "x").results(for: record.results.questions.map(\.sample.question))
        #expect(rows.count == record.results.questions.count)
        for (old, new) in zip(record.results.questions, rows) {
            #expect(old.sample.question == new.sample.question)
            for metric in record.results.metrics {
                let name = metric.definition.name
                #expect(old.scores[name]?.score.value == new.scores[name]?.score.value)
                if case .notApplicable = old.scores[name]?.score {
                    guard case .notApplicable = new.scores[name]?.score else {
                        Issue.record("\(name) of \(old.sample.question.id) lost its state")
                        continue
                    }
                }
            }
        }
    }

    @Test func keepsRepeatsAndWhatWasNotScored() throws {
        let values: [String: Baseline.Value] = ["a": .scored(0.1), "b": .notScored, "c": .repeated(0.5, [0, 1])]
        let text = try canonicalJSON(values)
        #expect(text == #"{"a":0.1,"b":"not_scored","c":{"repeats":[0,1],"value":0.5}}"#)
        #expect(try JSONDecoder().decode([String: Baseline.Value].self, from: Data(text.utf8)) == values)
    }

    @Test func refusesNamesAndFilesThatAreNone() throws {
        let project = try ProjectFixture(documents: 1, name: "baseline-names")
        let files = BaselineFile(Project(containing: project.pipeline, workspace: nil))
        for name in ["", "../x", ".hidden", "a/b", "ä"] {
            let error = #expect(throws: AssayError.self) { try files.read(name) }
            #expect(error?.code == "baseline.name")
        }
        #expect(try files.read("nowhere") == nil)
        try project.write("baselines/old.json", #"{"format":99}"#)
        #expect(throws: AssayError.self) { try files.read("old") }
        try project.write("baselines/cut.json", #"{"format":1,"#)
        let error = #expect(throws: AssayError.self) { try files.read("cut") }
        #expect(error?.code == "baseline.damaged")
    }
}

struct RunHistoryTests {
    @Test func aRefreshHasANumberOfItsOwnInTheWholeWorkspace() async throws {
        let project = try ProjectFixture(documents: 20, name: "replicates")
        // The same prompts under another spec hash: one metric less.
        try project.writePipeline(metrics: "[ hit@5 ]", name: "other.yaml")
        for name in ["pipeline.yaml", "other.yaml", "pipeline.yaml"] {
            let session = try project.open(name)
            var options = PipelineRun.Options()
            options.refresh = true
            let record = try await PipelineRun(session, options: options).run(id: UUID().uuidString).record
            await session.close()
            let answers = try #require(record.stage("answer"))
            #expect(answers.items > 0 && answers.reused == 0, "\(name) found \(answers.reused) answers")
        }
    }

    @Test func readsRunsWithoutTheirQuestionsAndMarksWhatChanged() async throws {
        let project = try ProjectFixture(documents: 20, name: "history")
        let session = try project.open()
        var template = try await PipelineRun(session, options: .init()).run(id: "r0").record
        for night in 1..<12 {
            template.id = "r\(night)"
            template.environment.started = "2026-01-\(night + 10)T00:00:00Z"
            template.environment.commit = night < 6 ? "aaaa" : "bbbb"
            let level = night < 6 ? 0.9 : 0.5
            for index in template.results.metrics.indices { template.results.metrics[index].mean = level }
            try await session.store.put(run: template)
        }
        try await session.store.startRun("r99", pipeline: "pipeline", specHash: "x", started: "2026-02-01T00:00:00Z")
        let heads = try await session.store.heads(of: "pipeline", last: 11)
        #expect(heads.map(\.identity.run) == (1..<12).map { "r\($0)" }, "an unfinished run has no place")
        let whole = try #require(try await session.store.run("r3"))
        var identity = RunIdentity(whole)
        identity.spec = nil
        #expect(heads[2].identity == identity)
        #expect(heads[2].metrics == whole.results.metrics)
        let history = MetricHistory(pipeline: "pipeline", heads: heads, metric: "hit@5")
        let series = try #require(history.series.first)
        #expect(series.changes.map(\.point) == [5])
        #expect(series.changes.first?.causes == ["commit: aaaa → bbbb"])
        #expect(abs((series.changes.first?.after ?? 0) - 0.5) < 1e-12)
        await session.close()
    }

    @Test func anotherDefinitionOrEvalsetStartsASeriesOfItsOwn() async throws {
        let project = try ProjectFixture(documents: 20, name: "epochs")
        let session = try project.open()
        var record = try await PipelineRun(session, options: .init()).run(id: "r0").record
        for night in 1..<14 {
            record.id = "r\(night)"
            record.environment.started = "2026-01-\(night + 10)T00:00:00Z"
            if night == 7 { record.results.evalset?.fingerprint = "other" }
            for index in record.results.metrics.indices { record.results.metrics[index].mean = night < 7 ? 0.9 : 0.5 }
            try await session.store.put(run: record)
        }
        let heads = try await session.store.heads(of: "pipeline", last: 13)
        let history = MetricHistory(pipeline: "pipeline", heads: heads, metric: "mrr")
        #expect(history.series.first?.changes == [])
        #expect(
            history.series.first?.points.map(\.epoch) == [Int](repeating: 0, count: 6) + [Int](repeating: 1, count: 7)
        )
        await session.close()
    }
}
