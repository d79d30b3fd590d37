import AssayModel

// The prompt's passages against the question's own reference contexts or labelled documents, without a judge.

extension MetricEntry {
    static let textContextPrecision = MetricEntry(
        name: "nonllm_context_precision",
        summary: "Whether passages that resemble a reference context stand before the others",
        formula:
            "average precision of the prompt's passages, useful = Levenshtein similarity with some reference context >= threshold; "
            + "0 with none; Ragas NonLLMContextPrecisionWithReference, corrected",
        needs: [.referenceContexts],
        compat: [
            .legacy:
                "average precision of the prompt's passages with 1e-10 in the denominator, useful = Levenshtein similarity with "
                + "some reference context >= threshold; Ragas 0.4.3 NonLLMContextPrecisionWithReference"
        ]
    ) { _, options in
        let mode = try MetricMode.read(&options, among: [.legacy: ""])
        let threshold = try options.double("threshold", default: 0.5, in: 0...1)
        return { sample, _ in
            guard let passages = sample.recordedContextTexts else { return .contextMissing }
            let references = sample.question.referenceContexts ?? []
            let useful = passages.map { passage in
                references.contains { EditDistance.levenshtein(passage, $0) >= threshold } ? 1.0 : 0
            }
            let epsilon = mode == .corrected ? 0 : 1e-10
            return MetricResult(.scored(PassageRatings.averagePrecision(useful, epsilon: epsilon)))
        }
    }

    static let textContextRecall = MetricEntry(
        name: "nonllm_context_recall",
        summary: "Share of the reference contexts that some passage of the prompt resembles",
        formula: "reference contexts with a passage of Levenshtein similarity >= threshold / reference contexts; Ragas "
            + "NonLLMContextRecall, corrected (the threshold counts as reached, as in nonllm_context_precision)",
        needs: [.referenceContexts],
        compat: [
            .legacy:
                "reference contexts with a passage of Levenshtein similarity > threshold / reference contexts; Ragas 0.4.3 "
                + "NonLLMContextRecall"
        ]
    ) { _, options in
        let mode = try MetricMode.read(&options, among: [.legacy: ""])
        let threshold = try options.double("threshold", default: 0.5, in: 0...1)
        return { sample, _ in
            guard let passages = sample.recordedContextTexts else { return .contextMissing }
            let found = (sample.question.referenceContexts ?? []).map { reference in
                passages.contains { passage in
                    let similarity = EditDistance.levenshtein(passage, reference)
                    return mode == .corrected ? similarity >= threshold : similarity > threshold
                }
            }
            return MetricResult(found.share.map { .scored($0) } ?? .notScored(reason: "there is no reference context"))
        }
    }

    static let idContextPrecision = ids(
        "id_context_precision",
        summary: "Share of the documents in the prompt that are labelled relevant",
        formula: "different relevant documents of the prompt's passages / different documents of these",
        ragas: "IDBasedContextPrecision"
    ) { inPrompt, relevant in
        inPrompt.isEmpty ? nil : Double(inPrompt.intersection(relevant).count) / Double(inPrompt.count)
    }

    static let idContextRecall = ids(
        "id_context_recall",
        summary: "Share of the documents labelled relevant that are in the prompt",
        formula: "different relevant documents of the prompt's passages / relevant documents",
        ragas: "IDBasedContextRecall"
    ) { inPrompt, relevant in
        relevant.isEmpty ? nil : Double(inPrompt.intersection(relevant).count) / Double(relevant.count)
    }

    /// Both modes count alike; they differ in what a prompt without passages is.
    private static func ids(
        _ name: String,
        summary: String,
        formula: String,
        ragas: String,
        share: @escaping @Sendable (_ inPrompt: Set<String>, _ relevant: Set<String>) -> Double?
    ) -> MetricEntry {
        MetricEntry(
            name: name,
            summary: summary,
            formula: "\(formula); a prompt without passages: not applicable for precision; Ragas \(ragas)",
            needs: [.documents],
            compat: [.legacy: "\(formula); nothing to count: not scored (NaN); Ragas 0.4.3 \(ragas)"]
        ) { _, options in
            let mode = try MetricMode.read(&options, among: [.legacy: ""])
            return { sample, _ in
                let inPrompt = Set(sample.context.map(\.document))
                let relevant = Set(sample.relevance.filter { $0.value >= 1 }.keys)
                if let share = share(inPrompt, relevant) { return MetricResult(.scored(share)) }
                return mode == .corrected
                    ? MetricResult(.notApplicable(reason: "the prompt has no passage"))
                    : .ragasNaN("there is nothing to count")
            }
        }
    }
}
