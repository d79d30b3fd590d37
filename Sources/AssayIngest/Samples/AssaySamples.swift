import AssayModel

extension SampleReader {
    /// Assay's own fields: question, answer, contexts, reference, gold, retrieved, id, tags, split, source and a few more.
    ///
    /// `contexts` are texts or `{text, document, id, start, end, score}`; `retrieved` are document ids or the same mapping without
    /// text, best first; `gold` are document ids, `{id: grade}`, or `{document, quote, occurrence, start, end, grade}`. Keys that are
    /// not known are passed over, but one that is a typo of a known key is an error.
    package static let assay = SampleReader(
        name: "assay",
        summary:
            "JSON lines, JSON or CSV with question, answer, contexts, reference, gold, retrieved, id, tags, split, source",
        recognises: { $0.contains("question") },
        read: { row in
            try row.refuseTypos(of: assayKeys)
            var sample = ImportedSample(question: try row.required("question"))
            sample.id = try row.id("id")
            sample.answer = try row.text("answer")
            sample.abstained = try row.bool("abstained")
            sample.reference = try row.text("reference", "expected_answer") ?? ""
            sample.contexts = try row.list("contexts")?.map { try row.context($0) }
            sample.retrieved = try row.list("retrieved", "retrieved_ids", delimiter: "|")?.map { try row.retrieved($0) }
            try row.readGold(into: &sample)
            sample.referenceContexts = try row.texts("reference_contexts") ?? []
            sample.tags = try row.texts("tags", delimiter: "|") ?? []
            sample.split = try row.split()
            sample.source = try row.text("source", "source_document")
            sample.failure = try row.text("failure")
            if let rubric = try row.mapping("rubric") {
                sample.rubric = try rubric.members.keys.sorted().reduce(into: [:]) { try $0[$1] = rubric.required($1) }
            }
            sample.referenceToolCalls = try row.toolCalls("reference_tool_calls")
            sample.referenceTopics = try row.texts("reference_topics")
            sample.latencyMs = try row.double("latency_ms")
            let tokens = (try row.int("prompt_tokens"), try row.int("completion_tokens"))
            if tokens.0 != nil || tokens.1 != nil {
                sample.usage = Usage(promptTokens: max(0, tokens.0 ?? 0), completionTokens: max(0, tokens.1 ?? 0))
            }
            try row.checkContexts(sample)
            return sample
        }
    )

    private static let assayKeys = [
        "id", "question", "answer", "abstained", "reference", "expected_answer", "contexts", "retrieved",
        "retrieved_ids",
        "gold", "gold_ids",
        "reference_contexts", "tags", "split", "source", "source_document", "failure", "rubric", "reference_tool_calls",
        "reference_topics", "latency_ms", "prompt_tokens", "completion_tokens",
    ]
}

extension SampleFields {
    fileprivate func refuseTypos(of known: [String]) throws {
        for key in members.keys.sorted() where !known.contains(key) && key.utf8.count < 64 {
            // Short words are near to each other by chance.
            guard key.count > 4, let near = nearestName(to: key, among: known), editDistanceIsSmall(key, near) else {
                continue
            }
            throw fault("samples.unknown-key", "unknown key '\(key)' (did you mean '\(near)'?)")
        }
    }

    /// A word that only lacks or adds the plural's s, or has one letter wrong, is a typo; `answers` is.
    private func editDistanceIsSmall(_ key: String, _ near: String) -> Bool {
        abs(key.utf8.count - near.utf8.count) <= 1
    }

    fileprivate func split() throws -> String {
        let split = try text("split") ?? "test"
        guard split == "dev" || split == "test" else { throw fault("samples.type", "'split' takes dev or test") }
        return split
    }

    fileprivate func context(_ value: JSONValue) throws -> ImportedSample.Context {
        if case .string(let text) = value { return ImportedSample.Context(text: try limited(text, "contexts")) }
        let fields = try element(value, of: "contexts")
        return ImportedSample.Context(
            text: try fields.text("text", "content", "page_content") ?? "",
            id: try fields.text("id", "chunk"),
            document: try fields.text("document", "document_id", "doc_id", "source"),
            span: try fields.span(),
            score: try fields.double("score")
        )
    }

    fileprivate func retrieved(_ value: JSONValue) throws -> ImportedSample.Retrieved {
        switch value {
        case .string(let id): return ImportedSample.Retrieved(document: id)
        case .int(let id): return ImportedSample.Retrieved(document: "\(id)")
        default: break
        }
        let fields = try element(value, of: "retrieved")
        return ImportedSample.Retrieved(
            document: try fields.required("document", "document_id", "doc_id", "id"),
            id: try fields.text("chunk", "id"),
            span: try fields.span(),
            score: try fields.double("score")
        )
    }

    fileprivate func span() throws -> Range<Int>? {
        guard let start = try int("start") else { return nil }
        guard let end = try int("end"), start >= 0, end > start else {
            throw fault("samples.type", "'start' and 'end' take byte offsets, start before end")
        }
        return start..<end
    }

    fileprivate func readGold(into sample: inout ImportedSample) throws {
        if case .object(let grades)? = found(["gold", "gold_ids"])?.value {
            sample.qrels = try grades.reduce(into: [:]) { grades, entry in
                guard let grade = entry.value.intValue else { throw fault("samples.type", "a grade is a whole number") }
                grades[entry.key] = grade
            }
            return
        }
        for value in try list("gold", "gold_ids", delimiter: "|") ?? [] {
            switch value {
            case .string(let id): sample.qrels[id] = 1
            case .int(let id): sample.qrels["\(id)"] = 1
            default:
                let label = try element(value, of: "gold")
                let document = try label.required("document", "document_id", "doc_id", "id")
                sample.qrels[document] = max(sample.qrels[document] ?? 0, try label.int("grade") ?? 1)
                if let span = try label.span() {
                    sample.spans.append(GoldSpan(document: document, start: span.lowerBound, end: span.upperBound))
                }
                if let quote = try label.text("quote") {
                    let occurrence = try label.int("occurrence") ?? 1
                    sample.gold.append(GoldQuote(document: document, quote: quote, occurrence: max(1, occurrence)))
                }
            }
        }
    }

    /// Contexts are the first of the retrieved passages; a file that says otherwise would be scored wrongly.
    fileprivate func checkContexts(_ sample: ImportedSample) throws {
        guard let contexts = sample.contexts, let retrieved = sample.retrieved else { return }
        guard contexts.count <= retrieved.count else {
            throw fault(
                "samples.contexts",
                "there are \(contexts.count) contexts but \(retrieved.count) retrieved ids",
                remedy:
                    "list every context first in 'retrieved', or give contexts a 'document' and leave 'retrieved' out"
            )
        }
        for (context, hit) in zip(contexts, retrieved) where context.document != nil && context.document != hit.document
        {
            throw fault("samples.contexts", "contexts and 'retrieved' are in different orders")
        }
    }
}
