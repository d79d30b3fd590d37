/// A retrieved passage as the record keeps it.
public struct RetrievedChunk: Sendable, Codable, Equatable {
    /// Chunk id.
    public var id: String
    /// Document id.
    public var document: String
    /// First byte in the document's text.
    public var start: Int
    /// Byte after the last one.
    public var end: Int
    /// Score of the final list.
    public var score: Double
    /// Tokens as the embedder counts them (bytes / 4 where there is no tokenizer), for budgets like `@1000tok`.
    public var tokens: Int
    /// The text; kept for the passages that the record shows, empty deeper in the list.
    public var text: String

    /// Creates a retrieved passage.
    public init(id: String, document: String, start: Int, end: Int, score: Double, tokens: Int, text: String = "") {
        self.id = id
        self.document = document
        self.start = start
        self.end = end
        self.score = score
        self.tokens = tokens
        self.text = text
    }
}

/// All that is recorded of one question: what a metric may look at.
public struct Sample: Sendable, Codable, Equatable {
    /// The evalset's row.
    public var question: Question
    /// Gold labels anchored in the extracted texts.
    public var goldSpans: [GoldSpan]
    /// The ranked list down to `retrieve.depth`.
    public var retrieved: [RetrievedChunk]
    /// How many of `retrieved`, from the top, were put into the prompt.
    public var contextCount: Int
    /// The answer, nil when the question was not answered in this run.
    public var answer: Answer?
    /// The conversation, for samples of agents and chats; nil for a single question.
    public var dialogue: [DialogueTurn]?
    /// Milliseconds that the answer took, for samples of other systems that say so; runs of pipelines keep times beside their results.
    public var latencyMs: Double?
    /// What was searched for, and asked, in place of a question of a conversation; nil where the question itself was.
    public var rewrite: QueryRewrite?

    /// Creates a sample.
    public init(
        question: Question,
        goldSpans: [GoldSpan],
        retrieved: [RetrievedChunk],
        contextCount: Int,
        answer: Answer? = nil,
        dialogue: [DialogueTurn]? = nil,
        latencyMs: Double? = nil,
        rewrite: QueryRewrite? = nil
    ) {
        self.question = question
        self.goldSpans = goldSpans
        self.retrieved = retrieved
        self.contextCount = contextCount
        self.answer = answer
        self.dialogue = dialogue
        self.latencyMs = latencyMs
        self.rewrite = rewrite
    }

    /// What was searched for and what the prompt asks.
    public var query: String { rewrite?.text ?? question.question }

    /// The passages of the prompt, in the order of the prompt.
    public var context: ArraySlice<RetrievedChunk> { retrieved.prefix(contextCount) }
}
