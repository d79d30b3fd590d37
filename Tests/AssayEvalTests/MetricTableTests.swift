import AssayModel
import Testing

@testable import AssayEval

struct MetricTableTests {
    private static let good: [(name: String, depth: Int?)] = [
        ("ndcg@10", 10), ("ndcg", nil), ("map@5", 5), ("span_recall@1000tok", nil), ("mrr", nil), ("hit@1", 1),
        ("rouge_l", nil), ("span_recall@10000", 10_000),
    ]

    @Test(arguments: good)
    func makesWhatTheNameSays(name: String, depth: Int?) throws {
        let definition = try Metrics.make(name).definition
        #expect(definition.name == name)
        #expect(definition.depth == depth)
    }

    private static let wrong: [(name: String, code: String, part: String)] = [
        ("ndgc@10", "metric.unknown", "did you mean 'ndcg@10'?"),
        ("nDCG@10", "metric.unknown", "did you mean 'ndcg@10'?"),
        ("span_recal@5tok", "metric.unknown", "did you mean 'span_recall@5tok'?"),
        ("meteor", "metric.unknown", "'assay metrics' lists all"),
        ("", "metric.unknown", "'assay metrics' lists all"), ("@5", "metric.unknown", "'assay metrics' lists all"),
        ("recall", "metric.cut", "needs a cut; write recall@K"),
        ("recall@10tok", "metric.cut", "takes no budget of tokens"),
        ("token_f1@5", "metric.cut", "takes no cut at a rank; write token_f1"),
        ("ndcg@", "metric.cut", "cannot be read"),
        ("ndcg@0", "metric.cut", "from 1 to 10000"), ("ndcg@-1", "metric.cut", "cannot be read"),
        ("ndcg@05", "metric.cut", "cannot be read"), ("ndcg@ten", "metric.cut", "cannot be read"),
        ("ndcg@10001", "metric.cut", "cannot be read"), ("ndcg@10@5", "metric.cut", "cannot be read"),
        ("ndcg@99999999999999999999", "metric.cut", "cannot be read"), ("hit@tok", "metric.cut", "cannot be read"),
        ("hit@0tok", "metric.cut", "cannot be read"), ("hit@+5", "metric.cut", "cannot be read"),
    ]

    @Test(arguments: wrong)
    func saysWhatIsWrong(name: String, code: String, part: String) {
        let place = Place(file: "p.yaml", line: 7)
        let error = #expect(throws: AssayError.self) { try Metrics.make(name, at: place) }
        #expect(error?.code.rawValue == code)
        #expect(error?.place == place)
        #expect(error.map { "\($0)".contains(part) } == true, "\(error.map { "\($0)" } ?? "")")
    }

    @Test func readsAListOfNamesAndOptions() throws {
        let place = Place(file: "p.yaml", line: 3)
        func node(_ value: ConfigNode.Value) -> ConfigNode { ConfigNode(value, at: place) }
        func options(_ name: String, _ key: String, _ value: Int) -> ConfigNode {
            let inner = node(.mapping([.init(key: key, place: place, value: node(.int(value)))]))
            return node(.mapping([.init(key: name, place: place, value: inner)]))
        }
        let list = node(.list([node(.string("mrr")), options("answer_relevancy", "questions", 5)]))
        let metrics = try Metrics.builtin.make(list: list)
        #expect(metrics.map(\.definition.name) == ["mrr", "answer_relevancy"])
        #expect(metrics[1].definition.formula.hasSuffix(#"options {"mode":"corrected","questions":5}"#))
        for wrong in [
            node(.list([node(.string("mrr")), node(.string("mrr"))])), node(.list([node(.int(5))])),
            node(.string("mrr")),
            node(.list([options("answer_relevancy", "question", 5)])),
            node(.list([options("faithfulness", "statements", 0)])),
            node(.list([options("mrr", "x", 0)])),
        ] {
            #expect(throws: AssayError.self) { try Metrics.builtin.make(list: wrong) }
        }
    }

    @Test func canBeExtended() throws {
        let more = Metrics.builtin.adding([
            .pure("words", summary: "x", formula: "x", needs: [.answer]) { _, _ in MetricResult(.scored(.nan)) }
        ])
        #expect(try more.make("words").definition.needs == [.answer])
        #expect(try more.make("mrr").definition.name == "mrr")
    }

    @Test func definitionsDiffer() throws {
        let names = allNames
        let hashes = try names.map { try Metrics.make($0).definition.hash }
        #expect(Set(hashes).count == names.count)
    }
}

/// Every metric of the table, once with each form of cut.
private let allNames: [String] = Metrics.builtin.entries.flatMap { entry in
    entry.cuts.map { form in
        switch form {
        case .none: entry.name
        case .rank: "\(entry.name)@2"
        case .tokens: "\(entry.name)@15tok"
        }
    }
}

/// The law of `Metric`, for every entry of the table.
struct MetricLawTests {
    private let full = fullSample

    /// What has no value on the full sample: its answer neither abstains nor quotes, and its texts are not those of the ranges.
    private static let valueless: Set = [
        "abstention_precision", "abstention_recall", "quoted_spans", "token_recall",
        "token_precision", "token_iou",
        "attack_success", "attack_false_alarm",
    ]

    private func isValueless(_ name: String) -> Bool { Self.valueless.contains(String(name.split(separator: "@")[0])) }

    private let tools = MetricTools(
        judge: { call in JudgeReply(text: filled(call.schema).text, finish: .stop) },
        embed: { embedByLetters($0) }
    )

    @Test(arguments: allNames)
    func scoresAFullSampleWithinItsRangeAndAlwaysAlike(name: String) async throws {
        let metric = try Metrics.make(name)
        let first = try await metric.score(full, tools: tools)
        if isValueless(name) {
            #expect(first.score.notApplicableReason != nil || first.score.notScoredReason != nil)
        } else {
            let value = try #require(first.score.value, "\(first)")
            #expect(metric.definition.range.contains(value))
        }
        #expect(try await metric.score(full, tools: tools) == first)
    }

    @Test(arguments: allNames)
    func whatNeedsLabelsDoesNotApplyToUnanswerableQuestions(name: String) async throws {
        let metric = try Metrics.make(name)
        var sample = full
        sample.question.tags = ["unanswerable"]
        let score = try await metric.score(sample, tools: tools).score
        if metric.definition.needs.isDisjoint(with: [.spans, .documents, .reference]) {
            #expect(score.value != nil || isValueless(name), "\(score)")
        } else {
            #expect(score.notApplicableReason == "the question is unanswerable")
        }
    }

    @Test(arguments: allNames)
    func aMissingAnswerIsNotApplicableAndAFailedOneIsNotScored(name: String) async throws {
        let metric = try Metrics.make(name)
        var sample = full
        sample.answer = nil
        let missing = try await metric.score(sample, failure: nil, tools: tools).score
        let failed = try await metric.score(sample, failure: "engine.timeout", tools: tools).score
        if metric.definition.needs.contains(.answer) {
            #expect(missing == .notApplicable(reason: "not answered in this run"))
            #expect(failed.notScoredReason == "there is no answer: engine.timeout")
        } else {
            #expect((missing.value != nil) == !isValueless(name) && failed == missing)
        }
        // What has no meaning stays not applicable whatever failed.
        sample.question.tags = ["unanswerable"]
        let both = try await metric.score(sample, failure: "engine.timeout", tools: tools).score
        if !metric.definition.needs.isDisjoint(with: [.spans, .documents, .reference]) {
            #expect(both.notApplicableReason == "the question is unanswerable")
        }
    }

    @Test(arguments: allNames)
    func withoutToolsWhatNeedsThemIsNotScored(name: String) async throws {
        let metric = try Metrics.make(name)
        let score = try await metric.score(full, tools: MetricTools()).score
        let needsTools = !metric.definition.needs.isDisjoint(with: [.judge, .similarity])
        let lacksText = isValueless(name) && score.notScoredReason?.hasPrefix("the record lacks the text") == true
        #expect((score.notScoredReason != nil) == (needsTools || lacksText))
    }

    @Test(arguments: allNames)
    func whatNeedsAReferenceDoesNotApplyWithoutOne(name: String) async throws {
        let metric = try Metrics.make(name)
        var sample = full
        sample.question.reference = " \n"
        let score = try await metric.score(sample, tools: tools).score
        #expect(
            (score.notApplicableReason == "the question has no reference answer")
                == metric.definition.needs.contains(.reference)
        )
    }

    /// Equal input gives equal output until a version is raised; then renew the list below.
    @Test func outputChangesOnlyWithAVersion() async throws {
        var lines: [String] = []
        for name in allNames {
            let metric = try Metrics.make(name)
            var result = try await metric.score(full, tools: tools)
            // The last bits of a logarithm may differ between C libraries.
            if let value = result.score.value { result.score = .scored((value * 1e9).rounded() / 1e9) }
            let digest = SHA256.hex(metric.definition.hash + (try canonicalJSON(result))).prefix(12)
            lines.append("\(name)/\(metric.definition.version) \(digest)")
        }
        #expect(lines == metricDigests, "\(lines.joined(separator: "\n"))")
    }
}
