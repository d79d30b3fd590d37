import AssayModel
import FoundationEssentials
import Testing

@testable import AssayPipeline

struct GatePlanTests {
    private func plan(_ project: ProjectFixture) async throws -> Plan {
        let spec = try PipelineSpec(project.pipeline)
        return await Plan.make(spec, project: Project(containing: project.pipeline, workspace: nil), data: nil)
    }

    private func project(_ gate: String) throws -> ProjectFixture {
        let project = try ProjectFixture(documents: 60, name: "gate-plan")
        let data = FileManager.default.contents(atPath: project.pipeline) ?? Data()
        try project.write("pipeline.yaml", String(decoding: data, as: UTF8.self) + gate)
        return project
    }

    @Test func warnsOfAMissingBaselineAndOfMarginsThatTheSetCannotShow() async throws {
        let project = try project(
            "gate: { baseline: main, rules: { span_recall@5: { drop: 0.01 }, hit@5: { drop: 0.9 } } }\n"
        )
        let missing = try await plan(project)
        #expect(
            missing.warnings.contains { $0.contains("'main' is neither a baseline nor a run here") },
            "\(missing.warnings)"
        )
        var record = try await project.run()
        // Scores with spread: every second question fails.
        for index in record.results.questions.indices where index.isMultiple(of: 2) {
            record.results.questions[index].scores["span_recall@5"]?.score = .scored(0)
            record.results.questions[index].scores["hit@5"]?.score = .scored(0)
        }
        try BaselineFile(Project(containing: project.pipeline, workspace: nil)).write(Baseline(record, name: "main"))
        let warned = try await plan(project).warnings.filter { $0.contains("margin") }
        #expect(warned.count == 1 && warned.first?.contains("the margin 0.01 of span_recall@5") == true, "\(warned)")
        // Another evalset is seen before anything is run.
        try project.write(
            "evalset/questions.jsonl",
            #"{"id":"none","question":"Who?","reference":"","gold":[],"tags":["unanswerable"],"split":"dev"}"# + "\n"
        )
        #expect(try await plan(project).warnings.contains { $0.contains("is of another evalset") })
    }

    @Test func refusesASliceThatNoQuestionIsIn() async throws {
        let project = try project("gate: { slices: { kind:fcat: { hit@5: { min: 0.1 } } } }\n")
        let problems = try await plan(project).problems.map(\.description)
        #expect(
            problems.contains { $0.contains("no question of 'evalset' has that tag (did you mean 'fact'?)") },
            "\(problems)"
        )
    }
}
