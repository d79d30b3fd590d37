import AssayModel
import AssayPipeline
import Testing

@Suite struct PlanProbeTests {
    private func probe(_ project: ProjectFixture) async throws -> Plan.Probe? {
        let spec = try PipelineSpec(project.pipeline)
        return try await Plan.probe(spec, project: Project(containing: project.pipeline, workspace: nil), data: nil)
    }

    @Test func countsPromptsOnceThereIsAnIndex() async throws {
        let project = try ProjectFixture(documents: 20, name: "probe")
        await #expect { try await probe(project) } throws: { error in
            (error as? AssayError)?.code == "plan.probe"
        }
        _ = try await project.run()
        let counts = try #require(try await probe(project))
        #expect(counts.prompts == 3)
        #expect(counts.finished == 3)
        #expect(counts.tokens > counts.longest && counts.longest > 0)
        // A longer context makes new, longer prompts.
        try project.writePipeline(answer: "{ engine: scripted, context: 4 }")
        let more = try #require(try await probe(project))
        #expect(more.tokens > counts.tokens)
        #expect(more.finished == 0)
    }

    @Test func aPromptThatDoesNotFitIsAProblem() async throws {
        let project = try ProjectFixture(documents: 20, name: "probe")
        try project.write(
            "engines.yaml",
            "engines:\n  scripted: { kind: scripted, reply: extract, slots: 2, context: 256 }\n"
        )
        _ = try await project.run()
        // Six passages and the instructions have 144 words, the answer may have 128.
        try project.writePipeline(answer: "{ engine: scripted, context: 6 }")
        await #expect { try await probe(project) } throws: { error in
            (error as? AssayError)?.code == "plan.context-tokens"
        }
    }
}
