package import AssayModel
import AssayStore

/// What a reader said of an answer.
package struct Feedback: Sendable, Codable, Equatable {
    /// Id of the answer.
    package var answer: String
    /// 1 for good, −1 for bad.
    package var rating: Int
    /// Words of the reader, may be empty.
    package var comment: String
    /// Name of the key that asked, empty without keys.
    package var key: String
    /// The question.
    package var question: String
    /// The answer's text.
    package var text: String
    /// Ids of the passages in the prompt, best first.
    package var passages: [String]
    /// Generation that answered.
    package var generation: Int
    /// Digest of the pipeline.
    package var specHash: String
    /// When, ISO 8601.
    package var time: String
    /// Name of the pipeline, nil in feedback of earlier versions.
    package var pipeline: String?

    /// Creates feedback.
    package init(
        answer: String,
        rating: Int,
        comment: String,
        key: String,
        question: String,
        text: String,
        passages: [String],
        generation: Int,
        specHash: String,
        time: String,
        pipeline: String? = nil
    ) {
        self.pipeline = pipeline
        self.answer = answer
        self.rating = rating
        self.comment = comment
        self.key = key
        self.question = question
        self.text = text
        self.passages = passages
        self.generation = generation
        self.specHash = specHash
        self.time = time
    }
}

extension PipelineSession {
    /// Commits what a reader said; the last word on an answer counts.
    package func keep(_ feedback: Feedback) async throws {
        try await store.put("feedback", ItemKey("feedback", feedback.key, feedback.answer), feedback, replacing: true)
    }

    /// Vectors of texts by the pipeline's embedder, nil without one.
    package func embed(_ texts: [String], as role: EmbeddingRole) async throws -> VectorBatch? {
        try await parts.embedder?.product.embed(texts, as: role)
    }

    /// Starts the engine that answers, where there is one, and waits until it answers.
    package func prepareEngine() async throws {
        guard let spec = parts.spec.answer else { return }
        try await engine(spec.engine).prepare()
    }

    /// Requests that the answering engine serves at once; 1 without an answer stage.
    package var engineSlots: Int {
        get throws { try parts.spec.answer.map { try engine($0.engine).slots } ?? 1 }
    }
}

extension PipelineParts {
    /// Name of the embedding model, nil for keyword-only pipelines.
    package var embedderName: String? { embedder?.product.fingerprint.model }
}

extension PipelineSession {
    /// Tokens of the texts as the embedder counts them; a quarter of their bytes where it has no tokenizer.
    package func tokens(of texts: [String]) -> Int {
        guard let tokenizer = parts.embedder?.product.tokenizer else {
            return texts.reduce(0) { $0 + ($1.utf8.count + 3) / 4 }
        }
        return texts.reduce(0) { $0 + tokenizer.count($1) }
    }
}
