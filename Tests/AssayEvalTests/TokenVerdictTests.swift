import AssayModel
import Testing

@testable import AssayEval

/// Verdicts by the probability of one token, and panels.
struct TokenVerdictTests {
    private let sample = spanSample(
        gold: [GoldSpan(document: "a", start: 0, end: 9)],
        retrieved: [chunk("a", 0, 9, text: "alpha"), chunk("b", 0, 9, text: "beta")],
        contextCount: 2,
        answer: answer("It has 24 GiB [1].")
    )
    private let split = JudgeReply(text: #"{"statements":["One.","Two."]}"#, finish: .stop)

    private func token(_ yes: Double, _ no: Double) -> JudgeReply {
        JudgeReply(text: "yes", finish: .length, probabilities: ["yes": yes, "no": no])
    }

    private func score(_ metric: String, _ replies: [JudgeReply]) async throws -> (MetricResult, [JudgeCall]) {
        let judge = ScriptedJudge(replies)
        var tools = judge.tools
        tools.asking = .logprob
        return (try await Metrics.make(metric).asked(by: .logprob).score(sample, tools: tools), judge.calls)
    }

    @Test func faithfulnessIsTheMeanProbability() async throws {
        let (result, calls) = try await score("faithfulness", [split, token(0.6, 0.2), token(0.1, 0.3)])
        // 0.6 / 0.8 and 0.1 / 0.4.
        #expect(abs(try #require(result.score.value) - 0.5) < 1e-12)
        #expect(result.details?["statements"]?.arrayValue?[0]["probability"]?.doubleValue == 0.6 / (0.6 + 0.2))
        #expect(calls.count == 3 && calls[1].choices == ["yes", "no"] && calls[1].maxTokens == 1)
    }

    @Test func callsShareEverythingUpToTheStatement() async throws {
        let (_, calls) = try await score("faithfulness", [split, token(1, 0), token(0, 1)])
        #expect(calls[1].messages[0] == calls[2].messages[0])
        let texts = calls[1...].map { $0.messages[1].content }
        let shared = String(zip(texts[0], texts[1]).prefix { $0 == $1 }.map(\.0))
        #expect(shared.contains("beta") && !shared.contains("One."))
        #expect(texts[0].contains("One.") && texts[1].contains("Two."))
    }

    @Test func contextPrecisionWeighsPassages() async throws {
        let (result, _) = try await score("context_precision", [token(0.5, 0.5), token(1, 0)])
        // (½ · ½/1 + 1 · 1½/2) / 1½.
        #expect(abs(try #require(result.score.value) - (0.25 + 0.75) / 1.5) < 1e-12)
    }

    /// The same arithmetic against the answer: (½ · ½/1 + 1 · 1½/2) / 1½.
    @Test func contextUtilizationWeighsPassages() async throws {
        let (result, calls) = try await score("context_utilization", [token(0.5, 0.5), token(1, 0)])
        #expect(abs(try #require(result.score.value) - (0.25 + 0.75) / 1.5) < 1e-12)
        #expect(calls.count == 2 && calls.allSatisfy { $0.choices == ["yes", "no"] })
        #expect(calls[1].messages[1].content.contains("It has 24 GiB"))
    }

    private static let unusable: [(JudgeReply, String)] = [
        (JudgeReply(text: "yes", finish: .stop), "gave no probabilities"),
        (
            JudgeReply(text: "The", finish: .length, probabilities: ["yes": 0.004, "no": 0.005]),
            "neither 'yes' nor 'no'"
        ),
        (JudgeReply(text: "The", finish: .length, probabilities: [:]), "neither 'yes' nor 'no'"),
        (JudgeReply(text: "yes", finish: .length, probabilities: ["yes": .nan, "no": 0]), "neither 'yes' nor 'no'"),
        (JudgeReply(text: "yes", finish: .length, probabilities: ["yes": -1, "no": 1.5]), "neither 'yes' nor 'no'"),
        (JudgeReply(text: "yes", finish: .length, probabilities: ["yes": 3, "no": 1]), "neither 'yes' nor 'no'"),
    ]

    @Test(arguments: unusable) func whatIsNoProbabilityIsNotScored(_ reply: JudgeReply, _ reason: String) async throws {
        let (result, _) = try await score("context_precision", [reply])
        #expect(result.score.notScoredReason?.contains(reason) == true, "\(result.score)")
    }

    @Test func textsCutByLengthAreStillNotScored() async throws {
        let cut = JudgeReply(text: split.text, finish: .length)
        let (result, calls) = try await score("faithfulness", [cut, cut])
        #expect(result.score.notScoredReason?.contains("cut by the limit") == true && calls.count == 2)
    }

    @Test func theWayOfAskingIsPartOfTheDefinition() throws {
        let plain = try Metrics.make("faithfulness")
        #expect(plain.asked(by: .json).definition == plain.definition)
        #expect(plain.asked(by: .logprob).definition.hash != plain.definition.hash)
        let unjudged = try Metrics.make("mrr")
        #expect(unjudged.asked(by: .logprob).definition == unjudged.definition)
    }

    @Test func tokenPromptsChangeOnlyWithTheirVersion() throws {
        let calls = [
            TokenPrompt.verifyStatement("S.", passages: ["P1", "P2"]).call,
            TokenPrompt.ratePassage("P", question: "Q?", reference: "R.").call,
        ]
        let digests = try calls.map { "\($0.prompt) \(SHA256.hex(try canonicalJSON($0)).prefix(16))" }
        #expect(digests == ["verify-statement-token/1 cca9f7c4122e10aa", "rate-passage-token/1 e59927d77eea77fb"])
    }

    // MARK: panels

    private func verdicts(_ values: Int...) -> JudgeReply {
        let entries = values.enumerated().map { "{\"index\":\($0 + 1),\"reason\":\"by \($1)\",\"verdict\":\($1)}" }
        return JudgeReply(text: "{\"verdicts\":[\(entries.joined(separator: ","))]}", finish: .stop)
    }

    private func panel(
        _ metric: String,
        _ judges: [ScriptedJudge],
        _ asking: JudgeAsking = .json
    ) async throws
        -> MetricResult
    {
        let asks: [@Sendable (JudgeCall) async throws -> JudgeReply] = judges.map { judge in
            { @Sendable call in try judge.reply(to: call) }
        }
        let tools = MetricTools(judge: asks[0], panel: Array(asks.dropFirst()), asking: asking)
        return try await Metrics.make(metric).score(sample, tools: tools)
    }

    @Test func theMajorityOfVerdictsCounts() async throws {
        let judges = [
            ScriptedJudge([split, verdicts(1, 0)]), ScriptedJudge([verdicts(1, 1)]), ScriptedJudge([verdicts(0, 1)]),
        ]
        let result = try await panel("faithfulness", judges)
        #expect(result.score == .scored(1))
        // Only the first judge splits; all three verify the same statements.
        #expect(judges.map(\.calls.count) == [2, 1, 1] && judges[1].calls[0] == judges[0].calls[1])
        #expect(result.details?["statements"]?.arrayValue?[1]["reason"] == "by 1")
        let panel = result.details?["panel"]
        #expect(panel?["judges"] == 3 && panel?["verdicts"] == 2 && panel?["disagreement"]?.doubleValue == 1)
        #expect(panel?["split"]?.arrayValue?.map { $0["votes"] } == [[1, 1, 0], [0, 1, 1]])
    }

    @Test func aTieWasNotShownToHold() async throws {
        let judges = [ScriptedJudge([split, verdicts(1, 1)]), ScriptedJudge([verdicts(1, 0)])]
        #expect(try await panel("faithfulness", judges).score == .scored(0.5))
    }

    @Test func aPanelVotesOnProbabilitiesToo() async throws {
        let judges = [
            ScriptedJudge([split, token(0.9, 0.1), token(0.6, 0.4)]),
            ScriptedJudge([token(0.8, 0.2), token(0.1, 0.9)]),
            ScriptedJudge([token(0.1, 0.9), token(0.2, 0.8)]),
        ]
        let result = try await panel("faithfulness", judges, .logprob)
        #expect(result.score == .scored(0.5))
        #expect(result.details?["panel"]?["split"]?.arrayValue?.count == 2)
    }

    @Test func aMemberWhoBreaksTheFormIsAskedAgainAndThenTheRowIsNotScored() async throws {
        let bad = JudgeReply(text: "{}", finish: .stop)
        let mended = [ScriptedJudge([split, verdicts(1, 1)]), ScriptedJudge([bad, verdicts(1, 1)])]
        #expect(try await panel("faithfulness", mended).score == .scored(1))
        let broken = [ScriptedJudge([split, verdicts(1, 1)]), ScriptedJudge([bad, bad])]
        #expect(try await panel("faithfulness", broken).score.notScoredReason?.contains("refused") == true)
    }

    @Test func textsAreTheFirstJudges() throws {
        #expect(!JudgePrompt.askBack(answer: "A.", count: 2).schema.holdsOnlyVerdicts)
        #expect(!JudgePrompt.splitStatements(question: "Q?", text: "T.", limit: 4).schema.holdsOnlyVerdicts)
        #expect(JudgePrompt.verifyStatements(["S."], passages: ["P"], reasons: true).schema.holdsOnlyVerdicts)
        #expect(JudgePrompt.ratePassage("P", question: "Q?", reference: "R.", reasons: false).schema.holdsOnlyVerdicts)
    }

    // MARK: repeats

    @Test func repeatsAreAveragedAndFlipsCounted() throws {
        func row(_ id: String, _ repeats: [Double]) -> QuestionResult {
            let result = MetricResult.mean(ofRepeats: repeats.map { MetricResult(.scored($0)) })
            var sample = sample
            sample.question.id = id
            return QuestionResult(sample: sample, scores: ["faithfulness": result])
        }
        let rows = [row("a", [1, 1, 0]), row("b", [1, 1, 1])]
        #expect(rows[0].scores["faithfulness"]?.repeats == [1, 1, 0])
        let summary = MetricSummary(of: try Metrics.make("faithfulness").definition, rows: rows, clusters: [0, 1])
        // Of the three pairs of each row two flip in the first, none in the second.
        #expect(summary.flipRate == 2.0 / 6 && abs((summary.mean ?? 0) - 5.0 / 6) < 1e-12)
        let single = MetricSummary(
            of: try Metrics.make("faithfulness").definition,
            rows: [row("a", [1])],
            clusters: [0]
        )
        #expect(single.flipRate == nil)
    }

    @Test func mostRepeatsMustBeScored() {
        let bad = MetricResult(.notScored(reason: "cut"))
        let good = MetricResult(.scored(1))
        #expect(MetricResult.mean(ofRepeats: [bad, good, good]).repeats == [1, 1])
        #expect(MetricResult.mean(ofRepeats: [bad, good]).score.notScoredReason?.contains("1 of 2") == true)
        #expect(MetricResult.mean(ofRepeats: [bad, bad]).score == bad.score)
    }

    @Test func judgesAreAveragedWithTheirDisagreement() {
        let results = [MetricResult(.scored(1)), MetricResult(.scored(0.25))]
        let mean = MetricResult.mean(ofJudges: results, names: ["a", "b"])
        #expect(mean.score == .scored(0.625) && mean.details?["panel"]?["disagreement"]?.doubleValue == 0.75)
        let bad = MetricResult.mean(
            ofJudges: [results[0], MetricResult(.notScored(reason: "cut"))],
            names: ["a", "b"]
        )
        #expect(bad.score.notScoredReason == "judge 'b': cut")
    }
}

/// Answer against answer.
struct PairwiseTests {
    private func compare(
        _ replies: [JudgeReply],
        _ asking: JudgeAsking = .json,
        _ two: String = "B"
    ) async throws
        -> (Pairwise.Result, [JudgeCall])
    {
        let judge = ScriptedJudge(replies)
        var tools = judge.tools
        tools.asking = asking
        let result = try await Pairwise(tools).compare(question: "Q?", reference: "", "A", two)
        return (result, judge.calls)
    }

    private func says(_ verdict: Int) -> JudgeReply { JudgeReply(text: "{\"verdict\":\(verdict)}", finish: .stop) }

    @Test func placesAreSwappedAndAChangedMindIsATie() async throws {
        let (won, calls) = try await compare([says(1), says(0)])
        #expect(won == Pairwise.Result(outcome: .first, isConsistent: true, firstPlaces: 1))
        #expect(calls.count == 2 && calls[0] != calls[1])
        #expect(try await compare([says(0), says(1)]).0.outcome == .second)
        // Always the answer that stands first: a liking for a place, not for an answer.
        #expect(
            try await compare([says(1), says(1)]).0
                == Pairwise.Result(outcome: .tie, isConsistent: false, firstPlaces: 2)
        )
    }

    @Test func equalAnswersAreNotAskedAbout() async throws {
        let (result, calls) = try await compare([], .json, "A")
        #expect(result == Pairwise.Result(outcome: .tie) && calls.isEmpty)
    }

    @Test func probabilitiesAreAveragedOverBothOrders() async throws {
        func token(_ one: Double) -> JudgeReply {
            JudgeReply(text: "1", finish: .length, probabilities: ["1": one, "2": 1 - one])
        }
        let (result, _) = try await compare([token(0.9), token(0.4)], .logprob)
        #expect(result.outcome == .first && abs((result.probability ?? 0) - 0.75) < 1e-12)
    }

    @Test func arefusedReplyIsNoOutcome() async throws {
        let (result, _) = try await compare([says(3), says(3)])
        #expect(result.outcome == nil && result.reason?.contains("prefer-answer/1") == true)
    }

    @Test func theSummaryCountsConsistency() {
        let results = [
            Pairwise.Result(outcome: .first, isConsistent: true, firstPlaces: 1),
            Pairwise.Result(outcome: .tie, isConsistent: false, firstPlaces: 2), Pairwise.Result(outcome: .tie),
            Pairwise.Result(reason: "cut"),
        ]
        let questions = (0..<4).map { Question(id: "\($0)", question: "Q?") }
        let summary = PairwiseSummary(results, questions: questions)
        #expect((summary.wins, summary.ties, summary.losses, summary.notScored) == (1, 2, 0, 1))
        #expect(summary.orderConsistency == 0.5 && summary.firstPlaceShare == 0.75)
        #expect(abs((summary.preference ?? 0) - 2.0 / 3) < 1e-12)
    }
}
