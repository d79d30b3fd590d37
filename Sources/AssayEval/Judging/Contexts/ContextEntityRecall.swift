import AssayModel

extension MetricEntry {
    /// Share of the reference's entities that the prompt's passages name.
    static let contextEntityRecall = judged(
        "context_entity_recall",
        summary: "Share of the names and numbers of the reference that the passages of the prompt hold",
        formula:
            "different entities of the reference that the passages name / different entities of the reference, letter case and "
            + "spaces aside; none: not applicable; Ragas ContextEntityRecall, corrected; prompt list-entities/1",
        compat: [
            .legacy:
                "different entities in both / (entities of the reference as listed + 1e-8), 0 with none; Ragas 0.4.3 "
                + "ContextEntityRecall; prompt list-entities/1",
            .collections:
                "different entities in both / (different entities of the reference + 1e-8), 0 with none; Ragas 0.4.3 "
                + "collections ContextEntityRecall; prompt list-entities/1",
        ],
        needs: [.reference, .judge]
    ) { options, mode in
        let limit = try options.int("entities", default: 48, in: 2...100)
        return { sample, judge, _ in
            guard let passages = mode == .corrected ? sample.contextTexts : sample.recordedContextTexts else {
                return .contextMissing
            }
            func entities(_ text: String) async throws -> [String] {
                let listed = try await judge.ask(.listEntities(text, limit: limit)) { reply throws(StrictJSON.Fault) in
                    RagasReply.texts(reply, "entities")
                }
                guard mode == .corrected else { return listed }
                guard listed.count < limit else {
                    throw JudgeSession.Refusal(reason: "the list of entities is full (\(limit)), so it may be cut")
                }
                return listed.map { $0.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ") }
            }
            let wanted = try await entities(sample.question.reference)
            if mode == .corrected, wanted.isEmpty {
                return MetricResult(.notApplicable(reason: "the reference names no entity"))
            }
            // Without passages nothing is named: no need to ask.
            let named =
                mode == .corrected && passages.isEmpty ? [] : try await entities(passages.joined(separator: "\n"))
            let both = Set(wanted).intersection(named)
            let denominator =
                switch mode {
                case .corrected: Double(Set(wanted).count)
                case .legacy: Double(wanted.count) + 1e-8
                case .collections: Double(Set(wanted).count) + 1e-8
                }
            return MetricResult(
                .scored(Double(both.count) / denominator),
                details: [
                    "reference": .array(wanted.map { .string($0) }), "found": .array(both.sorted().map { .string($0) }),
                ]
            )
        }
    }
}

extension JudgePrompt {
    /// Lists the entities of a text; the same call whatever the text is compared with.
    static func listEntities(_ text: String, limit: Int) -> JudgePrompt {
        JudgePrompt(
            id: "list-entities/1",
            task: """
                Task: list the entities that the text names: persons, places, organisations, products, dates, numbers with their units. \
                Write each as it stands in the text, once. Reply {"entities": [...]}, an empty list when the text names none.
                """,
            fields: fenced("text", text),
            schema: .mapping(["entities": .list(of: .text(maxLength: 100), count: 0...limit)]),
            maxTokens: 64 + 24 * limit
        )
    }
}
