/// Names of the facts that spans carry inside Assay.
///
/// Stages write these; what leaves the program is named by a profile (AssayTelemetry), so that a change of a convention touches one table.
/// The operation is the span's name: `assay.run`, `assay.question`, `assay.retrieve`, `assay.embed`, `assay.search`, `assay.fuse`, `assay.rerank`,
/// `assay.rewrite`, `assay.prompt`, `assay.generate`, `assay.queue`, `assay.prefill`, `assay.decode`, `assay.judge`, `assay.score`.
public enum TraceKey {
    /// Name of the pipeline.
    public static let pipeline = "assay.pipeline"
    /// The run, the conversation, or whatever questions belong to together.
    public static let session = "assay.session"
    /// Id of the evalset's question.
    public static let question = "assay.question.id"
    /// Content: what went in.
    public static let input = "assay.input"
    /// Content: what came out.
    public static let output = "assay.output"
    /// Kind of retriever.
    public static let retriever = "assay.retriever"
    /// What is searched: the corpus.
    public static let source = "assay.data_source"
    /// Items asked for at most.
    public static let topK = "assay.top_k"
    /// Items that an operation took or gave.
    public static let items = "assay.items"
    /// Dimensions of vectors.
    public static let dimensions = "assay.dimensions"

    /// Ids of the passages, best first.
    public static let documentIDs = "assay.documents.ids"
    /// Their scores.
    public static let documentScores = "assay.documents.scores"
    /// Content: their texts.
    public static let documentTexts = "assay.documents.texts"
    /// For evaluations, 1 for a passage that holds part of the gold evidence, else 0.
    public static let documentRelevance = "assay.documents.relevance"

    /// Name of the engine in `engines.yaml`.
    public static let engine = "assay.engine"
    /// The model asked for.
    public static let model = "assay.model"
    /// Tokens to generate at most.
    public static let maxTokens = "assay.max_tokens"
    /// Temperature of the sampler.
    public static let temperature = "assay.temperature"
    /// Nucleus of the sampler.
    public static let topP = "assay.top_p"
    /// Seed of the sampler.
    public static let seed = "assay.seed"
    /// Roles of the messages.
    public static let roles = "assay.messages.roles"
    /// Content: texts of the messages.
    public static let messages = "assay.messages.texts"
    /// Name of the prompt's template.
    public static let prompt = "assay.prompt"
    /// Control-token literals that were broken.
    public static let neutralised = "assay.neutralised_tokens"
    /// Tokens of the prompt.
    public static let inputTokens = "assay.tokens.input"
    /// Tokens of the reply.
    public static let outputTokens = "assay.tokens.output"
    /// Prompt tokens out of the engine's prefix cache.
    public static let cachedTokens = "assay.tokens.cached"
    /// Why generation stopped.
    public static let finish = "assay.finish"
    /// Seconds until the first token.
    public static let firstToken = "assay.first_token"
    /// Tries made.
    public static let attempts = "assay.attempts"
    /// Whether finished work was found in the store.
    public static let reused = "assay.reused"
    /// Why a query is made another way than asked for.
    public static let fallback = "assay.rewrite.fallback"

    /// Names of the metrics of a score span.
    public static let scoreNames = "assay.scores.names"
    /// Their values; NaN for what has none.
    public static let scoreValues = "assay.scores.values"
    /// `scored`, `not_scored`, `not_applicable`.
    public static let scoreStates = "assay.scores.states"
    /// Content: reasons and what a judge said.
    public static let scoreReasons = "assay.scores.reasons"
    /// `LLM` for what a judge said, `CODE` for what a formula gave.
    public static let scoreKinds = "assay.scores.kinds"
}
