import AssayModel
import Testing

@testable import AssayEval

struct PairedComparisonTests {
    private static let recall = MetricDefinition(name: "recall", version: 1, formula: "x", needs: [])
    private static let latency = MetricDefinition(
        name: "latency",
        version: 1,
        formula: "x",
        range: 0...60,
        higherIsBetter: false,
        needs: []
    )

    /// A run whose question `i` is about document `i / 2`; nil is not scored.
    private func run(
        _ scores: [String: [Double?]],
        definitions: [MetricDefinition] = [recall],
        spec: String = "a",
        repeats: [[Double]]? = nil
    ) -> RunResults {
        let count = scores.values.first?.count ?? 0
        let rows = (0..<count).map { index in
            let question = Question(
                id: "q\(index)",
                question: "?",
                gold: [GoldQuote(document: "d\(index / 2)", quote: "x")],
                tags: [index.isMultiple(of: 2) ? "fact" : "number", "all"]
            )
            let results = scores.mapValues { values in
                MetricResult(
                    values[index].map { .scored($0) } ?? .notScored(reason: "cut"),
                    repeats: repeats?[index]
                )
            }
            return QuestionResult(
                sample: Sample(question: question, goldSpans: [], retrieved: [], contextCount: 0),
                scores: results
            )
        }
        return RunResults(
            pipeline: spec,
            specHash: spec,
            spec: .null,
            corpus: CorpusSummary(name: "c", fingerprint: "c1", documents: 1, chunks: 1, bytes: 1, tokens: 1),
            evalset: EvalsetSummary(
                name: "e",
                fingerprint: "e1",
                split: "dev",
                questions: count,
                unanswerable: 0,
                answered: count
            ),
            metrics: MetricSummary.all(of: definitions, rows: rows),
            questions: rows
        )
    }

    /// 24 questions of 12 documents, with a gain that differs a little from question to question.
    private func values(gain: Double) -> [Double?] {
        (0..<24).map { index in
            let base = 0.3 + Double(index * 7 % 10) / 50
            let factor = 1 + Double(index * 3 % 5) / 10
            return base + gain * factor
        }
    }

    @Test func handWorkedExample() throws {
        // Documents 0 and 1: differences 0.5, 0.5 and 0, −0.25.
        let before = run(["recall": [0.25, 0.25, 1, 0.5]])
        let after = run(["recall": [0.75, 0.75, 1, 0.25]], spec: "b")
        let metric = try PairedComparison(baseline: before, candidate: after).metrics[0]
        #expect((metric.n, metric.clusters) == (4, 2))
        #expect(metric.baselineMean == 0.5)
        #expect(metric.candidateMean == 0.6875)
        #expect(metric.difference == 0.1875)
        #expect((metric.wins, metric.ties, metric.losses) == (2, 1, 1))
        // Cluster sums of deviations 0.625 and −0.625: SE = sqrt(2 · 0.390625 · 2) / 4
        #expect(abs(try #require(metric.standardError) - 0.3125) < 1e-15)
        // Cluster sums 1 and −0.25: sums under flips are ±0.75 and ±1.25, all as far as 0.75.
        #expect(metric.pValue == 1 && metric.verdict == .notShown && metric.detectableEffect == nil)
        #expect(metric.changes.map(\.question) == ["q1", "q0", "q3", "q2"])
    }

    @Test func showsAGainAndALossInTheMetricsOwnDirection() throws {
        let definitions = [Self.recall, Self.latency]
        let before = run(["recall": values(gain: 0), "latency": values(gain: 0)], definitions: definitions)
        let after = run(
            ["recall": values(gain: 0.2), "latency": values(gain: 0.2)],
            definitions: definitions,
            spec: "b"
        )
        let metrics = try PairedComparison(baseline: before, candidate: after).metrics
        #expect(metrics.map(\.verdict) == [.better, .worse])
        #expect(metrics.map(\.wins) == [24, 0] && metrics.map(\.losses) == [0, 24])
        // 2 of 4,096 sign patterns, times two metrics.
        #expect(
            metrics.map(\.pValue) == [2.0 / 4_096, 2.0 / 4_096] && metrics.map(\.holm) == [4.0 / 4_096, 4.0 / 4_096]
        )
        let back = try PairedComparison(baseline: after, candidate: before).metrics
        #expect(back.map(\.verdict) == [.worse, .better])
        #expect(metrics[0].pWorse() == 1 && metrics[1].pWorse() == 1.0 / 4_096)
        // Recall rose by more than 0.1; it is certainly not worse by 0.1. Latency rose by about 0.24: worse by more than 0.1, not by more than 0.5.
        #expect(metrics[0].pNotWorse(margin: 0.1) == 1.0 / 4_096)
        #expect(metrics[1].pWorse(margin: 0.1) == 1.0 / 4_096 && metrics[1].pWorse(margin: 0.5) == 1)
    }

    @Test func pairsWhatBothSidesScored() throws {
        let before = run(["recall": [0, nil, 0.5, 0.5, 1, 1]])
        var after = run(["recall": [0.5, 1, nil, 1, 1, 1]], spec: "b")
        after.questions.reverse()
        let comparison = try PairedComparison(baseline: before, candidate: after)
        let metric = comparison.metrics[0]
        #expect(metric.n == 4 && metric.baselineMean == 0.625 && metric.candidateMean == 0.875)
        #expect(metric.baselineCoverage == 5.0 / 6 && metric.candidateCoverage == 5.0 / 6)
        #expect(comparison.warnings.contains { $0.contains("3 clusters") && $0.contains("nothing can be shown") })
    }

    @Test func refusesWhatCannotBeCompared() throws {
        let before = run(["recall": values(gain: 0)])
        func code(_ change: (inout RunResults) -> Void, metrics: [String]? = nil) -> String? {
            var after = run(["recall": values(gain: 0.1)], spec: "b")
            change(&after)
            do throws(AssayError) {
                _ = try PairedComparison(baseline: before, candidate: after, metrics: metrics)
                return nil
            } catch {
                return error.code.rawValue
            }
        }
        #expect(code { _ in } == nil)
        #expect(code { $0.evalset?.fingerprint = "e2" } == "compare.evalset")
        #expect(code { $0.evalset?.split = "test" } == "compare.evalset")
        #expect(code { $0.evalset = nil } == "compare.evalset")
        #expect(code { $0.corpus.fingerprint = "c2" } == "compare.corpus")
        #expect(code { $0.metrics[0].definitionHash = "other" } == "compare.definition")
        #expect(code { $0.metrics = [] } == "compare.metric")
        #expect(code({ _ in }, metrics: ["mrr"]) == "compare.metric")
        var options = ComparisonOptions()
        options.acrossCorpora = true
        var moved = run(["recall": values(gain: 0.1)], spec: "b")
        moved.corpus.fingerprint = "c2"
        let across = try PairedComparison(baseline: before, candidate: moved, options: options)
        #expect(across.warnings.contains { $0.hasPrefix("Compared across corpora") })
        options.acrossCorpora = false
        options.baselineReplicates = [moved]
        #expect(throws: AssayError.self) {
            try PairedComparison(baseline: before, candidate: before, options: options)
        }
    }

    @Test func refusesScoresOfTwoJudges() throws {
        let judged = MetricDefinition(name: "faithfulness", version: 1, formula: "x", needs: [.judge])
        func judgedRun(_ model: String, _ hash: String?) -> RunResults {
            var results = run(["faithfulness": values(gain: 0)], definitions: [judged])
            results.judge = EngineIdentity(name: "j", model: model, modelHash: hash, mode: "strict", contextTokens: 0)
            return results
        }
        let one = judgedRun("a", "1")
        #expect(one.metricObstacle("faithfulness", to: judgedRun("a", "1")) == nil)
        #expect(one.metricObstacle("faithfulness", to: judgedRun("a", "2"))?.contains("two files") == true)
        #expect(one.metricObstacle("faithfulness", to: judgedRun("b", "1"))?.contains("'b'") == true)
    }

    @Test func aChangeBelowJudgeNoiseIsNotFlagged() throws {
        // All 24 questions rise by about 0.024, so the test rejects; but the judge says 0.1 more or less each time it is asked.
        let after = values(gain: 0.02)
        func repeats(_ values: [Double?], _ spread: Double) -> [[Double]] {
            values.compactMap { $0 }.map { [$0 - spread, $0 + spread] }
        }
        func verdict(_ spread: Double) throws -> MetricComparison {
            try PairedComparison(
                baseline: run(["recall": values(gain: 0)], repeats: repeats(values(gain: 0), spread)),
                candidate: run(["recall": after], spec: "b", repeats: repeats(after, spread))
            ).metrics[0]
        }
        let noisy = try verdict(0.1)
        #expect(try #require(noisy.holm) < 0.05 && noisy.verdict == .judgeNoise)
        // Variance of a judgement 0.02, of a mean of two 0.01, of a mean over 24 on two sides 0.02 / 24.
        let noise = try #require(noisy.judgeNoise)
        #expect(abs(noise - StudentT.quantile(0.975, freedom: 48) * (0.02 / 24).squareRoot()) < 1e-12)
        #expect(abs(try #require(noisy.candidateVariance?.judge) - 0.02) < 1e-12)
        let steady = try verdict(0.001)
        #expect(steady.verdict == .better)
        #expect(
            try PairedComparison(baseline: run(["recall": values(gain: 0)]), candidate: run(["recall": after])).metrics[
                0
            ].judgeNoise == nil
        )
    }

    @Test func averagesReplicates() throws {
        var options = ComparisonOptions()
        options.candidateReplicates = [run(["recall": values(gain: 0.4)], spec: "b")]
        let comparison = try PairedComparison(
            baseline: run(["recall": values(gain: 0)]),
            candidate: run(["recall": values(gain: 0.2)], spec: "b"),
            options: options
        )
        let whole = try PairedComparison(
            baseline: run(["recall": values(gain: 0)]),
            candidate: run(["recall": values(gain: 0.3)], spec: "b")
        )
        #expect(comparison.candidate.runs == 2 && comparison.baseline.runs == 1)
        let (one, two) = (try #require(comparison.metrics[0].difference), try #require(whole.metrics[0].difference))
        #expect(abs(one - two) < 1e-12)
        #expect(comparison.metrics[0].candidateVariance?.generation != nil)
        #expect(comparison.metrics[0].baselineVariance == nil)
    }

    @Test func slicesByTagAndCorrectsOverAllOfThem() throws {
        var options = ComparisonOptions()
        options.slicing = .kind
        let (before, after) = (run(["recall": values(gain: 0)]), run(["recall": values(gain: 0.2)], spec: "b"))
        let slices = try PairedComparison(baseline: before, candidate: after, options: options).slices
        #expect(slices.map(\.tag) == ["fact", "number"] && slices.map(\.questions) == [12, 12])
        #expect(slices.map { $0.metrics[0].pValue } == [2.0 / 4_096, 2.0 / 4_096])
        #expect(slices.map { $0.metrics[0].holm } == [4.0 / 4_096, 4.0 / 4_096])
        options.slicing = .tags
        #expect(
            try PairedComparison(baseline: before, candidate: after, options: options).slices.map(\.tag)
                == ["all", "fact", "number"]
        )
        options.slicing = .tag("fact")
        #expect(
            try PairedComparison(baseline: before, candidate: after, options: options).slices.map(\.tag)
                == ["fact", "without fact"]
        )
    }

    @Test func correctsOverSeveralCandidatesTogether() throws {
        let all = try PairedComparison.all(
            baseline: ("main", run(["recall": values(gain: 0)])),
            candidates: [
                ("b", run(["recall": values(gain: 0.2)], spec: "b")),
                ("c", run(["recall": values(gain: 0)], spec: "c")),
            ]
        )
        #expect(all.map { $0.metrics[0].holm } == [4.0 / 4_096, 1])
        #expect(all.map(\.candidate.name) == ["b", "c"] && all.allSatisfy { $0.baseline.name == "main" })
    }

    @Test func bootstrapIntervalsOnRequest() throws {
        var options = ComparisonOptions()
        options.interval = .bootstrap
        let (before, after) = (run(["recall": values(gain: 0)]), run(["recall": values(gain: 0.2)], spec: "b"))
        let metric = try PairedComparison(baseline: before, candidate: after, options: options).metrics[0]
        let usual = try PairedComparison(baseline: before, candidate: after).metrics[0]
        #expect(metric.interval == .bootstrap && usual.interval == .student)
        let (low, high) = (try #require(metric.low), try #require(metric.high))
        #expect(low < high && low > 0.2 && high < 0.28 && low != usual.low)
    }

    @Test func survivesJSON() throws {
        let comparison = try PairedComparison(
            baseline: run(["recall": values(gain: 0)]),
            candidate: run(["recall": values(gain: 0.2)], spec: "b")
        )
        let text = try canonicalJSON(comparison)
        #expect(text == (try canonicalJSON(comparison)) && text.contains("\"verdict\":\"better\""))
    }
}
