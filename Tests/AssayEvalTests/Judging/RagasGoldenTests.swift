import AssayModel
import FoundationEssentials
import Synchronization
import Testing

@testable import AssayEval

/// Cases made by running Ragas 0.4.3 with a stub judge: inputs, the judge's replies, the score, the calls in their order.
struct RagasGoldenTests {
    /// One case of the file.
    struct Case: Decodable, Sendable {
        struct Result: Decodable, Sendable {
            var value: JSONValue?
            var error: String?
        }

        var metric: String
        var implementation: String
        var params: [String: JSONValue]
        var inputs: [String: JSONValue]
        var replies: [JSONValue]
        var embeddings: [String: [Float]]?
        var result: Result
        var calls: Int
        var schemas: [String]?
        var note: String

        private enum CodingKeys: String, CodingKey {
            case metric, implementation, params, inputs, embeddings, result, schemas, note
            case replies = "judge_replies"
            case calls = "calls_made"
        }
    }

    private struct File: Decodable { var cases: [Case] }

    /// Where Ragas raises an error, or where a reply can only be scored by a parser that completes or guesses at JSON: cases by their
    /// place in the file, with the calls that Assay makes before it says that the row is not scored.
    private static let unscored: [Int: (calls: Int, reason: String)] = [
        13: (0, "Ragas refuses an empty response"),
        15: (0, "Ragas refuses a sample without contexts"),
        43: (0, "Ragas refuses a sample without contexts"),
        84: (1, "a text makes no claim"),
        // Text around the JSON, no JSON, JSON that is cut: refused, asked once more, refused again.
        163: (2, "split-statements/1 were refused: it is not JSON"),
        165: (2, "split-statements/1 were refused: it is not JSON"),
        166: (2, "split-statements/1 were refused: it ends inside a string"),
        167: (3, "ragas-nli/1 were refused: it ends inside a string"),
        168: (3, "ragas-nli/1 were refused: it ends before a value"),
        170: (3, "ragas-nli/1 were refused"),
        171: (2, "ragas-attribute/1 were refused: it ends before"),
    ]

    static func load() throws -> [Case] {
        let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(
            separator: "/"
        )
        let data = try Data(contentsOf: URL(filePath: "\(folder)/Fixtures/ragas_golden.json"))
        return try JSONDecoder().decode(File.self, from: data).cases
    }

    @Test func all189ScoredCasesAgree() async throws {
        let cases = try Self.load()
        var agreeing = 0
        for (place, golden) in cases.enumerated() where Self.unscored[place] == nil {
            let (result, calls) = try await Self.score(golden)
            let name = "case \(place) \(golden.metric) \(golden.implementation) \(golden.note)"
            if golden.result.value == .string("NaN") {
                #expect(result.score.notScoredReason?.contains("NaN") == true, "\(name): \(result)")
            } else {
                let expected = try #require(golden.result.value?.doubleValue, "\(name)")
                let value = try #require(result.score.value, "\(name): \(result)")
                #expect(abs(value - expected) <= 1e-9, "\(name): \(value) instead of \(expected)")
            }
            #expect(calls.count == golden.calls, "\(name)")
            if let schemas = golden.schemas {
                #expect(calls.map { Self.schemaName($0, golden.metric) } == schemas, "\(name)")
            }
            agreeing += 1
        }
        #expect(agreeing == 189)
    }

    @Test func theOther11AreNotScoredAndSayWhy() async throws {
        let cases = try Self.load()
        #expect(Self.unscored.count == 11)
        for (place, expected) in Self.unscored.sorted(by: { $0.key < $1.key }) {
            let (result, calls) = try await Self.score(cases[place])
            let reason = try #require(result.score.notScoredReason, "case \(place): \(result)")
            #expect(reason.contains(expected.reason), "case \(place): \(reason)")
            #expect(calls.count == expected.calls, "case \(place)")
        }
    }

    /// Scores a case by the metric of its implementation; a script that is at its end repeats its last reply.
    static func score(_ golden: Case) async throws -> (MetricResult, [JudgeCall]) {
        let (name, options) = assayMetric(golden)
        let metric = try Metrics.make(name, options: configured(.object(options)))
        let state = Mutex<(next: Int, calls: [JudgeCall])>((0, []))
        let texts = golden.replies.map { $0.stringValue ?? $0.text }
        let tools = MetricTools(
            judge: { call in
                state.withLock { state in
                    state.calls.append(call)
                    let text = texts.isEmpty ? "" : texts[min(state.next, texts.count - 1)]
                    state.next += 1
                    return JudgeReply(text: text, finish: .stop)
                }
            },
            embed: { texts in
                let rows = texts.map { golden.embeddings?[$0] ?? [0, 0, 0] }
                return VectorBatch(dimension: 3, values: rows.flatMap(\.self))
            }
        )
        let result = try await metric.score(sample(golden.inputs), tools: tools)
        return (result, state.withLock { $0.calls })
    }

    /// Name and options of Assay's metric.
    static func assayMetric(_ golden: Case) -> (String, [String: JSONValue]) {
        let renamed = [
            "mode": nil, "strictness": "questions", "coeff": "coefficient", "weights": nil,
            "strict_order": golden.metric == "ToolCallF1" ? nil : "strict_order",
        ]
        var options: [String: JSONValue] = [:]
        for (key, value) in golden.params {
            if let name = renamed[key] ?? key { options[name] = value }
        }
        if let weights = golden.params["weights"]?.arrayValue {
            (options["statement_weight"], options["similarity_weight"]) = (weights[0], weights[1])
        }
        let name = names[golden.metric] ?? golden.metric
        if golden.metric != "NonLLMStringSimilarity" {
            let own: MetricMode = golden.implementation == "legacy" ? .legacy : .collections
            options["mode"] = .string(own.rawValue)
        }
        let form = golden.params["mode"]?.stringValue ?? "f1"
        switch golden.metric {
        case "NoiseSensitivity": return ("noise_sensitivity_\(form)", options)
        case "FactualCorrectness": return (form == "f1" ? "factual_correctness" : "factual_\(form)", options)
        case "TopicAdherence": return (form == "f1" ? "topic_adherence" : "topic_adherence_\(form)", options)
        default: return (name, options)
        }
    }

    private static let names = [
        "Faithfulness": "faithfulness", "ResponseRelevancy": "answer_relevancy", "AnswerRelevancy": "answer_relevancy",
        "LLMContextPrecisionWithReference": "context_precision", "ContextPrecisionWithReference": "context_precision",
        "LLMContextPrecisionWithoutReference": "context_utilization",
        "ContextPrecisionWithoutReference": "context_utilization", "LLMContextRecall": "context_recall",
        "ContextRecall": "context_recall", "ContextEntityRecall": "context_entity_recall",
        "AnswerCorrectness": "answer_correctness", "SemanticSimilarity": "semantic_similarity",
        "AnswerAccuracy": "answer_accuracy", "ContextRelevance": "context_relevance",
        "ResponseGroundedness": "response_groundedness", "SummarizationScore": "summary_score",
        "SummaryScore": "summary_score", "NonLLMContextPrecisionWithReference": "nonllm_context_precision",
        "NonLLMContextRecall": "nonllm_context_recall", "IDBasedContextPrecision": "id_context_precision",
        "IDBasedContextRecall": "id_context_recall", "NonLLMStringSimilarity": "levenshtein",
        "QuotedSpansAlignment": "quoted_spans", "ToolCallAccuracy": "tool_call_accuracy",
        "ToolCallF1": "tool_call_f1", "DomainSpecificRubrics": "rubric",
        "RubricsScoreWithReference": "rubric_with_reference",
    ]

    /// The inputs as a sample; what a case does not have and no formula looks at is filled in.
    static func sample(_ inputs: [String: JSONValue]) -> Sample {
        func texts(_ key: String) -> [String]? { inputs[key]?.arrayValue.map { $0.compactMap(\.stringValue) } }
        func calls(_ key: String) -> [ToolCall]? {
            inputs[key]?.arrayValue?.map { call in
                var arguments: [String: JSONValue] = [:]
                if case .object(let members)? = call.arrayValue?.last { arguments = members }
                return ToolCall(name: call.arrayValue?.first?.stringValue ?? "", arguments: arguments)
            }
        }
        let contexts = texts("retrieved_contexts") ?? texts("retrieved_context_ids") ?? []
        let ids = texts("retrieved_context_ids") ?? contexts.indices.map { "d\($0)" }
        let relevant = texts("reference_context_ids") ?? ["d0"]
        return Sample(
            question: Question(
                id: "q",
                question: inputs["user_input"]?.stringValue ?? "q?",
                reference: inputs["reference"]?.stringValue ?? "ref",
                qrels: Dictionary(uniqueKeysWithValues: relevant.map { ($0, 1) }),
                referenceContexts: texts("reference_contexts"),
                referenceToolCalls: calls("reference"),
                referenceTopics: texts("reference_topics")
            ),
            goldSpans: [],
            retrieved: contexts.indices.map { chunk(ids[$0], $0, $0 + 1, text: contexts[$0]) },
            contextCount: contexts.count,
            answer: answer(inputs["response"]?.stringValue ?? ""),
            dialogue: [
                DialogueTurn(role: "user", content: "Do it."),
                DialogueTurn(role: "assistant", content: "Done.", toolCalls: calls("got")),
            ]
        )
    }

    /// The name that Ragas gives the shape of the reply to a call.
    private static func schemaName(_ call: JudgeCall, _ metric: String) -> String {
        switch call.prompt {
        case "split-statements/1": "StatementGeneratorOutput"
        case "ragas-nli/1": metric == "NoiseSensitivity" ? "StatementFaithfulnessOutput" : "NLIStatementOutput"
        case "ragas-ask-back/2": "AnswerRelevanceOutput"
        case "ragas-rate-passage/2": "ContextPrecisionOutput"
        case "ragas-attribute/1": "ContextRecallOutput"
        case "list-entities/1": "EntitiesList"
        case "ragas-claims/1": "ClaimDecompositionOutput"
        case "ragas-classify/1": "ClassificationWithReason"
        case "ragas-rate-accuracy/1", "ragas-rate-agreement/1": "AnswerAccuracyOutput"
        case "ragas-rate-context/1", "ragas-rate-sufficiency/1": "ContextRelevanceOutput"
        case "ragas-rate-grounding/1", "ragas-rate-support/1": "ResponseGroundednessOutput"
        case "keyphrases/1": "ExtractedKeyphrases"
        case "summary-questions/1": "QuestionsGenerated"
        case "ragas-summary-answers/1": "AnswersGenerated"
        case "list-topics/1": "TopicExtractionOutput"
        case "ragas-topic-refused/1": "TopicRefusedOutput"
        case "ragas-topics-allowed/1": "TopicClassificationOutput"
        case "ragas-score-rubric/2": "RubricScoreOutput"
        default: call.prompt
        }
    }
}

struct MetricModeTests {
    @Test func theModeIsPartOfTheDefinition() throws {
        var modes = 0
        for entry in Metrics.builtin.entries where !entry.compat.isEmpty {
            let name = entry.name
            var hashes: Set<String> = [try Metrics.make(name).definition.hash]
            for (mode, formula) in entry.compat {
                let options = configured(["mode": .string(mode.rawValue)])
                let definition = try Metrics.make(name, options: options).definition
                #expect(definition.formula.hasPrefix(formula) && formula.contains("Ragas 0.4.3"), "\(name)")
                hashes.insert(definition.hash)
                modes += 1
            }
            // Two modes of one formula still differ by the option.
            #expect(hashes.count == entry.compat.count + 1, "\(name)")
            let explicit = try Metrics.make(name, options: configured(["mode": "corrected"]))
            #expect(explicit.definition == (try Metrics.make(name).definition))
        }
        #expect(modes >= 45)
    }

    @Test func aModeThatAnImplementationLacksIsRefused() throws {
        for (name, mode) in [
            ("nonllm_context_recall", "ragas-collections"), ("tool_call_f1", "ragas-legacy"),
            ("aspect_critic", "ragas-collections"), ("faithfulness", "ragas"),
        ] {
            let error = #expect(throws: AssayError.self) {
                try Metrics.make(name, options: configured(["mode": .string(mode)]))
            }
            #expect(error.map { "\($0)".contains("corrected") } == true)
        }
        #expect(throws: AssayError.self) {
            try Metrics.make("ragchecker_f1", options: configured(["mode": "corrected"]))
        }
    }

    @Test func rangesFollowTheOptions() throws {
        func range(_ name: String, _ options: JSONValue) throws -> ClosedRange<Double> {
            try Metrics.make(name, options: configured(options)).definition.range
        }
        #expect(try range("rubric", [:]) == 1...5)
        #expect(try range("rubric", ["rubric": ["0": "bad", "1": "fair", "2": "good"]]) == 0...2)
        #expect(try range("rubric", ["mode": "ragas-legacy"]) == 0...9)
        #expect(try range("criteria_score", ["lowest": 0, "highest": 9]) == 0...9)
        #expect(try range("context_precision", ["mode": "ragas-legacy"]) == 0...1)
        #expect(try range("context_precision", ["mode": "ragas-collections"]) == 0...9)
        #expect(try !Metrics.make("noise_sensitivity_relevant").definition.higherIsBetter)
        #expect(
            try !Metrics.make("aspect_critic", options: configured(["aspect": "harmfulness"])).definition.higherIsBetter
        )
        #expect(try Metrics.make("aspect_critic").definition.higherIsBetter)
        for wrong: JSONValue in [
            ["rubric": ["1": "only one"]], ["rubric": ["1": "a", "ten": "b"]], ["rubric": ["1": "a", "12": "b"]],
            ["rubric": ["1": "a", "2": ""]], ["rubric": "good"],
        ] {
            #expect(throws: AssayError.self) { try Metrics.make("rubric", options: configured(wrong)) }
        }
    }

    /// The judge must be offered the numbers that the mode's arithmetic reads: 4 is full marks in Ragas, 2 here.
    @Test func thePromptOffersTheScaleOfTheMode() async throws {
        for (mode, part) in [
            ("corrected", "{\"rating\": 0, 1 or 2}"), ("ragas-collections", "{\"rating\": 0, 2 or 4}"),
            ("ragas-legacy", "rating alone, 0, 2 or 4"),
        ] {
            let metric = try Metrics.make("answer_accuracy", options: configured(["mode": .string(mode)]))
            let judge = FillingJudge()
            _ = try await metric.score(fullSample, tools: judge.tools)
            #expect(judge.calls.allSatisfy { $0.messages[0].content.contains(part) }, "\(mode)")
        }
    }
}
