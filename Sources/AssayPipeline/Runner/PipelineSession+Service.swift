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

    /// Names of the engines that answer: the first, then the one that stands in for it.
    package var engineNames: [String] {
        guard let answer = parts.spec.answer else { return [] }
        return [answer.engine] + (parts.spec.serve?.fallback.map { [$0] } ?? [])
    }

    /// Name of the engine that rewrites questions, nil where none is asked or it is the one that answers.
    package var rewriterEngine: String? {
        parts.rewriter?.product.engine.flatMap { $0 == parts.spec.answer?.engine ? nil : $0 }
    }

    /// Starts an engine and waits until it answers.
    package func prepareEngine(_ name: String) async throws {
        try await engine(name).prepare()
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
