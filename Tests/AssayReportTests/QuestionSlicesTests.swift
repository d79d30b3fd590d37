import AssayModel
import Testing

@testable import AssayReport

struct QuestionSlicesTests {
    private func record(_ rows: [(tag: String?, document: String, value: Double?)]) -> RunRecord {
        let metric = MetricDefinition(name: "m", version: 1, formula: "m", needs: [])
        var record = SampleRecords.small
        record.results.metrics = [
            MetricSummary(
                definition: metric,
                mean: nil,
                low: nil,
                high: nil,
                scored: 0,
                notScored: 0,
                notApplicable: 0,
                clusters: 0
            )
        ]
        record.results.questions = rows.enumerated().map { index, row in
            let question = Question(
                id: "\(index)",
                question: "?",
                gold: [GoldQuote(document: row.document, quote: "q")],
                tags: row.tag.map { [$0, "topic"] } ?? []
            )
            let score = row.value.map { Score.scored($0) } ?? .notScored(reason: "none")
            return QuestionResult(
                sample: Sample(question: question, goldSpans: [], retrieved: [], contextCount: 0),
                scores: ["m": MetricResult(score)]
            )
        }
        return record
    }

    @Test func averagesByFirstTagLargestFirst() {
        let slices = QuestionSlices(
            record([("b", "x", 1), ("a", "x", 0.5), ("b", "y", 0), (nil, "z", 0.25), ("a", "y", nil)])
        )
        #expect(slices.slices.map(\.tag) == ["a", "b", "untagged"])
        #expect(slices.slices.map(\.questions) == [2, 2, 1])
        #expect(slices.slices.map { $0.means[0].mean } == [0.5, 0.5, 0.25])
        #expect(slices.slices.map { $0.means[0].scored } == [1, 2, 1])
    }

    @Test func givesNoIntervalBelowTwoClustersOrWithoutSpread() {
        for rows in [
            [("a", "x", 1.0)], [("a", "x", 1), ("a", "x", 0)], [("a", "x", 1), ("a", "y", 1), ("a", "z", 1)],
        ] {
            let slices = QuestionSlices(record(rows.map { (tag: $0.0, document: $0.1, value: $0.2) }))
            #expect(slices.slices[0].means[0].low == nil)
            #expect(slices.slices[0].means[0].high == nil)
        }
    }

    /// Worked by hand: values 0.2, 0.4 (document x), 0.9 (y), mean 0.5; cluster sums −0.4 and 0.4;
    /// error √(0.32 · 2/1) / 3 = 0.26667; t with one degree of freedom 12.706204736.
    @Test func clustersByDocument() throws {
        var record = record([("a", "x", 0.2), ("a", "x", 0.4), ("a", "y", 0.9)])
        record.results.metrics[0].definition.range = -10...10
        let mean = QuestionSlices(record).slices[0].means[0]
        let half = 12.706_204_736 * 0.8 / 3
        #expect(abs(try #require(mean.low) - (0.5 - half)) < 1e-9)
        #expect(abs(try #require(mean.high) - (0.5 + half)) < 1e-9)
    }
}
