import AssayModel

// Citations against gold labels: gold spans where the question has quotes, else documents labelled relevant.

extension MetricEntry {
    static let citationPrecision = citation(
        "citation_precision",
        summary: "Share of the answer's citations that lead to evidence",
        formula:
            "right citation marks / citation marks; right = the cited passage covers at least half of a gold span, or at "
            + "least half of it is gold (without gold quotes: its document is relevant); a number without passage is wrong"
    ) { citations, sample in
        guard !citations.isEmpty else { return MetricResult(.notApplicable(reason: "the answer cites nothing")) }
        let evidence = sample.citationEvidence
        let verdicts = citations.map { $0.map(evidence.supports) ?? false }
        let right = verdicts.count { $0 }
        return MetricResult(
            .scored(Double(right) / Double(verdicts.count)),
            details: .array(verdicts.map { .bool($0) })
        )
    }

    static let citationRecall = citation(
        "citation_recall",
        summary: "Share of the evidence that the answer's citations lead to",
        formula:
            "gold spans of which the union of the cited passages covers at least half / gold spans (without gold quotes: "
            + "relevant documents cited / relevant documents)"
    ) { citations, sample in
        MetricResult(.scored(sample.citationEvidence.share(foundBy: citations.compactMap(\.self))))
    }

    static let citationValidity = MetricEntry.pure(
        "citation_validity",
        summary: "Share of the answer's citations that name a passage of the prompt",
        formula: "citation marks with the number of a passage that was given / citation marks; the rest is forged",
        needs: [.answer]
    ) { sample, _ in
        let citations = sample.answer?.citations ?? []
        guard !citations.isEmpty else { return MetricResult(.notApplicable(reason: "the answer cites nothing")) }
        let forged = citations.filter { $0.chunk == nil }
        return MetricResult(
            .scored(Double(citations.count - forged.count) / Double(citations.count)),
            details: forged.isEmpty ? nil : ["forged": .array(forged.map { .int($0.number) })]
        )
    }

    private static func citation(
        _ name: String,
        summary: String,
        formula: String,
        score: @escaping @Sendable ([RetrievedChunk?], Sample) -> MetricResult
    ) -> MetricEntry {
        .pure(name, summary: summary, formula: formula, needs: [.answer, .documents]) { sample, _ in
            if !sample.citesDocuments, let obstacle = sample.obstacleToSpans { return MetricResult(obstacle) }
            let passages = Dictionary(sample.retrieved.map { ($0.id, $0) }) { first, _ in first }
            var cited: [RetrievedChunk?] = []
            for citation in sample.answer?.citations ?? [] {
                guard let id = citation.chunk else {
                    cited.append(nil)
                    continue
                }
                guard let passage = passages[id] else {
                    return MetricResult(
                        .notScored(reason: "the record lacks the passage that [\(citation.number)] cites")
                    )
                }
                cited.append(passage)
            }
            return score(cited, sample)
        }
    }
}

/// What a citation must lead to.
private enum CitationEvidence {
    case spans(SpanEvidence)
    case documents(Set<String>)

    func supports(_ passage: RetrievedChunk) -> Bool {
        switch self {
        case .documents(let relevant): return relevant.contains(passage.document)
        case .spans(let evidence):
            let alone = PassageUnion(CollectionOfOne(passage))
            if !passage.bytes.isEmpty, 2 * evidence.overlap(passage) >= passage.bytes.count { return true }
            return evidence.spans.contains { $0.document == passage.document && alone.covers($0) }
        }
    }

    func share(foundBy passages: [RetrievedChunk]) -> Double {
        switch self {
        case .documents(let relevant):
            return Double(relevant.intersection(passages.map(\.document)).count) / Double(relevant.count)
        case .spans(let evidence):
            let union = PassageUnion(passages)
            return Double(evidence.spans.count { union.covers($0) }) / Double(evidence.spans.count)
        }
    }
}

extension Sample {
    fileprivate var citesDocuments: Bool { question.gold.isEmpty && goldSpans.isEmpty }

    fileprivate var citationEvidence: CitationEvidence {
        citesDocuments
            ? .documents(Set(relevance.filter { $0.value >= 1 }.keys)) : .spans(SpanEvidence(goldSpans))
    }
}
