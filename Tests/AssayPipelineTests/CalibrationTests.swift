import AssayEval
import AssayModel
import AssayStore
import Foundation
import Testing

@testable import AssayPipeline

struct CalibrationTests {
    private static let engines = """
        engines:
          scripted: { kind: scripted, reply: extract, slots: 2 }
          guessing: { kind: scripted, reply: extract }

        """

    private func project(_ name: String) throws -> ProjectFixture {
        let fixture = try ProjectFixture(documents: 20, name: name)
        try fixture.write("engines.yaml", Self.engines)
        let rows = (0..<40).map { number in
            #"{"question":"What is \#(number)?","answer":"It is \#(number * 3).","contexts":["\#(number) is \#(number * 3). And more of it."],"#
                + #""document":"d\#(number / 2)","labels":{"faithfulness":\#(number % 4 == 0 ? 0 : 1)}}"#
        }
        try fixture.write("labels.jsonl", rows.joined(separator: "\n") + "\n")
        return fixture
    }

    private func calibrate(
        _ fixture: ProjectFixture,
        _ change: (inout CalibrationRun.Options) -> Void = { _ in }
    ) async throws -> CalibrationReport {
        let project = Project(containing: fixture.pipeline, workspace: nil)
        try project.workspace.create()
        let now: @Sendable () -> String = { "2026-01-01T00:00:00Z" }
        let run = CalibrationRun(
            project: project,
            store: try Store(project.workspace, now: now),
            progress: Progress { _ in },
            now: now
        )
        var options = CalibrationRun.Options()
        options.judgings = [JudgingSpec(engine: "guessing", ask: "json")]
        options.pairings = [.init(label: "faithfulness", metric: "faithfulness_verdict")]
        change(&options)
        return try await run.run(fixture.root + "/labels.jsonl", options)
    }

    @Test func aJudgeThatGuessesIsNotValidated() async throws {
        let fixture = try project("calibrate")
        let settings: (inout CalibrationRun.Options) -> Void = { options in
            options.contextLimit = 12
            options.labelledPart = 10
        }
        let report = try await calibrate(fixture, settings)
        #expect(report.rows == 40 && report.documents == 20 && report.calls == 40 && report.cutRows == 40)
        let line = try #require(report.lines.first)
        #expect(line.comparison.agreement.rows == 40 && line.comparison.agreement.clusters == 20)
        let record = try #require(line.record)
        #expect(!record.isValid && record.way == "json" && record.labels.name == "faithfulness")
        #expect(report.markdown.contains("*unvalidated*") && report.markdown.contains("people say yes to 75 %"))
        // Ten labels and 30 guesses: a guess adds little to the labels.
        #expect(line.comparison.corrected?.labelled == 10 && line.comparison.corrected?.unlabelled == 30)
        let again = try await calibrate(fixture, settings)
        #expect(again.reused == 40 && again.lines == report.lines)
    }

    @Test func labelsThatAreNotThereAreRefused() async throws {
        let fixture = try project("calibrate-names")
        let error = await #expect(throws: AssayError.self) {
            try await calibrate(fixture) { $0.pairings = [.init(label: "truth", metric: "faithfulness_verdict")] }
        }
        #expect(error?.code.rawValue == "calibration.label")
        let unknown = await #expect(throws: AssayError.self) {
            try await calibrate(fixture) { $0.pairings = [.init(label: "faithfulness", metric: "faithfulnes")] }
        }
        #expect(unknown?.code.rawValue == "metric.unknown")
    }

    @Test func aRunLooksUpWhatItsJudgeIsWorth() async throws {
        let fixture = try project("standing")
        try fixture.writePipeline(metrics: "[ token_f1, faithfulness_verdict ]", judge: "guessing")
        func standing() async throws -> [JudgeStanding?] {
            try await fixture.run().results.metrics.map(\.judgeStanding)
        }
        #expect(try await standing() == [nil, .unvalidated])
        let run = try await fixture.run()
        let judge = try #require(run.results.judge)
        let definition = try #require(run.results.metrics.last?.definition)
        // What a judge that is right nine times of ten would have got.
        let pairs = (0..<80).map { number in
            ScoredLabel(
                score: number % 10 == 0 ? Double((number + 1) % 2) : Double(number % 2),
                label: Double(number % 2),
                cluster: number
            )
        }
        let record = JudgeCalibration(
            metric: definition,
            judges: [judge],
            way: "json",
            labels: .init(file: "labels.jsonl", sha256: "0", name: "faithfulness", scale: 0...1),
            agreement: Agreement(pairs, scale: 0...1, seed: 1),
            notScored: 0,
            contextLimit: nil,
            date: "2026-01-01T00:00:00Z"
        )
        let folder = CalibrationFolder(Project(containing: fixture.pipeline, workspace: nil))
        let file = try folder.write(record)
        #expect(try folder.records() == [record])
        #expect(try await standing() == [nil, .validated])
        try Data("{}".utf8).write(to: URL(filePath: file))
        let error = await #expect(throws: AssayError.self) { try await fixture.run() }
        #expect(error?.code.rawValue == "calibration.file" && error?.place?.file == file)
    }

    @Test func trainingHoldsWholeDocumentsOut() throws {
        let questions = (0..<30).map { number in
            Question(
                id: "q\(number)",
                question: "Which version has tool \(number)?",
                reference: "Tool \(number) was built as Mark\(number) and it is of version \(number + 40).",
                gold: [
                    GoldQuote(
                        document: "d\(number / 2)",
                        quote: "Version \(number + 40) is that of Mark\(number), a tool of ours."
                    )
                ]
            )
        }
        let sources = DetectorTraining.sources(of: questions, set: "x")
        #expect(sources.count == 30 && Set(sources.map(\.group)).count == 15)
        let examples = DetectorTraining.examples(sources, seed: 3)
        #expect(
            Set(examples.map(\.kind)) == ["reference", "quote", "number", "name", "negation", "sentence", "answer"]
        )
        #expect(examples.filter(\.isSupported).allSatisfy { ["reference", "quote"].contains($0.kind) })
        #expect(examples.map(\.answer) == DetectorTraining.examples(sources, seed: 3).map(\.answer))
        let held = Set(sources.map(\.group).filter(DetectorTraining.isHeldOut))
        #expect(!held.isEmpty && held.count < 15)
    }
}
