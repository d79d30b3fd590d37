import AssayModel

// An answer against the reference, without a judge.

extension MetricEntry {
    static let exactMatch = answerText(
        "exact_match",
        summary: "Whether answer and reference are the same words",
        formula: "1 if answer and reference are equal after SQuAD's normalisation, else 0; SQuAD 1.1 script"
    ) { answer, reference in .scored(SquadText.exactMatch(answer, reference) ? 1 : 0) }

    static let tokenF1 = answerText(
        "token_f1",
        summary: "Overlap of the answer's and the reference's words",
        formula: "F1 of the bags of tokens after SQuAD's normalisation; both empty 1, one empty 0; SQuAD 2.0 script"
    ) { answer, reference in .scored(SquadText.f1(answer, reference)) }

    static let rouge1 = rouge(
        "rouge_1",
        summary: "Overlap of single words with the reference",
        formula: "F1 of unigrams, lower-cased runs of a-z and 0-9, no stemmer; rouge-score rouge1 fmeasure"
    ) { RougeText.ngramF1($0, $1, n: 1) }

    static let rouge2 = rouge(
        "rouge_2",
        summary: "Overlap of pairs of words with the reference",
        formula: "F1 of bigrams, lower-cased runs of a-z and 0-9, no stemmer; rouge-score rouge2 fmeasure"
    ) { RougeText.ngramF1($0, $1, n: 2) }

    static let rougeL = rouge(
        "rouge_l",
        summary: "Longest common subsequence of words with the reference",
        formula:
            "F1 of the longest common subsequence, lower-cased runs of a-z and 0-9, no stemmer; rouge-score rougeL "
            + "fmeasure"
    ) { RougeText.longestCommonF1($0, $1) }

    private static func answerText(
        _ name: String,
        summary: String,
        formula: String,
        score: @escaping @Sendable (String, String) -> Score
    ) -> MetricEntry {
        .pure(name, summary: summary, formula: formula, needs: [.answer, .reference]) { sample, _ in
            MetricResult(score(sample.answer?.text ?? "", sample.question.reference))
        }
    }

    /// ROUGE sees only a–z and 0–9: a reference without them cannot be compared with, which is not the same as 0.
    private static func rouge(
        _ name: String,
        summary: String,
        formula: String,
        measure: @escaping @Sendable ([Substring], [Substring]) -> Double
    ) -> MetricEntry {
        answerText(name, summary: summary, formula: formula) { answer, reference in
            let reference = RougeText.tokens(reference)
            if reference.isEmpty { return .notScored(reason: "the reference has no token of a-z or 0-9") }
            return .scored(measure(RougeText.tokens(answer), reference))
        }
    }
}

extension MetricTools {
    /// Cosine of the first text with each of the others, in −1…1; nil when the vectors are not what was asked for.
    func cosines(of texts: [String]) async throws -> [Double]? {
        guard let batch = try await embed?(texts), batch.count == texts.count, texts.count > 1 else { return nil }
        let first = batch.row(0).map(Double.init)
        var cosines: [Double] = []
        for index in 1..<texts.count {
            let other = batch.row(index).map(Double.init)
            var dot = 0.0
            var squares = (0.0, 0.0)
            for (a, b) in zip(first, other) {
                dot += a * b
                squares.0 += a * a
                squares.1 += b * b
            }
            let norm = (squares.0 * squares.1).squareRoot()
            guard norm > 0, dot.isFinite, norm.isFinite else { return nil }
            cosines.append(max(-1, min(1, dot / norm)))
        }
        return cosines
    }
}
