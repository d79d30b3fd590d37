import AssayModel

// An answer against the reference by n-grams and edits.

extension MetricEntry {
    static let bleu = similarity(
        "bleu",
        summary: "Overlap of runs of one to four words with the reference",
        formula: "sentence BLEU / 100, tokenizer 13a, exponential smoothing, effective order; sacrebleu sentence_bleu",
        BleuText.score
    )

    static let chrf = similarity(
        "chrf",
        summary: "Overlap of runs of one to six characters with the reference",
        formula: "sentence chrF2 / 100, orders 1 to 6 without white space, no word order; sacrebleu sentence_chrf",
        ChrfText.score
    )

    static let levenshtein = similarity(
        "levenshtein",
        summary: "How few characters must be changed, put in or taken out to get the reference",
        formula: "1 - Levenshtein distance / longer length, Unicode scalars; rapidfuzz Levenshtein, Ragas "
            + "NonLLMStringSimilarity",
        EditDistance.levenshtein
    )

    static let jaro = similarity(
        "jaro",
        summary: "Characters that answer and reference share near the same place",
        formula: "Jaro similarity, Unicode scalars; rapidfuzz Jaro",
        EditDistance.jaro
    )

    static let jaroWinkler = similarity(
        "jaro_winkler",
        summary: "Jaro similarity with a bonus for the same beginning",
        formula: "Jaro-Winkler similarity, prefix weight 0.1 above 0.7, Unicode scalars; rapidfuzz JaroWinkler",
        EditDistance.jaroWinkler
    )

    static let hamming = similarity(
        "hamming",
        summary: "Places at which answer and reference have the same character",
        formula: "1 - places that differ / longer length, Unicode scalars; rapidfuzz Hamming with padding",
        EditDistance.hamming
    )

    private static func similarity(
        _ name: String,
        summary: String,
        formula: String,
        _ measure: @escaping @Sendable (String, String) -> Double
    ) -> MetricEntry {
        .pure(name, summary: summary, formula: formula, needs: [.answer, .reference]) { sample, _ in
            let (answer, reference) = (sample.answer?.text ?? "", sample.question.reference)
            // Work grows with the product of the lengths.
            guard answer.utf8.count <= maximumCompared, reference.utf8.count <= maximumCompared else {
                return MetricResult(.notScored(reason: "answer or reference is longer than \(maximumCompared) bytes"))
            }
            return MetricResult(.scored(measure(answer, reference)))
        }
    }
}

private let maximumCompared = 50_000
