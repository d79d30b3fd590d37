import AssayModel
import Testing

@testable import AssayEval

/// Metrics declared in YAML; the tree stands for the parsed file.
struct DeclaredMetricTests {
    private let sample = spanSample(
        gold: [GoldSpan(document: "a", start: 0, end: 9)],
        retrieved: [chunk("a", 0, 9, text: "alpha"), chunk("b", 0, 9, text: "beta")],
        answer: answer("See http://x.org for 24 GiB.")
    )

    private static func node(_ value: ConfigNode.Value) -> ConfigNode {
        ConfigNode(value, at: Place(file: "metrics.yaml", line: 3))
    }

    private static func mapping(_ members: [(String, ConfigNode)]) -> ConfigNode {
        node(
            .mapping(
                members.map { .init(key: $0.0, place: Place(file: "metrics.yaml", line: 2), value: $0.1) }
            )
        )
    }

    private static func text(_ text: String) -> ConfigNode { node(.string(text)) }

    private func entries(
        _ name: String,
        _ members: [(String, ConfigNode)],
        prompt: String = ""
    ) throws -> [MetricEntry] {
        try DeclaredMetrics.entries(Self.mapping([(name, Self.mapping(members))]), known: Metrics.builtin) { _, _ in
            prompt
        }
    }

    private func metric(
        _ members: [(String, ConfigNode)],
        prompt: String = "",
        name: String = "mine"
    ) throws -> any Metric {
        try Metrics.builtin.adding(try entries(name, members, prompt: prompt)).make(name)
    }

    @Test func anAspectIsOneVerdict() async throws {
        let polite = try metric([("aspect", Self.text("Is the answer polite?"))])
        let judge = ScriptedJudge([JudgeReply(text: #"{"reason":"kind","verdict":1}"#, finish: .stop)])
        let result = try await polite.score(sample, tools: judge.tools)
        #expect(result.score == .scored(1))
        #expect(result.details?["reason"] == "kind")
        let call = try #require(judge.calls.first)
        #expect(call.messages[0].content.contains("Is the answer polite?"))
        #expect(call.messages[1].content.contains("24 GiB"))
        #expect(!call.messages[1].content.contains("alpha"))
        #expect(polite.definition.needs == [.answer, .judge])
        // Only the fields that are asked for are shown.
        let grounded = try metric([
            ("aspect", Self.text("Is it?")), ("with", Self.node(.list([Self.text("answer"), Self.text("context")]))),
        ])
        let second = ScriptedJudge([JudgeReply(text: #"{"reason":"","verdict":0}"#, finish: .stop)])
        #expect(try await grounded.score(sample, tools: second.tools).score == .scored(0))
        #expect(second.calls.first?.messages[1].content.contains("alpha") == true)
        #expect(second.calls.first?.messages[1].content.contains("How much memory?") == false)
    }

    /// Harm is better where there is less of it: gates and comparisons go by this.
    @Test func lessCanBeBetter() throws {
        let aspect = [("aspect", Self.text("Does the answer insult?"))]
        let plain = try metric(aspect).definition
        let down = try metric(aspect + [("higher_is_better", Self.node(.bool(false)))]).definition
        #expect(plain.higherIsBetter && !down.higherIsBetter)
        #expect(plain.hash != down.hash, "values of unlike directions are not compared")
        #expect(!plain.formula.contains("higher_is_better"), "what is not declared leaves the definition as it was")
        #expect(throws: AssayError.self) { try metric(aspect + [("higher_is_better", Self.text("no"))]) }
    }

    @Test func aRubricRefusesScoresOutsideItsRange() async throws {
        let rubric = Self.mapping([("1", Self.text("rude")), ("5", Self.text("warm"))])
        let tone = try metric([("rubric", rubric)])
        #expect(tone.definition.range == 1...5)
        let good = ScriptedJudge([JudgeReply(text: #"{"reason":"","score":4}"#, finish: .stop)])
        #expect(try await tone.score(sample, tools: good.tools).score == .scored(4))
        // Ragas returns 9 as 9.0; here it is asked again and then not scored.
        let bad = ScriptedJudge([
            JudgeReply(text: #"{"reason":"","score":9}"#, finish: .stop),
            JudgeReply(text: #"{"reason":"","score":0}"#, finish: .stop),
        ])
        #expect(try await tone.score(sample, tools: bad.tools).score.notScoredReason != nil)
    }

    @Test func claimsAreTheShareThatIsSupported() async throws {
        let grounded = try metric([("claims", Self.text("answer")), ("against", Self.text("reference"))])
        let judge = ScriptedJudge([
            JudgeReply(text: #"{"statements":["It has 24 GiB.","It is at x.org."]}"#, finish: .stop),
            JudgeReply(
                text: #"{"verdicts":[{"index":1,"reason":"","verdict":1},{"index":2,"reason":"","verdict":0}]}"#,
                finish: .stop
            ),
        ])
        #expect(try await grounded.score(sample, tools: judge.tools).score == .scored(0.5))
        #expect(grounded.definition.needs == [.answer, .reference, .judge])
        #expect(judge.calls[1].messages[1].content.contains("It has 24 GiB."))
    }

    @Test func aPromptFileIsPartOfTheDefinition() async throws {
        let members: [(String, ConfigNode)] = [
            ("prompt", Self.text("mine.txt")), ("reply", Self.text("score")),
            ("range", Self.node(.list([Self.node(.int(0)), Self.node(.int(10))]))),
        ]
        let one = try metric(members, prompt: "Rate {answer} for {question}. {\"a\": {b1}}")
        let other = try metric(members, prompt: "Rate {answer} for {question}! {\"a\": {b1}}")
        #expect(one.definition.hash != other.definition.hash)
        #expect(one.definition.range == 0...10)
        let judge = ScriptedJudge([JudgeReply(text: #"{"reason":"","score":7}"#, finish: .stop)])
        #expect(try await one.score(sample, tools: judge.tools).score == .scored(7))
        let shown = try #require(judge.calls.first?.messages[1].content)
        #expect(shown.contains("24 GiB"))
        #expect(shown.contains("{\"a\": {b1}}"))
        let fault = #expect(throws: AssayError.self) { try metric(members, prompt: "Rate\nthe {answr}.") }
        #expect(fault?.place?.line == 2)
        #expect(throws: AssayError.self) { try metric(members, prompt: "no field") }
    }

    @Test func assertionsHoldTogether() async throws {
        func score(_ checks: [(String, ConfigNode)], ignoreCase: Bool = false) async throws -> Double? {
            let made = try metric([("assert", Self.mapping(checks)), ("ignore_case", Self.node(.bool(ignoreCase)))])
            return try await made.score(sample, tools: MetricTools()).score.value
        }
        #expect(try await score([("contains", Self.text("http"))]) == 1)
        #expect(try await score([("contains", Self.text("HTTP"))]) == 0)
        #expect(try await score([("contains", Self.text("HTTP"))], ignoreCase: true) == 1)
        #expect(try await score([("not_contains", Self.text("http"))]) == 0)
        #expect(try await score([("regex", Self.text("[0-9]+ GiB")), ("max_words", Self.node(.int(5)))]) == 1)
        #expect(try await score([("regex", Self.text("[0-9]+ GiB")), ("max_words", Self.node(.int(4)))]) == 0)
        #expect(try await score([("json", Self.node(.bool(true)))]) == 0)
        #expect(try await score([("starts_with", Self.text("See")), ("min_words", Self.node(.int(5)))]) == 1)
        #expect(throws: AssayError.self) { try metric([("assert", Self.mapping([("regex", Self.text("("))]))]) }
        #expect(throws: AssayError.self) { try metric([("assert", Self.mapping([]))]) }
        #expect(throws: AssayError.self) { try metric([("assert", Self.mapping([("contain", Self.text("x"))]))]) }
    }

    @Test func namesAreCheckedWithTheirLine() throws {
        let aspect: [(String, ConfigNode)] = [("aspect", Self.text("Is it?"))]
        let clash = #expect(throws: AssayError.self) { try entries("faithfulness", aspect) }
        #expect(clash?.code == "define.builtin")
        #expect(clash?.place == Place(file: "metrics.yaml", line: 2))
        for name in ["Polite", "a@5", "", "1st", "a-b", String(repeating: "a", count: 65)] {
            #expect(throws: AssayError.self, "\(name)") { try entries(name, aspect) }
        }
        #expect(throws: AssayError.self) { try entries("mine", [("aspct", Self.text("Is it?"))]) }
        #expect(throws: AssayError.self) { try entries("mine", aspect + [("without", Self.text("answer"))]) }
        #expect(throws: AssayError.self) { try entries("mine", [("aspect", Self.text(" "))]) }
        let two = try entries("mine", aspect)[0].formula
        #expect(two != (try entries("mine", [("aspect", Self.text("Is it not?"))])[0].formula))
    }
}
