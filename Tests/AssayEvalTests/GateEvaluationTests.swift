import AssayModel
import Testing

@testable import AssayEval

/// Runs made of numbers, and gates over them.
struct GateEvaluationTests {
    private static let place = Place(file: "p.yaml", line: 9)

    /// A run over `documents` × `perDocument` questions with the given scores by metric; nil is not scored.
    private static func record(
        _ id: String,
        documents: Int = 12,
        perDocument: Int = 2,
        _ scores: [(definition: MetricDefinition, values: [Double?])],
        standing: JudgeStanding? = nil
    ) -> RunRecord {
        let questions = (0..<documents * perDocument).map { index in
            Question(
                id: "q\(index)",
                question: "Question \(index)?",
                reference: "r",
                gold: [GoldQuote(document: "d\(index / perDocument)", quote: "x")],
                tags: [index.isMultiple(of: 2) ? "fact" : "comparison"]
            )
        }
        let rows = questions.enumerated().map { index, question in
            QuestionResult(
                sample: Sample(question: question, goldSpans: [], retrieved: [], contextCount: 0),
                scores: Dictionary(
                    scores.map { metric, values in
                        let score: Score = values[index].map { .scored($0) } ?? .notScored(reason: "no reply")
                        return (metric.name, MetricResult(score))
                    }
                ) { first, _ in first }
            )
        }
        var metrics = MetricSummary.all(of: scores.map(\.definition), rows: rows)
        for index in metrics.indices where metrics[index].definition.needs.contains(.judge) {
            metrics[index].judgeStanding = standing
        }
        let corpus = CorpusSummary(name: "c", fingerprint: "f", documents: documents, chunks: 0, bytes: 0, tokens: 0)
        let results = RunResults(
            pipeline: "p",
            specHash: "s",
            spec: .null,
            corpus: corpus,
            evalset: EvalsetSummary(
                name: "e",
                fingerprint: "e",
                split: "all",
                questions: questions.count,
                unanswerable: 0,
                answered: 0
            ),
            metrics: metrics,
            questions: rows
        )
        let environment = RunEnvironment(
            assay: "0",
            started: "2026-01-01T00:00:00Z",
            processor: "",
            cores: 1,
            memoryGiB: 1,
            system: "",
            libraries: [:]
        )
        return RunRecord(
            id: id,
            status: .success,
            results: results,
            environment: environment,
            timings: RunTimings()
        )
    }

    private static func metric(
        _ name: String,
        higherIsBetter: Bool = true,
        needs: Set<MetricNeed> = []
    ) -> MetricDefinition {
        MetricDefinition(name: name, version: 1, formula: name, higherIsBetter: higherIsBetter, needs: needs)
    }

    private static func drop(_ name: String, _ limit: Double, slice: String? = nil) -> GateRules.Rule {
        GateRules.Rule(subject: .metric(name), kind: .drop, limit: limit, slice: slice, place: place)
    }

    private static func judge(_ rules: [GateRules.Rule], _ before: RunRecord, _ after: RunRecord) -> GateReport {
        GateEvaluation(
            GateRules(baseline: "main", rules: rules, place: place),
            record: after,
            baseline: Baseline(before, name: "main")
        ).report()
    }

    @Test func threeOutcomesOfADrop() throws {
        let m = Self.metric("m")
        let base = (0..<24).map { Double($0 % 5) / 10 + 0.4 }
        func shifted(_ step: (Int) -> Double) -> GateRuleResult? {
            let after = base.enumerated().map { Optional($1 + step($0)) }
            let report = Self.judge(
                [Self.drop("m", 0.1)],
                Self.record("a", [(m, base.map(Optional.some))]),
                Self.record("b", [(m, after)])
            )
            return report.rules.first
        }
        let same = try #require(shifted { _ in 0 })
        #expect(same.outcome == .passed && same.gain == 0 && same.count == 24 && same.clusters == 12)
        let slight = try #require(shifted { $0.isMultiple(of: 2) ? -0.06 : -0.04 })
        #expect(slight.outcome == .passed, "a loss within the margin, shown to be so")
        let large = try #require(shifted { $0.isMultiple(of: 3) ? -0.3 : -0.25 })
        #expect(large.outcome == .failed && (large.adjustedP ?? 1) < 0.01)
        let noisy = try #require(shifted { $0 % 4 < 2 ? -0.5 : 0.35 })
        #expect(noisy.outcome == .inconclusive, "\(noisy)")
    }

    @Test func worseIsMoreWhereLessIsBetter() {
        let m = Self.metric("m", higherIsBetter: false)
        let base = [Double?](repeating: 0.2, count: 24)
        let more = [Double?](repeating: 0.6, count: 24)
        let worse = Self.judge([Self.drop("m", 0.1)], Self.record("a", [(m, base)]), Self.record("b", [(m, more)]))
        #expect(worse.verdict == .failed && abs((worse.rules[0].gain ?? 0) + 0.4) < 1e-12)
        #expect(worse.broken.count == 10 && worse.broken[0].before == 0.2)
        let better = Self.judge([Self.drop("m", 0.1)], Self.record("a", [(m, more)]), Self.record("b", [(m, base)]))
        #expect(better.verdict == .passed && better.broken.isEmpty)
    }

    @Test func aSliceSeesItsOwnQuestionsOnly() {
        let m = Self.metric("m")
        let base = [Double?](repeating: 1, count: 24)
        let after = (0..<24).map { Optional($0.isMultiple(of: 2) ? 1.0 : 0.5) }
        let report = Self.judge(
            [Self.drop("m", 0.3), Self.drop("m", 0.3, slice: "kind:comparison"), Self.drop("m", 0.3, slice: "fact")],
            Self.record("a", [(m, base)]),
            Self.record("b", [(m, after)])
        )
        #expect(report.rules.map(\.outcome) == [.passed, .failed, .passed], "\(report.rules.map(\.gain))")
        #expect(report.rules.map(\.count) == [24, 12, 12])
        #expect(report.broken.allSatisfy { $0.after == 0.5 })
    }

    @Test func anUnvalidatedJudgeNeitherPassesNorFails() {
        let m = Self.metric("m", needs: [.judge])
        let before = Self.record("a", [(m, [Double?](repeating: 1, count: 24))])
        let values = [Double?](repeating: 0, count: 24)
        for (standing, expected) in [
            (JudgeStanding?.none, GateReport.Verdict.inconclusive), (.unvalidated, .inconclusive),
            (.validated, .failed),
        ] {
            let report = Self.judge([Self.drop("m", 0.1)], before, Self.record("b", [(m, values)], standing: standing))
            #expect(report.verdict == expected)
        }
        let allowing = GateRules(allowsUnvalidated: true, rules: [Self.drop("m", 0.1)], place: Self.place)
        let allowed = GateEvaluation(
            allowing,
            record: Self.record("b", [(m, values)]),
            baseline: Baseline(before, name: "x")
        ).report()
        #expect(allowed.verdict == .failed)
    }

    @Test func coverageCountsWhatCouldNotBeScored() {
        let m = Self.metric("m")
        let values = (0..<24).map { $0 < 3 ? nil : 0.5 }
        let rule = GateRules.Rule(subject: .coverage, kind: .min, limit: 0.9, place: Self.place)
        let report = GateEvaluation(
            GateRules(rules: [rule], place: Self.place),
            record: Self.record("a", [(m, values)]),
            baseline: nil
        ).report()
        #expect(report.verdict == .failed)
        #expect(report.rules[0].value == 21.0 / 24 && report.rules[0].reason == "not scored: m 3 of 24")
    }

    /// With eight metrics and margin 0, the hardest, at most 5 % of gates over unchanged pipelines are broken.
    @Test func falseAlarmsStayBelowFivePercentWithEightMetrics() {
        var random = SeededRandom(seed: 20_261_123)
        let metrics = (0..<8).map { Self.metric("m\($0)") }
        let rules = metrics.map { Self.drop($0.name, 0) }
        var alarms = 0
        let repetitions = 100
        for _ in 0..<repetitions {
            // A document's questions are alike, a question's two scores too; nothing differs between the runs but noise.
            var runs: [[(definition: MetricDefinition, values: [Double?])]] = [[], []]
            for metric in metrics {
                let documents = (0..<12).map { _ in random.unit() }
                let common = (0..<24).map { documents[$0 / 2] + random.unit() }
                let drift = (0..<2).map { _ in (0..<12).map { _ in random.unit() } }
                for run in 0..<2 {
                    let values = common.enumerated().map { Optional(($1 + drift[run][$0 / 2] + random.unit()) / 4) }
                    runs[run].append((metric, values))
                }
            }
            if Self.judge(rules, Self.record("a", runs[0]), Self.record("b", runs[1])).verdict == .failed {
                alarms += 1
            }
        }
        // Two standard errors above 5 % of 100.
        #expect(alarms <= 9, "\(alarms) of \(repetitions)")
    }
}
