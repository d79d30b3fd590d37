import AssayModel
import Testing

@testable import AssayReport

struct VariantTableTests {
    private static let variants: [RunRecord] = {
        var first = SampleRecords.small
        first.results.pipeline = "tokens=96"
        var second = SampleRecords.small
        second.results.pipeline = "tokens=160 \u{1B}[31m|hostile"
        second.results.metrics[0].mean = 0.75
        second.results.metrics[4].mean = 20
        second.results.corpus.chunks = 1_402
        var third = SampleRecords.small
        third.results.pipeline = "tokens=224"
        third.status = .failed
        third.results.metrics.removeLast()
        third.results.metrics[1] = MetricSummary(
            definition: MetricDefinition(name: "mrr", version: 2, formula: "another", needs: []),
            mean: 0.99,
            low: nil,
            high: nil,
            scored: 4,
            notScored: 0,
            notApplicable: 0,
            clusters: 3
        )
        third.results.corpus.fingerprint = "other"
        return [first, second, third]
    }()

    @Test func writesATableForTerminals() {
        for width in [70, 160] {
            let text = compareTable(Self.variants, format: .terminal(ReportOptions(width: width)))
            assertSnapshot(text, named: "compare-\(width).txt")
            #expect(text.split(separator: "\n").allSatisfy { PrintableText.width(String($0)) <= width })
        }
    }

    @Test func writesATableInMarkdown() {
        assertSnapshot(compareTable(Self.variants, format: .markdown), named: "compare.md")
    }

    @Test func marksTheBestOnlyAmongWhatCanBeCompared() {
        let comparison = VariantTable(Self.variants)
        let best = comparison.values.map { row in row.map { $0?.isBest ?? false } }
        #expect(best[1][0] && !best[0][0])
        // The highest mrr stems from another definition, the two others are equal: nothing is best.
        #expect(best.allSatisfy { !$0[1] })
        // Less is better for the last metric.
        #expect(best[0][4] && !best[1][4])
    }

    @Test func saysNothingOfNoRuns() {
        #expect(compareTable([], format: .markdown).isEmpty)
    }
}
