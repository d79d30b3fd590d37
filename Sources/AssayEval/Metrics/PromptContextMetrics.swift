import AssayModel

// What the engine could have read: gold evidence among the passages of the prompt. `span_recall@5` looks at the ranked list, so it does
// not move when `answer.context` does; these do.

extension MetricEntry {
    static let contextSpanRecall = pure(
        "context_span_recall",
        summary: "Share of the gold bytes that the passages of the prompt cover",
        formula: "gold bytes covered by the union of the passages put into the prompt / gold bytes",
        needs: [.spans]
    ) { sample, _ in
        if let obstacle = sample.obstacleToContext { return MetricResult(obstacle) }
        let evidence = SpanEvidence(sample.goldSpans)
        let covered = evidence.overlap(PassageUnion(sample.context)).evidence
        return MetricResult(.scored(Double(covered) / Double(evidence.count)))
    }

    static let contextHit = pure(
        "context_hit",
        summary: "1 when the passages of the prompt find a gold span",
        formula: "1 if the union of the passages put into the prompt covers at least half of a gold span, else 0",
        needs: [.spans]
    ) { sample, _ in
        if let obstacle = sample.obstacleToContext { return MetricResult(obstacle) }
        let ranks = SpanEvidence(sample.goldSpans).foundRanks(in: sample.context)
        return MetricResult(.scored(ranks.contains { $0 != nil } ? 1 : 0))
    }
}

extension Sample {
    /// A run without an answer stage has passages and no prompt; where nothing was retrieved the prompt was empty, which counts.
    fileprivate var obstacleToContext: Score? {
        contextCount == 0 && !retrieved.isEmpty
            ? .notApplicable(reason: "this run puts no passages into a prompt") : nil
    }
}
