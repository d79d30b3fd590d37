import AssayModel
import AssayPipeline

/// An answer as it is served.
struct Served: Sendable {
    var id: String
    var created: Int
    var model: String
    var question: String
    /// The turns before the question, oldest first.
    var history: [Turn] = []
    var text: String
    var citations: [Citation]
    var abstained: Bool
    var finish: FinishReason
    var usage: Usage
    var passages: [RetrievedChunk]
    var generation: Int
    var stages: [StageTime]
    /// Name of the engine that answered, nil when none did.
    var engine: String?
    /// Why there are passages only, nil for a full answer.
    var degraded: String?
    var notice: String?
    /// What was searched for and asked in place of a question of a conversation.
    var rewritten: QueryRewrite?

    /// Takes the answer of an engine.
    mutating func take(_ answer: Answer, of engine: String?) {
        text = answer.text
        citations = answer.citations
        abstained = answer.abstained
        finish = answer.finish
        usage = answer.usage
        self.engine = engine
    }

    /// `stop` or `length`.
    var finishReason: JSONValue { finish == .length ? "length" : "stop" }

    /// OpenAI's usage.
    var usageJSON: JSONValue {
        var members: [String: JSONValue] = [
            "prompt_tokens": .int(usage.promptTokens), "completion_tokens": .int(usage.completionTokens),
            "total_tokens": .int(usage.promptTokens + usage.completionTokens),
        ]
        if let cached = usage.cachedTokens { members["prompt_tokens_details"] = ["cached_tokens": .int(cached)] }
        return .object(members)
    }

    /// Citations as OpenAI's annotations: places in the answer in Unicode scalars; what is cited in `assay`, in bytes of the document.
    var annotations: JSONValue {
        .array(
            citations.compactMap { citation -> JSONValue? in
                guard let passage = passages.first(where: { $0.id == citation.chunk }) else { return nil }
                let span = span(of: citation, in: passage)
                return [
                    "type": "url_citation",
                    "url_citation": [
                        "start_index": .int(scalars(before: citation.start)),
                        "end_index": .int(scalars(before: citation.end)), "title": .string(passage.document),
                        "url": .string("urn:assay:" + Self.urnEncoded(passage.id)),
                    ],
                    "assay": [
                        "number": .int(citation.number), "chunk": .string(passage.id),
                        "document": .string(passage.document), "start": .int(passage.start + span.lowerBound),
                        "end": .int(passage.start + span.upperBound),
                    ],
                ]
            }
        )
    }

    /// What is Assay's own: passages with the cited sentences, times, generation.
    func extra(withScores: Bool) -> JSONValue {
        var members: [String: JSONValue] = [
            "passages": .array(
                passages.enumerated().map { index, passage in
                    guard case .object(var members) = Service.passage(passage, number: index + 1, withScore: withScores)
                    else { return .null }
                    let spans = citations.filter { $0.chunk == passage.id }.map { span(of: $0, in: passage) }
                    members["cited"] = .array(
                        spans.map { [.int($0.lowerBound + passage.start), .int($0.upperBound + passage.start)] }
                    )
                    return .object(members)
                }
            ),
            "abstained": .bool(abstained), "generation": .int(generation), "stages": Service.stages(stages),
            "engine": engine.map { .string($0) } ?? .null, "degraded": degraded.map { .string($0) } ?? .null,
            "notice": notice.map { .string($0) } ?? .null,
        ]
        if let rewritten {
            members["rewritten"] = .string(rewritten.text)
            // The reason is for the log and for evaluations: it may say more of an engine than a client should know.
            members["rewrite_fallback"] = .bool(rewritten.fallback != nil)
        }
        return .object(members)
    }

    private func span(of citation: Citation, in passage: RetrievedChunk) -> Range<Int> {
        CitedSpan.find(statement: CitedSpan.statement(before: citation.start, in: text), in: passage.text)
    }

    private func scalars(before byte: Int) -> Int {
        String(decoding: Array(text.utf8).prefix(byte), as: UTF8.self).unicodeScalars.count
    }

    private static func urnEncoded(_ id: String) -> String {
        id.utf8.map { byte in
            let isPlain =
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || [45, 46, 95, 47].contains(byte)
            if isPlain { return String(UnicodeScalar(byte)) }
            return "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}
