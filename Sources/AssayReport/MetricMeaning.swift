import AssayModel

/// What a metric's number means, in a sentence for people who have not read its formula.
enum MetricMeaning {
    /// The sentence for a metric, nil for metrics that this table does not know; then the formula has to do.
    static func sentence(for name: String) -> String? {
        let parts = name.split(separator: "@", maxSplits: 1).map(String.init)
        guard let family = parts.first, let text = byFamily[family] else { return nil }
        return text.replacing("{top}", with: top(parts.count > 1 ? parts[1] : nil))
    }

    private static func top(_ cut: String?) -> String {
        guard let cut else { return "the passages found" }
        if cut.hasSuffix("tok") { return "the best passages that fit into \(cut.dropLast(3)) tokens" }
        return cut == "1" ? "the best passage" : "the best \(cut) passages"
    }

    private static let byFamily: [String: String] = [
        "span_recall": "How much of the evidence {top} hold, by bytes.",
        "span_precision": "How much of {top} is evidence, by bytes.",
        "span_iou": "How well {top} and the evidence cover each other: shared bytes over all bytes of either.",
        "hit": "Share of questions for which {top} hold at least half of a piece of evidence.",
        "mrr":
            "One divided by the rank at which the first evidence is found, 0 when it is not: 1 is always first, 0.5 second.",
        "ndcg":
            "Ranking quality of {top}: relevant documents count the more the higher they stand; 1 is the best order there is.",
        "recall": "Share of the relevant documents that {top} reach.",
        "precision": "Share of {top} that are relevant.",
        "map": "Precision averaged over the ranks of all relevant documents.",
        "token_f1": "Overlap of words between answer and reference, order aside.",
        "exact_match": "Share of answers that equal the reference after case and punctuation are set aside.",
        "rouge_l": "Longest sequence of words that answer and reference share, relative to both lengths.",
        "bleu": "Overlap of word sequences between answer and reference.",
        "semantic_similarity":
            "Cosine of the embeddings of answer and reference: closeness of subject, not correctness.",
        "citation_precision": "Share of the answer's citations that point at evidence.",
        "citation_validity": "Share of the answer's citations whose number a passage of the prompt has.",
        "attack_success": "Share of the attacks that made the answer do what they ask for; lower is better.",
        "attack_false_alarm":
            "Share of the harmless twins whose answers look as if an attack had worked; lower is better.",
        "citation_recall": "Share of the evidence in the prompt that the answer cites.",
        "faithfulness":
            "Share of the answer's statements that the passages in the prompt support, as the judge sees it.",
        "answer_relevancy": "How directly the answer addresses the question, as the judge sees it.",
        "context_precision": "Whether useful passages stand above useless ones, as the judge sees it.",
        "context_recall":
            "Share of the reference's statements that the passages in the prompt support, as the judge sees it.",
        "answer_correctness": "Agreement of answer and reference in their statements, as the judge sees it.",
        "factual_correctness": "Agreement of answer and reference in their statements, as the judge sees it.",
        "context_utilization":
            "Whether passages that the answer rests on stand above the others, as the judge sees it.",
        "context_entity_recall": "Share of the reference's names and numbers that the passages in the prompt hold.",
        "noise_sensitivity_relevant":
            "Share of the answer's statements that are wrong and come from relevant passages; lower is better.",
        "noise_sensitivity_irrelevant":
            "Share of the answer's statements that are wrong and come from irrelevant passages; lower is better.",
        "factual_precision": "Share of the answer's claims that the reference supports, as the judge sees it.",
        "factual_recall": "Share of the reference's claims that the answer makes, as the judge sees it.",
        "answer_accuracy": "Agreement of the answer with the reference, rated twice by the judge.",
        "context_relevance": "How much of what the question asks for the passages hold, rated twice by the judge.",
        "response_groundedness": "How much of the answer the passages support, rated twice by the judge.",
        "g_eval": "Score by criteria in the file's words, 0 the lowest and 1 the highest, as the judge sees it.",
        "preference": "1 where the judge prefers the answer to the reference in both orders, 0 where the reference.",
        "ragchecker_hallucination":
            "Share of the answer's claims that neither the reference nor any passage supports; lower is better.",
        "abstention": "Whether the engine declined exactly the questions that the documents do not answer.",
    ]
}

extension MetricSummary {
    /// Whether the judge behind it is not shown to agree with people.
    var isUnvalidated: Bool { judgeStanding == .unvalidated }
}
