import AssayModel
import Testing

@testable import AssayReport

struct ComparisonReportTests {
    private static let comparison: PairedComparison = {
        func change(_ id: String, _ before: Double, _ after: Double) -> MetricComparison.Change {
            .init(question: id, before: before, after: after, cluster: 0)
        }
        let recall = MetricComparison(
            definition: SampleRecords.metrics[0],
            n: 62,
            clusters: 34,
            baselineMean: 0.812,
            candidateMean: 0.741,
            difference: -0.071,
            standardError: 0.02,
            low: -0.111,
            high: -0.031,
            pValue: 0.0021,
            flips: 9_999,
            holm: 0.0063,
            wins: 2,
            ties: 51,
            losses: 9,
            detectableEffect: 0.058,
            baselineCoverage: 1,
            candidateCoverage: 1,
            verdict: .worse,
            changes: [change("q1", 1, 0), change("q2", 0.5, 0.25), change("q3", 1, 1)]
        )
        let judged = MetricComparison(
            definition: SampleRecords.metrics[3],
            n: 60,
            clusters: 33,
            baselineMean: 0.6,
            candidateMean: 0.62,
            difference: 0.02,
            standardError: 0.005,
            low: 0.01,
            high: 0.03,
            pValue: 0.0001,
            flips: 9_999,
            holm: 0.0003,
            wins: 30,
            ties: 20,
            losses: 10,
            detectableEffect: 0.015,
            judgeNoise: 0.031,
            baselineVariance: VarianceComponents(question: 0.08, generation: nil, judge: 0.02, questions: 60, runs: 1),
            baselineCoverage: 0.968,
            candidateCoverage: 1,
            verdict: .judgeNoise,
            changes: [change("q2", 0.25, 0.75), change("q1", 0.5, 0.25)]
        )
        let latency = MetricComparison(
            definition: SampleRecords.metrics[4],
            n: 1,
            clusters: 1,
            baselineMean: 2,
            candidateMean: 3,
            difference: 1,
            losses: 1,
            baselineCoverage: 1,
            candidateCoverage: 1
        )
        var slice = recall
        slice.changes = []
        return PairedComparison(
            baseline: .init(name: "main", pipeline: "handbook", specHash: "a"),
            candidate: .init(name: "20261123T010000-ab12", pipeline: SampleRecords.hostile, specHash: "b", runs: 2),
            evalset: EvalsetSummary(
                name: "handbook",
                fingerprint: "e",
                split: "dev",
                questions: 62,
                unanswerable: 6,
                answered: 62
            ),
            level: 0.05,
            metrics: [recall, judged, latency],
            slices: [.init(tag: "fact|x", questions: 20, metrics: [slice])],
            warnings: ["faithfulness has another coverage on each side."]
        )
    }()

    private static let report = ComparisonReport(
        [comparison],
        questions: ["q1": "Which port? " + SampleRecords.hostile, "q2": "Why?"],
        changed: 2
    )

    @Test(arguments: [80, 200]) func writesTablesForTerminals(width: Int) {
        let text = Self.report.text(.terminal(ReportOptions(width: width)))
        assertSnapshot(text, named: "comparison-\(width).txt")
        #expect(text.split(separator: "\n").allSatisfy { PrintableText.width(String($0)) <= width })
    }

    @Test func writesMarkdown() {
        assertSnapshot(Self.report.text(.markdown), named: "comparison.md")
    }

    @Test func ranksChangedQuestionsByTheirShareOfTheRange() {
        let most = ChangedQuestion.most(of: Self.comparison.metrics, limit: 9)
        // q1: 1 + 0.25; q2: 0.25 + 0.5; q3 did not change.
        #expect(most.map(\.id) == ["q1", "q2"])
        #expect(most[1].changes.map(\.metric) == ["faithfulness", "span_recall@5"])
        #expect(ChangedQuestion.most(of: Self.comparison.metrics, limit: 0).isEmpty)
    }

    @Test func saysNothingOfNothing() {
        #expect(ComparisonReport([]).text(.markdown).isEmpty)
    }
}
