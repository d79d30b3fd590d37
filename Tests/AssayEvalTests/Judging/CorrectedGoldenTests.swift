import AssayModel
import Testing

@testable import AssayEval

/// Golden cases of the corrected mode and of the metrics that have no other, worked by hand.
struct CorrectedGoldenTests {
    /// A metric on the sample below, the judge's replies in the order of the calls, and what must come out.
    struct Case: Sendable, CustomTestStringConvertible {
        var metric: String
        var options: JSONValue = [:]
        var replies: [JSONValue]
        var value: Double
        var testDescription: String { "\(metric) \(options.text)" }
    }

    /// Two passages, an answer and a reference; the vectors of both texts are (1, 0) and (−½, √¾): cosine −½ (lengths 13 and 14).
    static let sample: Sample = {
        var sample = spanSample(
            gold: [GoldSpan(document: "a", start: 0, end: 9)],
            retrieved: [chunk("a", 0, 9, text: "alpha one"), chunk("b", 0, 9, text: "beta two")],
            answer: answer("Answer of 13.")
        )
        sample.question.reference = "Reference, 14."
        return sample
    }()

    private static func statements(_ count: Int, _ key: String = "statements") -> JSONValue {
        [key: .array((0..<count).map { .string("Statement \($0).") })]
    }

    private static func verdicts(_ values: Int...) -> JSONValue {
        let entries = values.enumerated().map { place, verdict -> JSONValue in
            ["index": .int(place + 1), "reason": "r", "verdict": .int(verdict)]
        }
        return ["verdicts": .array(entries)]
    }

    private static func short(_ values: Int...) -> JSONValue {
        let entries = values.enumerated().map { place, verdict -> JSONValue in
            ["index": .int(place + 1), "verdict": .int(verdict)]
        }
        return ["verdicts": .array(entries)]
    }

    private static func rate(_ verdict: Int) -> JSONValue { ["reason": "", "verdict": .int(verdict)] }

    /// A table of claims.
    ///
    /// Reference claims r0 r1, answer claims a0 a1 a2; passage 1 supports r0, a0, a1; passage 2 supports a2 and a1; the reference
    /// supports a0. So passage 1 is relevant, a1 is wrong and in both, a2 is wrong and only in the irrelevant one.
    private static let noise = [
        statements(2), statements(3), verdicts(1, 0), verdicts(1, 1, 0), verdicts(0, 0), verdicts(0, 1, 1),
        verdicts(1, 0, 0),
    ]

    static let claims: [Case] = [
        // 8 claims of the answer right, 1 of 2 of the reference covered: Ragas says 0.89 for this recall, it is 1/2.
        Case(metric: "factual_recall", replies: [statements(2), verdicts(1, 0)], value: 0.5),
        Case(metric: "factual_precision", replies: [statements(3), verdicts(1, 0, 1)], value: 2.0 / 3),
        // Calls: reference split, answer split, answer against reference (2/3), reference against answer (1/2);
        // 2 · 2/3 · 1/2 / (2/3 + 1/2) = (2/3) / (7/6) = 4/7, which Ragas would round to 0.57.
        Case(
            metric: "factual_correctness",
            replies: [statements(2), statements(3), verdicts(1, 0, 1), verdicts(1, 0)],
            value: 4.0 / 7
        ),
        // beta 2: 5 · 2/3 · 1/2 / (4 · 2/3 + 1/2) = (5/3) / (19/6) = 10/19.
        Case(
            metric: "factual_correctness",
            options: ["beta": 2],
            replies: [statements(2), statements(3), verdicts(1, 0, 1), verdicts(1, 0)],
            value: 10.0 / 19
        ),
        // An answer without claims: precision has no meaning, F is 0; nobody is asked about an empty list.
        Case(metric: "factual_correctness", replies: [statements(2), statements(0), verdicts(0, 0)], value: 0),
        // F 4/7, cosine −1/2: 3/4 · 4/7 − 1/4 · 1/2 = 3/7 − 1/8 = 17/56.
        Case(
            metric: "answer_correctness",
            replies: [statements(2), statements(3), verdicts(1, 0, 1), verdicts(1, 0)],
            value: 17.0 / 56
        ),
        Case(
            metric: "answer_correctness",
            options: ["similarity_weight": 0],
            replies: [statements(2), statements(3), verdicts(1, 0, 1), verdicts(1, 0)],
            value: 4.0 / 7
        ),
        Case(metric: "noise_sensitivity_relevant", replies: noise, value: 1.0 / 3),
        Case(metric: "noise_sensitivity_irrelevant", replies: noise, value: 1.0 / 3),
        // The same table, each metric asking its part of it.
        Case(metric: "ragchecker_precision", replies: [noise[1], noise[6]], value: 1.0 / 3),
        Case(metric: "ragchecker_recall", replies: [noise[0], verdicts(1, 0)], value: 0.5),
        // 2 · 1/3 · 1/2 / (5/6) = 2/5.
        Case(metric: "ragchecker_f1", replies: [noise[0], noise[1], noise[6], verdicts(1, 0)], value: 0.4),
        Case(metric: "ragchecker_claim_recall", replies: [noise[0], noise[2], noise[4]], value: 0.5),
        Case(metric: "ragchecker_context_precision", replies: [noise[0], noise[2], noise[4]], value: 0.5),
        // Only r0 is in a passage; the answer makes use of r1 only.
        Case(
            metric: "ragchecker_context_utilization",
            replies: [noise[0], noise[2], noise[4], verdicts(0, 1)],
            value: 0
        ),
        Case(
            metric: "ragchecker_context_utilization",
            replies: [noise[0], noise[2], noise[4], verdicts(1, 0)],
            value: 1
        ),
        Case(metric: "ragchecker_noise_relevant", replies: noise, value: 1.0 / 3),
        Case(metric: "ragchecker_noise_irrelevant", replies: noise, value: 1.0 / 3),
        // Four claims; the reference supports the 1st and 2nd, a passage the 1st and 3rd: the 4th is invented, the 2nd known.
        Case(
            metric: "ragchecker_hallucination",
            replies: [statements(4), verdicts(1, 0, 0, 0), verdicts(0, 0, 1, 0), verdicts(1, 1, 0, 0)],
            value: 0.25
        ),
        Case(
            metric: "ragchecker_self_knowledge",
            replies: [statements(4), verdicts(1, 0, 0, 0), verdicts(0, 0, 1, 0), verdicts(1, 1, 0, 0)],
            value: 0.25
        ),
        Case(
            metric: "ragchecker_faithfulness",
            replies: [statements(4), verdicts(1, 0, 0, 0), verdicts(0, 0, 1, 0)],
            value: 0.5
        ),
    ]

    static let others: [Case] = [
        // Useful at ranks 1 and 2 of 2: (1/1 + 2/2) / 2 = 1, which Ragas cannot reach; at rank 2 alone (1/2) / 1.
        Case(metric: "context_utilization", replies: [rate(1), rate(1)], value: 1),
        Case(metric: "context_utilization", replies: [rate(0), rate(1)], value: 0.5),
        // Reference {paris, 24 gib, seine} after folding, found paris and seine: 2/3.
        Case(
            metric: "context_entity_recall",
            replies: [
                ["entities": ["Paris", "24  GiB", "Seine", "paris"]], ["entities": ["PARIS", "Lyon", "seine"]],
            ],
            value: 2.0 / 3
        ),
        // Ratings 2 and 1 of 2: (2 + 1) / 4.
        Case(metric: "answer_accuracy", replies: [["rating": 2], ["rating": 1]], value: 0.75),
        Case(metric: "context_relevance", replies: [["rating": 0], ["rating": 1]], value: 0.25),
        Case(metric: "response_groundedness", replies: [["rating": 2], ["rating": 2]], value: 1),
        // Two of three answered, lengths 13 and 26: conciseness 1/2; 2/3 · (1 − 1/2 + 1/2 · 1/2) = 2/3 · 3/4 = 1/2.
        Case(
            metric: "summary_score",
            replies: [statements(3, "keyphrases"), statements(3, "questions"), short(1, 0, 1)],
            value: 0.5
        ),
        Case(
            metric: "summary_score",
            options: ["length_penalty": false],
            replies: [statements(3, "keyphrases"), statements(3, "questions"), short(1, 0, 1)],
            value: 2.0 / 3
        ),
        Case(metric: "aspect_critic", replies: [rate(1)], value: 1),
        Case(metric: "aspect_critic", options: ["aspect": "maliciousness"], replies: [rate(0)], value: 0),
        Case(metric: "rubric", replies: [["feedback": "f", "score": 4]], value: 4),
        Case(metric: "rubric_with_reference", replies: [["feedback": "f", "score": 1]], value: 1),
        // A score of 9 on a scale to 5 is refused and asked again.
        Case(metric: "rubric", replies: [["feedback": "f", "score": 9], ["feedback": "f", "score": 3]], value: 3),
        // The question's own scale is 1 to 4: (3 − 1) / 3.
        Case(metric: "instance_rubric", replies: [["feedback": "f", "score": 3]], value: 2.0 / 3),
        Case(metric: "criteria_score", replies: [["reason": "", "score": 2]], value: 2),
        // The judge gives no probabilities here: the token call is followed by the plain one; (4 − 1) / 4.
        Case(
            metric: "g_eval",
            options: ["steps": ["Read.", "Compare."]],
            replies: [["score": 1], ["score": 4]],
            value: 0.75
        ),
        Case(
            metric: "g_eval",
            options: ["weighted": false, "highest": 3],
            replies: [["steps": ["a", "b", "c"]], ["score": 2]],
            value: 0.5
        ),
        // In front and behind: for the answer twice; for the first place twice; for nobody.
        Case(metric: "preference", replies: [["choice": 1], ["choice": 2]], value: 1),
        Case(metric: "preference", replies: [["choice": 2], ["choice": 1]], value: 0),
        Case(metric: "preference", replies: [["choice": 1], ["choice": 1]], value: 0.5),
        Case(metric: "preference", replies: [["choice": 0], ["choice": 2]], value: 0.5),
        // Topics 1 and 3 answered, 1 and 2 allowed: one right, one strayed, one missed.
        Case(
            metric: "topic_adherence",
            replies: [statements(3, "topics"), short(1, 0, 1), short(1, 1, 0)],
            value: 0.5
        ),
        // Right twice, strayed once, missed none: 2/3 and 1.
        Case(
            metric: "topic_adherence_precision",
            replies: [statements(3, "topics"), short(1, 1, 1), short(1, 1, 0)],
            value: 2.0 / 3
        ),
        Case(
            metric: "topic_adherence_recall",
            replies: [statements(3, "topics"), short(1, 1, 1), short(1, 1, 0)],
            value: 1
        ),
        Case(metric: "agent_goal_accuracy", replies: [["end_state": "e", "user_goal": "g"], rate(1)], value: 1),
        Case(
            metric: "agent_goal_accuracy_with_reference",
            replies: [["end_state": "e", "user_goal": "g"], rate(0)],
            value: 0
        ),
        // Cosine −1/2; a threshold counts as it stands, 0 too, which Ragas takes for none.
        Case(metric: "semantic_similarity", replies: [], value: -0.5),
        Case(metric: "semantic_similarity", options: ["threshold": 0], replies: [], value: 0),
        Case(metric: "semantic_similarity", options: ["threshold": -0.6], replies: [], value: 1),
        // Against "alpha two" of 9 letters: "alpha one" has 3 to change, similarity 2/3; "beta two" 4, similarity 5/9.
        Case(metric: "nonllm_context_precision", replies: [], value: 1),
        Case(metric: "nonllm_context_precision", options: ["threshold": 0.7], replies: [], value: 0),
        // Two reference contexts, the second like nothing.
        Case(metric: "nonllm_context_recall", replies: [], value: 0.5),
        // One question, one verdict.
        Case(metric: "faithfulness_verdict", replies: [["verdict": 1]], value: 1),
        Case(metric: "context_relevance_verdict", replies: [["verdict": 0]], value: 0),
        Case(metric: "answer_relevance_verdict", replies: [["verdict": 1]], value: 1),
        // Documents a and b in the prompt, a relevant.
        Case(metric: "id_context_precision", replies: [], value: 0.5),
        Case(metric: "id_context_recall", replies: [], value: 1),
    ]

    @Test(arguments: claims + others)
    func isWorthWhatTheArithmeticSays(golden: Case) async throws {
        var sample = Self.sample
        sample.question.referenceContexts = ["alpha two", "quite other text"]
        if golden.metric == "summary_score" { sample.question.referenceContexts = ["Twenty-six letters it has."] }
        sample.question.rubric = ["1": "bad", "2": "poor", "3": "fair", "4": "good"]
        sample.question.referenceTopics = ["cooking"]
        sample.dialogue = [DialogueTurn(role: "user", content: "Hello.")]
        let judge = ScriptedJudge(golden.replies.map { JudgeReply(text: $0.text, finish: .stop) })
        let metric = try Metrics.make(golden.metric, options: configured(golden.options))
        let result = try await metric.score(sample, tools: judge.tools)
        let value = try #require(result.score.value, "\(result)")
        #expect(abs(value - golden.value) < 1e-6, "\(value)")
        #expect(judge.calls.count == golden.replies.count)
    }

    @Test func everyJudgedMetricHasAHandWorkedCase() {
        let worked = Set((Self.claims + Self.others).map(\.metric))
        // These four have theirs in `JudgedMetricTests`.
        let elsewhere: Set = ["faithfulness", "answer_relevancy", "context_precision", "context_recall"]
        for entry in Metrics.builtin.entries where entry.needs.contains(.judge) {
            #expect(worked.contains(entry.name) || elsewhere.contains(entry.name), "\(entry.name)")
        }
    }

    @Test func theMetricsOfOneTableShareTheirCalls() async throws {
        // Every call is answered once and then from the journal: 2 splits, 2 per passage, 2 cross checks, whatever is counted.
        let journal = FillingJudge()
        for entry in Metrics.builtin.entries
        where entry.name.hasPrefix("ragchecker_") || entry.name.hasPrefix("factual_")
            || entry.name.hasPrefix("noise_sensitivity") || entry.name == "answer_correctness"
        {
            let score = try await Metrics.make(entry.name).score(Self.sample, tools: journal.tools).score
            #expect(score.notScoredReason == nil, "\(entry.name) \(score)")
        }
        #expect(journal.calls.count == 2 + 2 * 2 + 2)
    }

    @Test func gEvalWeighsByProbabilities() async throws {
        // Σ s·p = 0.2·3 + 0.5·4 + 0.1·5 = 3.1, Σ p = 0.8: 3.875, scaled (3.875 − 1) / 4 = 0.71875.
        let probabilities = ["1": 0, "2": 0, "3": 0.2, "4": 0.5, "5": 0.1]
        let judge = ScriptedJudge([
            JudgeReply(text: #"{"steps":["a","b","c"]}"#, finish: .stop),
            JudgeReply(text: "4", finish: .length, probabilities: probabilities),
        ])
        let result = try await Metrics.make("g_eval").score(Self.sample, tools: judge.tools)
        #expect(abs(try #require(result.score.value) - 0.71875) < 1e-12)
        #expect(judge.calls[1].choices == ["1", "2", "3", "4", "5"] && judge.calls[1].maxTokens == 1)
        // Nearly nothing on the scale, more than everything, a number that is none: then the plain number counts.
        for unusable in [["4": 0.01], ["4": 1.0, "5": 0.5], ["4": .nan], ["4": -0.5]] {
            let judge = ScriptedJudge([
                JudgeReply(text: "4", finish: .length, probabilities: unusable),
                JudgeReply(text: #"{"score":2}"#, finish: .stop),
            ])
            let metric = try Metrics.make("g_eval", options: configured(["steps": ["Look."]]))
            #expect(try await metric.score(Self.sample, tools: judge.tools).score == .scored(0.25))
        }
    }

    @Test func aDemandThatTheStepsBeWrittenIsTheSameForEveryRow() async throws {
        let steps = JudgeReply(text: #"{"steps":["a","b","c"]}"#, finish: .stop)
        let score = JudgeReply(text: #"{"score":3}"#, finish: .stop)
        var other = Self.sample
        other.answer = answer("Another answer.")
        let judges = [ScriptedJudge([steps, score, score]), ScriptedJudge([steps, score, score])]
        _ = try await Metrics.make("g_eval").score(Self.sample, tools: judges[0].tools)
        _ = try await Metrics.make("g_eval").score(other, tools: judges[1].tools)
        #expect(judges[0].calls[0] == judges[1].calls[0])
        #expect(judges[0].calls[1] != judges[1].calls[1])
    }

    @Test func abstentionsAndBlankAnswers() async throws {
        var sample = Self.sample
        sample.answer = answer("The documents do not say.", abstained: true)
        for metric in ["context_utilization", "response_groundedness", "noise_sensitivity_relevant"] {
            let score = try await Metrics.make(metric).score(sample, tools: ScriptedJudge().tools).score
            #expect(score.notApplicableReason == "the answer abstains", "\(metric)")
        }
        // It claims nothing: precision has no meaning, recall is 0.
        let split = JudgeReply(text: Self.statements(2).text, finish: .stop)
        let none = JudgeReply(text: Self.verdicts(0, 0).text, finish: .stop)
        let precision = try await Metrics.make("factual_precision").score(sample, tools: ScriptedJudge().tools).score
        #expect(precision.notApplicableReason == "the answer makes no claim")
        for metric in ["factual_recall", "factual_correctness", "ragchecker_recall", "ragchecker_f1"] {
            let score = try await Metrics.make(metric).score(sample, tools: ScriptedJudge([split, none]).tools).score
            #expect(score == .scored(0), "\(metric) \(score)")
        }
        sample.answer = answer(" \n")
        for entry in Metrics.builtin.entries where entry.needs.isSuperset(of: [.answer, .judge]) {
            sample.question.rubric = ["1": "a", "2": "b"]
            sample.question.referenceContexts = ["r"]
            let score = try await Metrics.make(entry.name).score(sample, tools: ScriptedJudge().tools).score
            #expect(score.notScoredReason == "the answer is blank", "\(entry.name) \(score)")
        }
    }

    @Test func whatARowLacksIsNotApplicable() async throws {
        for (metric, part) in [
            ("instance_rubric", "no rubric"), ("summary_score", "no reference contexts"),
            ("nonllm_context_recall", "no reference contexts"), ("tool_call_f1", "no reference tool calls"),
            ("topic_adherence", "no reference topics"), ("agent_goal_accuracy", "no conversation"),
        ] {
            let score = try await Metrics.make(metric).score(Self.sample, tools: ScriptedJudge().tools).score
            #expect(score.notApplicableReason?.contains(part) == true, "\(metric) \(score)")
        }
    }
}
