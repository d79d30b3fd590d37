import AssayModel

/// Turns a span of Assay into one that leaves the program: names by the profile, content only where it is wanted, redacted.
package struct SpanShaping: Sendable {
    package let profile: AttributeProfile
    /// Whether texts of users, documents and models are exported.
    package let capturesContent: Bool
    private let redaction: Redaction
    private let names: [String: ProfileTable.Name]

    package init(_ profile: AttributeProfile, capturesContent: Bool, redaction: Redaction = Redaction()) {
        self.profile = profile
        self.capturesContent = capturesContent
        self.redaction = redaction
        names = profile.names
    }

    /// A text without what must not leave the program.
    func redacted(_ text: String) -> String { redaction.redact(text) }

    /// The span as it is exported.
    package func shape(_ span: SpanRecord) -> SpanRecord {
        guard let operation = ProfileTable.operations[span.name] else { return other(span) }
        var shaped = span
        var attributes: [Attribute] = []
        attributes.reserveCapacity(span.attributes.count + 4)
        for attribute in span.attributes {
            let isContent = ProfileTable.content.contains(attribute.key)
            if isContent && !capturesContent { continue }
            switch names[attribute.key] {
            case .composed: continue
            case .renamed(let name):
                attributes.append(Attribute(name, isContent ? clean(attribute.value) : attribute.value))
            case .list(let name): attributes.append(Attribute(name, .array([attribute.value])))
            case .byOperation(let byOperation):
                attributes.append(Attribute(byOperation[span.name] ?? attribute.key, attribute.value))
            case nil: attributes.append(Attribute(attribute.key, isContent ? clean(attribute.value) : attribute.value))
            }
        }
        if let kind = operation.kind { shaped.kind = kind }
        switch profile {
        case .genai:
            if let name = operation.genai {
                attributes.append(Attribute("gen_ai.operation.name", name))
                let subject = operation.subject.flatMap { span[$0]?.text }
                shaped.name = subject.map { "\(name) \($0)" } ?? name
            }
            composeGenAI(span, &attributes)
        case .openinference:
            attributes.append(Attribute("openinference.span.kind", operation.openInference))
            composeOpenInference(span, &attributes)
        }
        // The order is fixed, though not by key: sorting a hundred names would cost more than writing them.
        shaped.attributes = attributes
        return shaped
    }

    /// A span that is no operation of Assay, such as a served request: OpenInference wants a kind of it all the same.
    private func other(_ span: SpanRecord) -> SpanRecord {
        guard profile == .openinference, span.kind == .server else { return span }
        var shaped = span
        shaped.attributes.append(Attribute("openinference.span.kind", "CHAIN"))
        return shaped
    }

    // MARK: genai

    private func composeGenAI(_ span: SpanRecord, _ attributes: inout [Attribute]) {
        if let ids = span[TraceKey.documentIDs]?.strings {
            let scores = span[TraceKey.documentScores]?.numbers ?? []
            let texts = capturesContent ? span[TraceKey.documentTexts]?.strings ?? [] : []
            var json = JSONBytes()
            json.list("", Array(ids.indices)) { number, json in
                json.raw("{\"id\":")
                json.string(ids[number])
                if number < scores.count, scores[number].isFinite { json.raw(",\"score\":\(scores[number])") }
                if number < texts.count {
                    json.raw(",\"content\":")
                    json.string(redacted(texts[number]))
                }
                json.raw("}")
            }
            attributes.append(Attribute("gen_ai.retrieval.documents", json.text))
        }
        guard capturesContent else { return }
        if let input = span[TraceKey.input]?.text {
            if span.name == "assay.question" {
                attributes.append(Attribute("gen_ai.input.messages", messages(["user"], [input])))
            } else {
                attributes.append(Attribute("gen_ai.retrieval.query.text", redacted(input)))
            }
        }
        if let output = span[TraceKey.output]?.text {
            let finish = span[TraceKey.finish]?.text
            attributes.append(Attribute("gen_ai.output.messages", messages(["assistant"], [output], finish: finish)))
        }
        if let roles = span[TraceKey.roles]?.strings, let texts = span[TraceKey.messages]?.strings {
            attributes.append(Attribute("gen_ai.input.messages", messages(roles, texts)))
        }
    }

    /// `[{"role":…,"parts":[{"type":"text","content":…}]}]`.
    private func messages(_ roles: [String], _ texts: [String], finish: String? = nil) -> String {
        var json = JSONBytes()
        json.list("", Array(zip(roles, texts))) { message, json in
            json.raw("{\"role\":")
            json.string(message.0)
            json.raw(",\"parts\":[{\"type\":\"text\",\"content\":")
            json.string(redacted(message.1))
            json.raw("}]")
            if let finish {
                json.raw(",\"finish_reason\":")
                json.string(finish)
            }
            json.raw("}")
        }
        return json.text
    }

    // MARK: openinference

    private func composeOpenInference(_ span: SpanRecord, _ attributes: inout [Attribute]) {
        composeDocuments(span, &attributes)
        composeEvaluations(span, &attributes)
        if capturesContent {
            for key in ["input", "output"] where span["assay." + key] != nil {
                attributes.append(Attribute(key + ".mime_type", "text/plain"))
            }
            if let roles = span[TraceKey.roles]?.strings, let texts = span[TraceKey.messages]?.strings {
                for (number, (role, text)) in zip(roles, texts).enumerated() {
                    let prefix = "llm.input_messages.\(number).message."
                    attributes.append(Attribute(prefix + "role", role))
                    attributes.append(Attribute(prefix + "content", redacted(text)))
                }
            }
            if span.name == "assay.generate", let output = span[TraceKey.output]?.text {
                attributes.append(Attribute("llm.output_messages.0.message.role", "assistant"))
                attributes.append(Attribute("llm.output_messages.0.message.content", redacted(output)))
            }
        }
        if let input = span[TraceKey.inputTokens]?.number, let output = span[TraceKey.outputTokens]?.number {
            attributes.append(Attribute("llm.token_count.total", .int(Int64(input + output))))
        }
        let parameters = [
            ("max_tokens", TraceKey.maxTokens), ("seed", TraceKey.seed), ("temperature", TraceKey.temperature),
            ("top_p", TraceKey.topP),
        ]
        let members = parameters.compactMap { name, key -> String? in
            switch span[key] {
            case .int(let value): "\"\(name)\":\(value)"
            case .double(let value) where value.isFinite: "\"\(name)\":\(value)"
            default: nil
            }
        }
        if !members.isEmpty {
            attributes.append(Attribute("llm.invocation_parameters", "{" + members.joined(separator: ",") + "}"))
        }
    }

    private func composeDocuments(_ span: SpanRecord, _ attributes: inout [Attribute]) {
        guard let ids = span[TraceKey.documentIDs]?.strings else { return }
        let scores = span[TraceKey.documentScores]?.numbers ?? []
        let texts = capturesContent ? span[TraceKey.documentTexts]?.strings ?? [] : []
        let list = span.name == "assay.rerank" ? "reranker.output_documents" : "retrieval.documents"
        for number in ids.indices {
            let prefix = "\(list).\(number).document."
            attributes.append(Attribute(prefix + "id", ids[number]))
            if number < scores.count { attributes.append(Attribute(prefix + "score", .double(scores[number]))) }
            if number < texts.count { attributes.append(Attribute(prefix + "content", redacted(texts[number]))) }
        }
    }

    private func composeEvaluations(_ span: SpanRecord, _ attributes: inout [Attribute]) {
        for (number, result) in EvaluationResult.all(of: span).enumerated() {
            let prefix = "evaluations.\(number).evaluation."
            attributes.append(Attribute(prefix + "name", result.name))
            attributes.append(Attribute(prefix + "label", result.state))
            attributes.append(Attribute(prefix + "annotator_kind", result.annotator))
            if let value = result.value { attributes.append(Attribute(prefix + "score", .double(value))) }
            if capturesContent, let reason = result.reason {
                attributes.append(Attribute(prefix + "explanation", redacted(reason)))
            }
        }
    }

    private func clean(_ value: AttributeValue) -> AttributeValue {
        switch value {
        case .string(let text): .string(redacted(text))
        case .array(let values): .array(values.map(clean))
        default: value
        }
    }
}

extension JSONBytes {
    var text: String { String(decoding: bytes, as: UTF8.self) }
}
