import AssayModel

extension MetricEntry {
    /// Closeness of answer and reference in the embedder's space.
    static let semanticSimilarity = MetricEntry(
        name: "semantic_similarity",
        summary: "Closeness of answer and reference in the embedder's space",
        formula:
            "cosine of the vectors of answer and reference, neither clipped nor scaled; with a threshold 1 if it is reached, else "
            + "0; Ragas SemanticSimilarity",
        range: -1...1,
        needs: [.answer, .reference, .similarity],
        compat: .both(
            "cosine of the vectors of answer and reference, a space for an empty one; with a threshold other than 0 1 if it is reached, "
                + "else 0; Ragas 0.4.3 SemanticSimilarity"
        )
    ) { _, options in
        let mode = try MetricMode.read(&options, among: .both(""))
        var threshold: Double?
        if options.node("threshold") != nil { threshold = try options.double("threshold", in: -1...1) }
        // Python takes a threshold of 0 for none.
        if mode != .corrected, threshold == 0 { threshold = nil }
        let limit = threshold
        return { sample, tools in
            let texts = [sample.question.reference, sample.answer?.text ?? ""].map { text in
                text.isEmpty && mode != .corrected ? " " : text
            }
            guard let cosine = try await tools.cosines(of: texts)?[0] else {
                return MetricResult(.notScored(reason: "the embedder gave no usable vectors"))
            }
            return MetricResult(.scored(limit.map { cosine >= $0 ? 1 : 0 } ?? cosine))
        }
    }
}
