import AssayModel
import Testing

@testable import AssayEval

struct PromptContextMetricTests {
    /// 20 bytes of gold in a, 10 in b; the second passage holds half of a's, the third all of b's.
    private func sample(context: Int) -> Sample {
        spanSample(
            gold: [GoldSpan(document: "a", start: 100, end: 120), GoldSpan(document: "b", start: 0, end: 10)],
            retrieved: [chunk("c", 0, 40), chunk("a", 60, 110), chunk("b", 0, 25), chunk("a", 105, 145)],
            contextCount: context
        )
    }

    @Test func onlyThePassagesOfThePromptCount() async throws {
        let expected: [(context: Int, recall: Double, hit: Double)] = [
            (1, 0, 0), (2, 10.0 / 30, 1), (3, 20.0 / 30, 1), (4, 1, 1),
        ]
        for (context, recall, hit) in expected {
            let sample = sample(context: context)
            #expect(try await value("context_span_recall", sample) == recall)
            #expect(try await value("context_hit", sample) == hit)
            // The ranked list is the same whatever goes into the prompt.
            #expect(try await value("span_recall@4", sample) == 1)
        }
    }

    @Test func aRunWithoutPromptsHasNone() async throws {
        let metric = try Metrics.make("context_span_recall")
        #expect(try await metric.score(sample(context: 0), tools: MetricTools()).score.notApplicableReason != nil)
        var empty = sample(context: 0)
        empty.retrieved = []
        #expect(try await value("context_span_recall", empty) == 0, "an empty prompt is a miss")
    }
}
