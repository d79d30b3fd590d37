import AssayModel

// Document level: exactly trec_eval's measures over the documents of the ranked list (`DocumentRanking`), graded by the
// qrels or, without them, by 1 for each document of a gold quote.

extension MetricEntry {
    static let ndcg = document(
        "ndcg",
        summary: "Graded relevance of documents, discounted by rank",
        formula: "sum of grade/log2(rank+1) over documents / the same of the ideal order; trec_eval ndcg, ndcg_cut",
        cuts: [.rank, .none]
    ) { trecNDCG(ranked: $0, qrels: $1, cut: $2.rank) }

    static let map = document(
        "map",
        summary: "Average precision over documents",
        formula: "sum of P@rank over relevant documents found / relevant documents; trec_eval map, map_cut",
        cuts: [.none, .rank]
    ) { trecAveragePrecision(ranked: $0, qrels: $1, cut: $2.rank) }

    static let recall = document(
        "recall",
        summary: "Share of the relevant documents in the top K",
        formula: "relevant documents in the top K / relevant documents; trec_eval recall",
        cuts: [.rank]
    ) { trecRecall(ranked: $0, qrels: $1, cut: $2.rank ?? $0.count) }

    static let precision = document(
        "precision",
        summary: "Share of the top K documents that is relevant",
        formula: "relevant documents in the top K / K, also when fewer are retrieved; trec_eval P",
        cuts: [.rank]
    ) { trecPrecision(ranked: $0, qrels: $1, cut: $2.rank ?? max(1, $0.count)) }

    static let success = document(
        "success",
        summary: "Whether a relevant document is in the top K",
        formula: "1 if a relevant document is in the top K, else 0; trec_eval success",
        cuts: [.rank]
    ) { trecSuccess(ranked: $0, qrels: $1, cut: $2.rank ?? $0.count) }

    static let reciprocalRank = document(
        "recip_rank",
        summary: "Reciprocal rank of the first relevant document",
        formula: "1 / rank of the first relevant document, 0 without one; trec_eval recip_rank",
        cuts: [.none, .rank]
    ) { trecReciprocalRank(ranked: $0, qrels: $1, cut: $2.rank) }

    static let judged = MetricEntry.pure(
        "judged",
        summary: "Share of the top K documents that has a label at all",
        formula: "documents of the top K with a label of any grade / documents in the top K; ir-measures Judged",
        needs: [.documents],
        cuts: [.rank]
    ) { sample, cut in
        let ranked = DocumentRanking(of: sample.retrieved).documents
        let share = judgedShare(ranked: ranked, qrels: sample.relevance, cut: cut.rank ?? ranked.count)
        return MetricResult(share.map { .scored($0) } ?? .notApplicable(reason: "nothing was retrieved"))
    }

    private static func document(
        _ name: String,
        summary: String,
        formula: String,
        cuts: [MetricCut.Form],
        measure: @escaping @Sendable ([String], [String: Int], MetricCut) -> Double
    ) -> MetricEntry {
        .pure(name, summary: summary, formula: formula, needs: [.documents], cuts: cuts) { sample, cut in
            let ranked = DocumentRanking(of: sample.retrieved).documents
            return MetricResult(.scored(measure(ranked, sample.relevance, cut)))
        }
    }
}
