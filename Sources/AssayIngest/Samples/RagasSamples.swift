import AssayModel

extension SampleReader {
    /// Ragas: user_input, response, retrieved_contexts, reference, reference_contexts, rubrics; the names before 0.2 too (question,
    /// answer, contexts, ground_truth, ground_truths); multi-turn samples; annotated runs with `metric_input`.
    package static let ragas = SampleReader(
        name: "ragas",
        summary: "Ragas data sets: user_input, response, retrieved_contexts, reference …, and the names before 0.2",
        recognises: { keys in
            keys.contains("user_input") || keys.contains("metric_input")
                || (keys.contains("question") && !keys.isDisjoint(with: ["ground_truth", "ground_truths"]))
        },
        read: { row in
            let fields = try row.mapping("metric_input") ?? row
            var sample = try fields.ragasQuestion()
            sample.id = try fields.id("id", "sample_id")
            sample.answer = try fields.text("response", "answer") ?? sample.answer
            sample.contexts = try fields.texts("retrieved_contexts", "contexts")?.map {
                ImportedSample.Context(text: $0)
            }
            if let ids = try fields.texts("retrieved_context_ids") {
                sample.retrieved = ids.map { ImportedSample.Retrieved(document: $0) }
                guard (sample.contexts?.count ?? 0) <= ids.count else {
                    throw fields.fault(
                        "samples.contexts",
                        "there are more retrieved_contexts than retrieved_context_ids"
                    )
                }
            }
            for id in try fields.texts("reference_context_ids") ?? [] { sample.qrels[id] = 1 }
            sample.reference =
                try fields.text("reference", "ground_truth") ?? fields.texts("ground_truths")?.first ?? ""
            sample.referenceContexts = try fields.texts("reference_contexts") ?? []
            if let rubrics = try fields.mapping("rubrics", "rubric") {
                sample.rubric = try rubrics.members.keys.sorted().reduce(into: [:]) { meanings, key in
                    // Ragas names the scores score1_description, score2_description …
                    let score = key.filter { $0.isNumber }
                    try meanings[score.isEmpty ? key : score] = rubrics.required(key)
                }
            }
            sample.referenceToolCalls = try fields.toolCalls("reference_tool_calls")
            sample.referenceTopics = try fields.texts("reference_topics")
            if let kind = try fields.text("synthesizer_name", "evolution_type") { sample.tags = [kind] }
            return sample
        }
    )
}

extension SampleFields {
    /// The question of a single-turn sample, or the first thing that the user says of a multi-turn one.
    fileprivate func ragasQuestion() throws -> ImportedSample {
        guard case .array(let messages)? = found(["user_input"])?.value else {
            return ImportedSample(question: try required("user_input", "question"))
        }
        guard messages.count <= limits.listed else { throw fault("samples.too-large", "the dialogue is too long") }
        let turns = try messages.map { value in
            let message = try element(value, of: "user_input")
            let kind = try message.text("type", "role") ?? "human"
            let role = ["human": "user", "user": "user", "ai": "assistant", "assistant": "assistant", "tool": "tool"][
                kind
            ]
            guard let role else { throw fault("samples.type", "a message is of type human, ai or tool") }
            return DialogueTurn(
                role: role,
                content: try message.text("content") ?? "",
                toolCalls: try message.toolCalls("tool_calls")
            )
        }
        guard let first = turns.first(where: { $0.role == "user" }) else {
            throw fault("samples.missing", "the dialogue has no message of the user")
        }
        var sample = ImportedSample(question: first.content)
        sample.dialogue = turns
        sample.answer = turns.last { $0.role == "assistant" && !$0.content.isEmpty }?.content
        return sample
    }
}
