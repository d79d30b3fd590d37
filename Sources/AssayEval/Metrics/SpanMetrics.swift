import AssayModel

// Span level: gold bytes against the bytes of the passages at the top of the list, so that chunkers of any kind can be
// compared on one evalset, and at a budget of tokens fairly across chunk sizes.

extension MetricEntry {
    static let spanRecall = span(
        "span_recall",
        summary: "Share of the gold bytes that the top passages cover",
        formula: "gold bytes covered by the union of the top passages / gold bytes"
    ) { evidence, passages in
        Double(evidence.overlap(passages).evidence) / Double(evidence.count)
    }

    static let spanPrecision = span(
        "span_precision",
        summary: "Share of the top passages' bytes that is gold",
        formula: "gold bytes covered by the union of the top passages / bytes of that union, 0 with no passage"
    ) { evidence, passages in
        let (covered, retrieved) = evidence.overlap(passages)
        return retrieved == 0 ? 0 : Double(covered) / Double(retrieved)
    }

    static let spanIoU = span(
        "span_iou",
        summary: "Gold bytes and the top passages' bytes, intersection over union",
        formula: "gold bytes covered by the union of the top passages / bytes of gold and passages together"
    ) { evidence, passages in
        let (covered, retrieved) = evidence.overlap(passages)
        return Double(covered) / Double(evidence.count + retrieved - covered)
    }

    static let spansFound = MetricEntry.pure(
        "spans_found",
        summary: "Share of the gold spans that the top passages find",
        formula: "gold spans of which the union of the top passages covers at least half / gold spans",
        needs: [.spans],
        cuts: [.rank, .tokens]
    ) { sample, cut in
        let evidence = SpanEvidence(sample.goldSpans)
        let ranks = evidence.foundRanks(in: sample.retrieved.prefix(cut.count(of: sample.retrieved)))
        let found = ranks.count { $0 != nil }
        return MetricResult(.scored(Double(found) / Double(ranks.count)), details: .array(ranks.map(rankJSON)))
    }

    private static func span(
        _ name: String,
        summary: String,
        formula: String,
        measure: @escaping @Sendable (SpanEvidence, PassageUnion) -> Double
    ) -> MetricEntry {
        .pure(name, summary: summary, formula: formula, needs: [.spans], cuts: [.rank, .tokens]) { sample, cut in
            let top = sample.retrieved.prefix(cut.count(of: sample.retrieved))
            return MetricResult(.scored(measure(SpanEvidence(sample.goldSpans), PassageUnion(top))))
        }
    }
}

private func rankJSON(_ rank: Int?) -> JSONValue { rank.map { .int($0) } ?? .null }
