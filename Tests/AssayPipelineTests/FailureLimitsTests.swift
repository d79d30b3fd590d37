import AssayModel
import Testing

@testable import AssayPipeline

struct FailureLimitsTests {
    private func spec(_ attribution: String) throws -> PipelineSpec {
        let text = """
            assay: 1
            corpus: corpus
            evaluate:
              evalset: evalset
              metrics: [ token_f1, rouge_l, faithfulness ]
              \(attribution)
            """
        return try PipelineSpec(YAMLFile.parse(text, file: "p.yaml"), path: "p.yaml")
    }

    @Test func whatIsNotSetKeepsTheStandardLimit() throws {
        let limits = try #require(
            try spec("attribution: { likeness: { token_f1: 0.5 }, used_share: 0.25 }").evaluate?.failureLimits
        )
        #expect(limits.likeness == ["token_f1": 0.5])
        #expect(limits.judged == FailureLimits.standard.judged)
        #expect(limits.usedShare == 0.25)
    }

    /// Files without the section keep their hashes; with it another thing is recorded.
    @Test func onlyLimitsThatAreSetAreMeasured() throws {
        let without = try spec("")
        #expect(without.evaluate?.failureLimits == nil)
        #expect(without.measured["evaluate"]?["attribution"] == nil)
        let with = try spec("attribution: { judged: { faithfulness: 0.7 } }")
        #expect(with.measured["evaluate"]?["attribution"]?["judged"]?["faithfulness"]?.doubleValue == 0.7)
    }

    @Test(arguments: [
        ("attribution: { judged: { faithfullness: 0.5 } }", "did you mean 'faithfulness'"),
        ("attribution: { likeness: { bleu: 0.5 } }", "not among evaluate.metrics"),
        ("attribution: { likeness: { token_f1: half } }", "takes a number"),
        ("attribution: { likeness: [ token_f1 ] }", "takes a mapping"),
        ("attribution: { used_share: 2 }", "used_share"),
        ("attribution: { likenes: {} }", "did you mean 'likeness'"),
        ("attribution: { judged: { token_f1: 0.5 } }", "under judged and under likeness"),
    ])
    func refusesWhatWouldDoNothing(attribution: String, said: String) {
        let error = #expect(throws: AssayError.self) { try spec(attribution) }
        #expect(error?.description.contains(said) == true, "\(error?.description ?? "no error")")
        #expect(error?.place?.file == "p.yaml")
    }

    @Test(arguments: [
        ("faithfulness", true), ("faithfulness(ragas-legacy)", true), ("faithfulness_verdict", false), ("faith", false),
    ])
    func aLimitMeansItsMetricInEveryMode(metric: String, isMeant: Bool) {
        #expect(FailureLimits.means("faithfulness", metric) == isMeant)
    }
}
