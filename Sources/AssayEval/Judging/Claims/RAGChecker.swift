import AssayModel

// RAGChecker's claim metrics (arXiv 2408.08067, sections 3.2 and 3.3). All are counts over one table of claims; each asks only for
// the parts that it counts, and equal calls of several metrics are made once.

extension MetricEntry {
    static let ragcheckerPrecision = ragchecker(
        "ragchecker_precision",
        summary: "Share of the answer's claims that the reference supports",
        formula: "claims of the answer that the reference supports / claims of the answer; none: not applicable",
        .answerAgainstReference
    ) { $0.answerInReference.share.orNoClaims(of: "answer") }

    static let ragcheckerRecall = ragchecker(
        "ragchecker_recall",
        summary: "Share of the reference's claims that the answer supports",
        formula: "claims of the reference that the answer supports / claims of the reference; 0 for an abstention",
        .referenceAgainstAnswer
    ) { $0.referenceInAnswer.share.orNoClaims(of: "reference") }

    static let ragcheckerF1 = ragchecker(
        "ragchecker_f1",
        summary: "Agreement of answer and reference in their claims",
        formula: "harmonic mean of ragchecker_precision and ragchecker_recall, 0 when the answer has no claim",
        [.answerAgainstReference, .referenceAgainstAnswer]
    ) { table in
        table.referenceInAnswer.share.map { fScore(table.answerInReference.share ?? 0, $0) }
            .orNoClaims(of: "reference")
    }

    static let ragcheckerClaimRecall = ragchecker(
        "ragchecker_claim_recall",
        summary: "Share of the reference's claims that some passage of the prompt supports",
        formula: "claims of the reference that at least one passage supports / claims of the reference",
        .referenceAgainstPassages
    ) { $0.referenceIsFound.share.orNoClaims(of: "reference") }

    static let ragcheckerContextPrecision = ragchecker(
        "ragchecker_context_precision",
        summary: "Share of the prompt's passages that support some claim of the reference",
        formula: "passages that support at least one claim of the reference / passages",
        .referenceAgainstPassages
    ) { table in
        guard !table.reference.isEmpty else { return Double?.none.orNoClaims(of: "reference") }
        return table.isRelevant.share.map { .scored($0) } ?? .notApplicable(reason: "the prompt has no passage")
    }

    static let ragcheckerContextUtilization = ragchecker(
        "ragchecker_context_utilization",
        summary: "Share of the reference's claims in the prompt's passages that the answer makes use of",
        formula:
            "claims of the reference that a passage and the answer support / those that a passage supports; none: not applicable",
        [.referenceAgainstPassages, .referenceAgainstAnswer]
    ) { table in
        let used = zip(table.referenceIsFound, table.referenceInAnswer).filter(\.0).map(\.1)
        return used.share.map { .scored($0) }
            ?? .notApplicable(reason: "no passage of the prompt supports a claim of the reference")
    }

    static let ragcheckerNoiseRelevant = ragchecker(
        "ragchecker_noise_relevant",
        summary: "Share of the answer's claims that are wrong and come from relevant passages",
        formula:
            "claims of the answer that the reference does not support and a relevant passage does / claims of the answer; "
            + "relevant = supports a claim of the reference",
        higherIsBetter: false,
        .noise
    ) { $0.noiseOfRelevant.share.orNoClaims(of: "answer") }

    static let ragcheckerNoiseIrrelevant = ragchecker(
        "ragchecker_noise_irrelevant",
        summary: "Share of the answer's claims that are wrong and come from irrelevant passages",
        formula:
            "claims of the answer that neither the reference nor a relevant passage supports and an irrelevant passage does / "
            + "claims of the answer",
        higherIsBetter: false,
        .noise
    ) { $0.noiseOfIrrelevant.share.orNoClaims(of: "answer") }

    static let ragcheckerHallucination = ragchecker(
        "ragchecker_hallucination",
        summary: "Share of the answer's claims that are wrong and in no passage",
        formula: "claims of the answer that neither the reference nor any passage supports / claims of the answer",
        higherIsBetter: false,
        [.answerAgainstReference, .answerAgainstPassages]
    ) { table in
        zip(table.answerInReference, table.answerIsFound).map { !$0 && !$1 }.share.orNoClaims(of: "answer")
    }

    static let ragcheckerSelfKnowledge = ragchecker(
        "ragchecker_self_knowledge",
        summary: "Share of the answer's claims that are right but in no passage",
        formula: "claims of the answer that the reference supports and no passage does / claims of the answer",
        higherIsBetter: false,
        [.answerAgainstReference, .answerAgainstPassages]
    ) { table in
        zip(table.answerInReference, table.answerIsFound).map { $0 && !$1 }.share.orNoClaims(of: "answer")
    }

    static let ragcheckerFaithfulness = ragchecker(
        "ragchecker_faithfulness",
        summary: "Share of the answer's claims that some single passage supports",
        formula: "claims of the answer that at least one passage supports / claims of the answer",
        .answerAgainstPassages
    ) { $0.answerIsFound.share.orNoClaims(of: "answer") }

    private static func ragchecker(
        _ name: String,
        summary: String,
        formula: String,
        higherIsBetter: Bool = true,
        _ parts: ClaimTable.Parts,
        score: @escaping @Sendable (ClaimTable) -> Score
    ) -> MetricEntry {
        let needsReference = parts != .answerAgainstPassages
        // What a passage says of the reference alone has nothing to do with an answer.
        let needsAnswer = parts != .referenceAgainstPassages
        let source = "; RAGChecker, arXiv 2408.08067; prompts split-statements/1, verify-statements/2"
        return judged(
            name,
            summary: summary,
            formula: formula + source,
            higherIsBetter: higherIsBetter,
            needs: Set([.judge] + (needsReference ? [.reference] : []) + (needsAnswer ? [.answer] : []))
        ) { options, mode in
            let checker = try StatementChecker(&options, mode)
            return { sample, judge, _ in
                if needsAnswer, sample.answer?.text.isBlank == true { return .blankAnswer }
                let asksPassages = !parts.isDisjoint(with: [.answerAgainstPassages, .referenceAgainstPassages])
                guard let passages = asksPassages ? sample.contextTexts : [] else { return .contextMissing }
                let table = try await ClaimTable(parts, of: sample, passages: passages, checker, judge)
                return MetricResult(score(table), details: table.details)
            }
        }
    }
}

extension Double? {
    /// The share, or that a text has no claims to count.
    func orNoClaims(of text: String) -> Score {
        map { .scored($0) } ?? .notApplicable(reason: "the \(text) makes no claim")
    }
}
