import AssayModel

/// The names under which spans leave the program.
package enum AttributeProfile: String, Sendable, CaseIterable {
    /// OpenTelemetry's GenAI conventions as back ends understand them today.
    case genai
    /// OpenInference, which Phoenix shows best.
    case openinference

    /// Date of the conventions that the table follows; both are still changing.
    package static let version = "2026-10"

    /// The profile with the date of its table: part of the resource.
    package var versioned: String { "\(rawValue)/\(Self.version)" }

    /// The names of an attribute by Assay's own key; what is not in the table keeps its own name.
    var names: [String: ProfileTable.Name] {
        switch self {
        case .genai: ProfileTable.genai
        case .openinference: ProfileTable.openInference
        }
    }
}

/// The versioned table behind the profiles: `AttributeProfile.version`.
///
/// Sources: OpenTelemetry's semantic-conventions-genai (status Development, without a release), OpenInference 0.1.42. A change of a convention is a change
/// here, of the version, and of the golden files.
enum ProfileTable {
    /// How an attribute is written.
    enum Name: Sendable {
        /// Under another name.
        case renamed(String)
        /// Under a name that depends on the operation; elsewhere under its own.
        case byOperation([String: String])
        /// As an array with one element.
        case list(String)
        /// As part of a composite that `SpanShaping` writes.
        case composed
    }

    /// One operation of Assay.
    struct Operation: Sendable {
        /// `gen_ai.operation.name`, nil where the conventions have none.
        var genai: String?
        /// Key of the value behind the operation in a span's name.
        var subject: String?
        /// `openinference.span.kind`.
        var openInference: String
        /// The span's kind, nil where it stays what it was.
        var kind: SpanRecord.Kind?
    }

    static let operations: [String: Operation] = [
        "assay.run": Operation(openInference: "CHAIN"),
        "assay.question": Operation(genai: "invoke_workflow", subject: TraceKey.pipeline, openInference: "CHAIN"),
        "assay.rewrite": Operation(openInference: "CHAIN"),
        "assay.retrieve": Operation(genai: "retrieval", subject: TraceKey.source, openInference: "RETRIEVER"),
        "assay.embed": Operation(genai: "embeddings", subject: TraceKey.model, openInference: "EMBEDDING"),
        "assay.search": Operation(openInference: "RETRIEVER"),
        "assay.fuse": Operation(openInference: "CHAIN"),
        "assay.rerank": Operation(openInference: "RERANKER"),
        "assay.answer": Operation(openInference: "CHAIN"),
        "assay.prompt": Operation(openInference: "CHAIN"),
        "assay.generate": Operation(genai: "chat", subject: TraceKey.model, openInference: "LLM", kind: .client),
        "assay.queue": Operation(openInference: "CHAIN"),
        "assay.prefill": Operation(openInference: "CHAIN"),
        "assay.decode": Operation(openInference: "CHAIN"),
        "assay.judge": Operation(genai: "chat", subject: TraceKey.model, openInference: "LLM", kind: .client),
        "assay.score": Operation(openInference: "EVALUATOR"),
    ]

    /// Keys whose values are texts of users, documents and models: exported only where content is captured.
    static let content: Set<String> = [
        TraceKey.input, TraceKey.output, TraceKey.documentTexts, TraceKey.messages, TraceKey.scoreReasons,
    ]

    static let genai: [String: Name] = [
        TraceKey.pipeline: .byOperation(["assay.question": "gen_ai.workflow.name"]),
        TraceKey.session: .renamed("gen_ai.conversation.id"),
        TraceKey.source: .renamed("gen_ai.data_source.id"),
        TraceKey.input: .composed,
        TraceKey.output: .composed,
        TraceKey.topK: .byOperation(["assay.retrieve": "gen_ai.request.top_k"]),
        TraceKey.dimensions: .renamed("gen_ai.embeddings.dimension.count"),
        TraceKey.documentIDs: .composed,
        TraceKey.documentScores: .composed,
        TraceKey.documentTexts: .composed,
        TraceKey.engine: .renamed("gen_ai.provider.name"),
        TraceKey.model: .renamed("gen_ai.request.model"),
        TraceKey.maxTokens: .renamed("gen_ai.request.max_tokens"),
        TraceKey.temperature: .renamed("gen_ai.request.temperature"),
        TraceKey.topP: .renamed("gen_ai.request.top_p"),
        TraceKey.seed: .renamed("gen_ai.request.seed"),
        TraceKey.roles: .composed,
        TraceKey.messages: .composed,
        TraceKey.prompt: .renamed("gen_ai.prompt.name"),
        TraceKey.inputTokens: .renamed("gen_ai.usage.input_tokens"),
        TraceKey.outputTokens: .renamed("gen_ai.usage.output_tokens"),
        TraceKey.cachedTokens: .renamed("gen_ai.usage.cache_read.input_tokens"),
        TraceKey.finish: .list("gen_ai.response.finish_reasons"),
        TraceKey.firstToken: .renamed("gen_ai.response.time_to_first_chunk"),
    ]

    static let openInference: [String: Name] = [
        TraceKey.session: .renamed("session.id"),
        TraceKey.input: .renamed("input.value"),
        TraceKey.output: .renamed("output.value"),
        TraceKey.topK: .byOperation(["assay.rerank": "reranker.top_k"]),
        TraceKey.documentIDs: .composed,
        TraceKey.documentScores: .composed,
        TraceKey.documentTexts: .composed,
        TraceKey.engine: .renamed("llm.provider"),
        TraceKey.model: .byOperation([
            "assay.generate": "llm.model_name", "assay.judge": "llm.model_name", "assay.embed": "embedding.model_name",
            "assay.rerank": "reranker.model_name",
        ]),
        TraceKey.maxTokens: .composed,
        TraceKey.temperature: .composed,
        TraceKey.topP: .composed,
        TraceKey.seed: .composed,
        TraceKey.roles: .composed,
        TraceKey.messages: .composed,
        TraceKey.inputTokens: .renamed("llm.token_count.prompt"),
        TraceKey.outputTokens: .renamed("llm.token_count.completion"),
        TraceKey.cachedTokens: .renamed("llm.token_count.prompt_details.cache_read"),
        TraceKey.scoreNames: .composed,
        TraceKey.scoreValues: .composed,
        TraceKey.scoreStates: .composed,
        TraceKey.scoreReasons: .composed,
        TraceKey.scoreKinds: .composed,
    ]
}
