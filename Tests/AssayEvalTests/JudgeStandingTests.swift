import AssayModel
import Testing

@testable import AssayEval

struct JudgeStandingTests {
    private static let judge = EngineIdentity(
        name: "local",
        model: "small",
        modelHash: "aa",
        mode: "strict",
        contextTokens: 4_096
    )

    private static func agreement(good: Bool) -> Agreement {
        let pairs = (0..<100).map { number in
            let label = Double(number % 2)
            return ScoredLabel(
                score: good && number % 10 != 0 ? label : Double((number / 2) % 2),
                label: label,
                cluster: number
            )
        }
        return Agreement(pairs, scale: 0...1, draws: 400, seed: 1)
    }

    private static func record(
        _ definition: MetricDefinition,
        good: Bool = true,
        notScored: Int = 0,
        way: String = "json"
    ) -> JudgeCalibration {
        JudgeCalibration(
            metric: definition,
            judges: [judge],
            way: way,
            labels: .init(file: "labels.tsv", sha256: "00", name: "faithfulness", scale: 0...1),
            agreement: agreement(good: good),
            notScored: notScored,
            contextLimit: nil,
            date: "2026-11-23T00:00:00Z"
        )
    }

    private static func summary(_ definition: MetricDefinition) -> MetricSummary {
        MetricSummary(
            definition: definition,
            mean: 1,
            low: 1,
            high: 1,
            scored: 1,
            notScored: 0,
            notApplicable: 0,
            clusters: 1
        )
    }

    @Test func onlyTheSameJudgeMetricAndWayCount() throws {
        let metric = try Metrics.make("faithfulness_verdict").definition
        let other = try Metrics.make("answer_relevance_verdict").definition
        let print = JudgeCalibration.fingerprint(of: [Self.judge], way: "json")
        func standing(_ records: [JudgeCalibration], _ print: String?) -> JudgeStanding? {
            Self.summary(metric).standing(by: records, fingerprint: print).judgeStanding
        }
        #expect(standing([Self.record(metric)], print) == .validated)
        #expect(standing([], print) == .unvalidated)
        #expect(standing([Self.record(metric)], nil) == .unvalidated)
        #expect(standing([Self.record(other)], print) == .unvalidated)
        #expect(standing([Self.record(metric, good: false)], print) == .unvalidated)
        #expect(standing([Self.record(metric, way: "logprob")], print) == .unvalidated)
        func reason(_ records: [JudgeCalibration]) -> String {
            Self.summary(metric).standing(by: records, fingerprint: print).standingReason ?? "none"
        }
        #expect(reason([Self.record(metric)]) == "none")
        #expect(reason([]).contains("no calibration record"))
        #expect(reason([Self.record(other)]).contains("no calibration record"))
        #expect(reason([Self.record(metric, good: false)]).contains("does not show it better than chance"))
        #expect(reason([Self.record(metric, way: "logprob")]).contains("other judges or ways"))
        #expect(reason([Self.record(metric, notScored: 20)]).contains("20 of 120 labelled rows without a verdict"))
        var changed = metric
        changed.formula += " in another way"
        #expect(reason([Self.record(changed)]).contains("another definition"))
        // A judge that scores only what is easy shows nothing.
        #expect(standing([Self.record(metric, notScored: 20)], print) == .unvalidated)
        var moved = Self.judge
        moved.name = "elsewhere"
        moved.mode = "fast"
        #expect(JudgeCalibration.fingerprint(of: [moved], way: "json") == print)
        moved.modelHash = "bb"
        #expect(JudgeCalibration.fingerprint(of: [moved], way: "json") != print)
    }

    @Test func metricsWithoutAJudgeHaveNoStanding() throws {
        let summary = Self.summary(try Metrics.make("token_f1").definition)
        #expect(summary.standing(by: [], fingerprint: nil).judgeStanding == nil)
    }

    @Test(arguments: ["faithfulness_verdict", "context_relevance_verdict", "answer_relevance_verdict"])
    func verdictsAreAskedInBothWays(name: String) async throws {
        let sample = spanSample(
            gold: [],
            retrieved: [chunk("a", 0, 9, text: "The memory is 24 GiB.")],
            contextCount: 1,
            answer: answer("It has 24 GiB.")
        )
        let metric = try Metrics.make(name)
        let json = MetricTools(judge: { call in
            #expect(call.choices == nil)
            return JudgeReply(text: #"{"verdict":1}"#, finish: .stop)
        })
        #expect(try await metric.score(sample, tools: json).score == .scored(1))
        let token = MetricTools(
            judge: { call in
                #expect(call.choices == ["yes", "no"])
                return JudgeReply(text: "yes", finish: .length, probabilities: ["yes": 0.6, "no": 0.2])
            },
            asking: .logprob
        )
        let graded = try await metric.score(sample, tools: token).score.value
        #expect(graded.map { abs($0 - 0.75) < 1e-12 } == true)
        let broken = MetricTools(judge: { _ in JudgeReply(text: "yes!", finish: .stop) })
        #expect(try await metric.score(sample, tools: broken).score.value == nil)
    }

    /// A word that changes in a prompt changes its version, and with it the digest here.
    @Test func promptsChangeOnlyWithAVersion() throws {
        let sample = spanSample(gold: [], retrieved: [], answer: answer("An answer."))
        let questions = [
            VerdictQuestion.faithfulAnswer, VerdictQuestion.relevantContext, VerdictQuestion.relevantAnswer,
        ]
        .map { $0(sample, ["A passage."]) }
        let digests = try questions.flatMap { [$0.json.call, $0.token.call] }.map { call in
            "\(call.prompt) \(SHA256.hex(try canonicalJSON(call)).prefix(12))"
        }
        #expect(
            digests == [
                "faithful-answer/1 a7e3f691de2a", "faithful-answer-token/1 6cceba2a6347",
                "relevant-context/1 3572c39b56c9", "relevant-context-token/1 bc4bbc5920d9",
                "relevant-answer/1 9704aeda3bd1", "relevant-answer-token/1 f6a94e63c681",
            ]
        )
    }
}
