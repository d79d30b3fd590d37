import AssayModel

// Document level: exactly trec_eval's measures over the documents of the ranked list (`DocumentRanking`), graded by the
// qrels or, without them, by 1 for each document of a gold quote.

extension MetricEntry {
    static let ndcg = document(
        "ndcg",
        summary: "Graded relevance of documents, discounted by rank",
        formula: "sum of grade/log2(rank+1) over documents / the same of the ideal order; trec_eval ndcg, ndcg_cut",
        cuts: [.rank, .none]
    ) { $0.ndcg($1.rank) }

    static let map = document(
        "map",
        summary: "Average precision over documents",
        formula: "sum of P@rank over relevant documents found / relevant documents; trec_eval map, map_cut",
        cuts: [.none, .rank]
    ) { $0.averagePrecision($1.rank) }

    static let recall = document(
        "recall",
        summary: "Share of the relevant documents in the top K",
        formula: "relevant documents in the top K / relevant documents; trec_eval recall",
        cuts: [.rank]
    ) { $0.recall($1.rank ?? $0.retrieved) }

    static let precision = document(
        "precision",
        summary: "Share of the top K documents that is relevant",
        formula: "relevant documents in the top K / K, also when fewer are retrieved; trec_eval P",
        cuts: [.rank]
    ) { $0.precision($1.rank ?? max(1, $0.retrieved)) }

    static let success = document(
        "success",
        summary: "Whether a relevant document is in the top K",
        formula: "1 if a relevant document is in the top K, else 0; trec_eval success",
        cuts: [.rank]
    ) { $0.success($1.rank ?? $0.retrieved) }

    static let reciprocalRank = document(
        "recip_rank",
        summary: "Reciprocal rank of the first relevant document",
        formula: "1 / rank of the first relevant document, 0 without one; trec_eval recip_rank",
        cuts: [.none, .rank]
    ) { $0.reciprocalRank($1.rank) }

    static let rPrecision = document(
        "rprec",
        summary: "Precision at the rank that is the number of relevant documents",
        formula: "relevant documents in the top R / R, R = relevant documents; trec_eval Rprec",
        cuts: [.none]
    ) { topic, _ in topic.rPrecision }

    static let bpref = document(
        "bpref",
        summary: "How seldom a judged non-relevant document stands above a relevant one; unjudged ones do not count",
        formula:
            "sum of 1 - min(n, R)/min(N, R) over relevant documents found / R, n of the N judged non-relevant ones above; "
            + "trec_eval bpref",
        cuts: [.none]
    ) { topic, _ in topic.bpref }

    static let relativePrecision = document(
        "relative_precision",
        summary: "Relevant documents in the top K against the most that there could be",
        formula: "relevant documents in the top K / min(K, relevant documents); trec_eval relative_P",
        cuts: [.rank]
    ) { $0.relativePrecision($1.rank ?? max(1, $0.retrieved)) }

    static let rankBiasedPrecision = document(
        "rbp",
        summary: "Gain of a reader who goes on to the next document with probability 0.9",
        formula: "0.1 * sum of 0.9^(rank-1) * grade / highest grade (or 1); Moffat and Zobel 2008, trec_eval rbp",
        cuts: [.none]
    ) { topic, _ in topic.rankBiasedPrecision }

    static let judged = MetricEntry.pure(
        "judged",
        summary: "Share of the top K documents that has a label at all",
        formula: "documents of the top K with a label of any grade / documents in the top K; ir-measures Judged",
        needs: [.documents],
        cuts: [.rank]
    ) { sample, cut in
        let topic = sample.documentTopic
        let share = topic.judgedShare(cut.rank ?? topic.retrieved)
        return MetricResult(share.map { .scored($0) } ?? .notApplicable(reason: "nothing was retrieved"))
    }

    private static func document(
        _ name: String,
        summary: String,
        formula: String,
        cuts: [MetricCut.Form],
        measure: @escaping @Sendable (TrecTopic, MetricCut) -> Double
    ) -> MetricEntry {
        .pure(name, summary: summary, formula: formula, needs: [.documents], cuts: cuts) { sample, cut in
            MetricResult(.scored(measure(sample.documentTopic, cut)))
        }
    }
}

extension Sample {
    /// The documents of the ranked list with their labels.
    fileprivate var documentTopic: TrecTopic {
        TrecTopic(ranked: DocumentRanking(of: retrieved).documents, qrels: relevance)
    }
}
