import AssayModel

// `hit` and `mrr` ask when the first evidence turns up. Both kinds of labels have an answer: with gold quotes it is the
// first rank at which a gold span is found, with document labels the rank of the first relevant document (then `mrr` is
// trec_eval's recip_rank and `hit@K` its success).

extension MetricEntry {
    static let hit = MetricEntry.pure(
        "hit",
        summary: "Whether the top passages find a gold span (without quotes: hold a relevant document)",
        formula: "1 if the union of the top passages covers at least half of a gold span, else 0; questions without "
            + "gold quotes: 1 if a relevant document is in the top K",
        needs: [.documents],
        cuts: [.rank, .tokens]
    ) { sample, cut in
        firstFound(sample, cut) { .scored($0 == nil ? 0 : 1) }
    }

    static let mrr = MetricEntry.pure(
        "mrr",
        summary:
            "Reciprocal rank at which the first gold span is found (without quotes: of the first relevant document)",
        formula: "1 / first rank at which the union of the passages so far covers at least half of a gold span, 0 if "
            + "none; questions without gold quotes: trec_eval recip_rank over documents",
        needs: [.documents],
        cuts: [.none, .rank]
    ) { sample, cut in
        firstFound(sample, cut) { .scored($0.map { 1 / Double($0) } ?? 0) }
    }

    private static func firstFound(_ sample: Sample, _ cut: MetricCut, score: (Int?) -> Score) -> MetricResult {
        let depth = cut.count(of: sample.retrieved)
        if sample.question.gold.isEmpty && sample.goldSpans.isEmpty {
            // A budget counts chunks, a rank counts documents: for the latter the list is collapsed first.
            let chunks = cut.form == .tokens ? Array(sample.retrieved.prefix(depth)) : sample.retrieved
            let documents = DocumentRanking(of: chunks).documents.prefix(cut.rank ?? .max)
            let first = documents.firstIndex { (sample.relevance[$0] ?? 0) >= 1 }
            return found(at: first.map { $0 + 1 }, score)
        }
        if let obstacle = sample.obstacleToSpans { return MetricResult(obstacle) }
        let ranks = SpanEvidence(sample.goldSpans).foundRanks(in: sample.retrieved.prefix(depth))
        return found(at: ranks.compactMap(\.self).min(), score)
    }

    private static func found(at rank: Int?, _ score: (Int?) -> Score) -> MetricResult {
        MetricResult(score(rank), details: rank.map { ["rank": .int($0)] })
    }
}
