import AssayModel
import Testing

@testable import AssayEval

struct FailureRulesTests {
    private func chunk(_ id: String, _ start: Int, _ end: Int) -> RetrievedChunk {
        RetrievedChunk(id: id, document: "d", start: start, end: end, score: 1, tokens: 10)
    }

    private func row(
        _ text: String? = "the cache grows by half a MiB",
        abstained: Bool = false,
        cites: String? = nil,
        context: [RetrievedChunk],
        scores: [String: MetricResult] = [:],
        tags: [String] = ["fact"],
        anchored: Bool = true
    ) -> QuestionResult {
        let quote = "a token of the cache needs 0.5 MiB"
        let gold = tags.contains("unanswerable") ? [] : [GoldQuote(document: "d", quote: quote)]
        return QuestionResult(
            sample: Sample(
                question: Question(id: "q", question: "?", reference: "0.5 MiB", gold: gold, tags: tags),
                goldSpans: gold.isEmpty || !anchored ? [] : [GoldSpan(document: "d", start: 100, end: 200)],
                retrieved: context + [chunk("deep", 0, 1_000)],
                contextCount: context.count,
                answer: text.map {
                    Answer(
                        text: $0,
                        citations: cites.map { [Citation(number: 1, start: 0, end: 3, chunk: $0)] } ?? [],
                        abstained: abstained,
                        finish: .stop,
                        usage: Usage(promptTokens: 1, completionTokens: 1)
                    )
                }
            ),
            scores: scores
        )
    }

    private let wrong = ["token_f1": MetricResult(.scored(0.1)), "rouge_l": MetricResult(.scored(0.2))]
    private var near: RetrievedChunk { chunk("near", 150, 260) }
    private var far: RetrievedChunk { chunk("far", 160, 260) }

    private func place(_ row: QuestionResult) -> FailureAttribution? { FailureRules.standard.attribution(of: row) }

    @Test func followsTheWayFromCorpusToAnswer() {
        #expect(place(row(context: [near], scores: wrong, anchored: false)) == .notInCorpus)
        // 50 of 100 bytes count as found, 40 do not; what lies deeper than the prompt does not count.
        #expect(place(row(context: [far], scores: wrong)) == .notRetrieved)
        #expect(place(row("something else", context: [near], scores: wrong)) == .notUsed)
        #expect(place(row("something else", cites: "near", context: [near], scores: wrong)) == .usedWrong)
        #expect(place(row("half a token of the cache", context: [near], scores: wrong)) == .usedWrong)
    }

    @Test func abstainingIsAFailureOnlyWhereThereIsAnAnswer() {
        #expect(place(row(abstained: true, context: [near])) == .notUsed)
        #expect(place(row(abstained: true, context: [far])) == .notRetrieved)
        #expect(place(row(abstained: true, context: [near], tags: ["unanswerable"])) == nil)
        #expect(place(row(context: [near], tags: ["unanswerable"])) == .notInCorpus)
    }

    @Test func aRightAnswerIsNoFailureEvenWithoutEvidence() {
        #expect(place(row(context: [far], scores: ["token_f1": MetricResult(.scored(0.9))])) == nil)
        // One likeness above its limit is enough; a judged measure goes before likeness.
        let mixed = wrong.merging(["semantic_similarity": MetricResult(.scored(0.8))]) { $1 }
        #expect(place(row(context: [near], scores: mixed)) == nil)
        let judged = wrong.merging(["answer_correctness": MetricResult(.scored(0.8))]) { $1 }
        #expect(place(row(context: [near], scores: judged)) == nil)
        #expect(
            place(row(cites: "near", context: [near], scores: ["faithfulness": MetricResult(.scored(0.4))]))
                == .usedWrong
        )
    }

    @Test func namesTheJudgeOnlyWhenNothingElseIsKnown() {
        let failed = ["faithfulness": MetricResult(.notScored(reason: "the reply was cut"))]
        #expect(place(row(context: [near], scores: failed)) == .judgeFailed)
        #expect(place(row(context: [far], scores: failed)) == .notRetrieved)
        #expect(place(row("else", context: [near], scores: failed.merging(wrong) { $1 })) == .notUsed)
        // A longer name is another metric.
        #expect(place(row(context: [near], scores: ["faithfulness_hhem": MetricResult(.scored(0))])) == nil)
    }

    @Test func saysNothingWithoutMeasuresOrLabels() {
        #expect(place(row(context: [near])) == nil)
        #expect(place(row(context: [far])) == .notRetrieved)
        #expect(place(row(nil, context: [far])) == .notRetrieved)
        #expect(place(row(nil, context: [near])) == nil)
        var unlabelled = row(context: [near], scores: wrong)
        unlabelled.sample.question.gold = []
        unlabelled.sample.goldSpans = []
        #expect(place(unlabelled) == nil)
        var failed = row(nil, context: [far])
        failed.failure = "engine.timeout"
        #expect(place(failed) == nil)
    }
}
