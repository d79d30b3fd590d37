package import AssayModel

/// A served answer that was chosen to be kept and judged, with all that judging and reports need.
package struct TrafficItem: Sendable, Codable, Equatable {
    /// How a question ended.
    package enum Outcome: String, Sendable, Codable, CaseIterable {
        /// With an answer, an abstention among them.
        case answered
        /// With passages alone.
        case degraded
        /// With an error.
        case failed
        /// The client left.
        case cancelled
    }

    /// Id of the answer.
    package var id: String
    /// When it was given, ISO 8601.
    package var time: String
    /// Name of the pipeline.
    package var pipeline: String
    /// How it ended; everything but `answered` is counted only and holds no text.
    package var outcome: Outcome
    /// What was asked, empty for what is counted only.
    package var question: String
    /// What was searched for, where that is not the question; nil otherwise.
    package var searched: String?
    /// Earlier turns of the conversation, nil without one.
    package var history: [Turn]?
    /// The passages of the prompt, in its order.
    package var passages: [RetrievedChunk]
    /// The answer.
    package var answer: Answer?
    /// Generation of the index.
    package var generation: Int
    /// Digest of the pipeline.
    package var specHash: String
    /// Digest of what of the pipeline decides answers.
    package var system: String
    /// The engine that answered.
    package var engine: EngineIdentity?
    /// Name of the key that asked, empty without keys.
    package var key: String
    /// Tenant of the key, nil without one.
    package var tenant: String?
    /// Milliseconds of embedding and searching.
    package var retrieveMs: Double
    /// Milliseconds of the answer, nil for one that was stored.
    package var answerMs: Double?
    /// `traceparent` of the question's span, nil where nobody traced.
    package var trace: String?

    /// Creates an item that is counted only.
    ///
    /// - Parameters:
    ///   - id: Id of the answer.
    ///   - time: When.
    ///   - parts: The pipeline.
    ///   - outcome: How the question ended.
    package init(_ id: String, time: String, _ parts: PipelineParts, outcome: Outcome) {
        self.id = id
        self.time = time
        self.outcome = outcome
        pipeline = parts.spec.name
        specHash = parts.specHash
        system = parts.servedHash
        question = ""
        passages = []
        generation = 0
        key = ""
        retrieveMs = 0
    }

    /// Key of what is kept of an answer, in each stage.
    static func key(_ id: String) -> ItemKey { ItemKey("traffic", id) }

    /// The document that the answer rests on: the first cited one, else the best one found; nil without passages.
    ///
    /// Answers about one document are one cluster of the intervals, as questions about one document are in an evaluation.
    var mainDocument: String? {
        let cited = (answer?.citations ?? []).lazy.compactMap { citation in
            passages.first { $0.id == citation.chunk }?.document
        }
        return cited.first ?? passages.first?.document
    }

    /// As a sample: a question without labels, which is not the same as one that the corpus does not answer.
    var sample: Sample {
        Sample(
            question: Question(
                id: id,
                question: question,
                tags: ["generation \(generation)"],
                split: "traffic",
                referenceContexts: [],
                sourceDocument: mainDocument,
                history: history
            ),
            goldSpans: [],
            retrieved: passages,
            contextCount: passages.count,
            answer: answer,
            latencyMs: answerMs.map { $0 + retrieveMs },
            rewrite: searched.map { QueryRewrite(text: $0) }
        )
    }
}

/// What the metrics said of a kept answer.
package struct TrafficScores: Sendable, Codable, Equatable {
    /// Id of the answer.
    package var id: String
    /// When it was judged, ISO 8601.
    package var time: String
    /// What was computed.
    package var definitions: [MetricDefinition]
    /// The judge, nil without one; of a panel the first.
    package var judge: EngineIdentity?
    /// The other judges.
    package var panel: [EngineIdentity]?
    /// Judges and way of asking, as calibrations know them.
    package var fingerprint: String?
    /// The results by metric.
    package var scores: [String: MetricResult]
    /// Keys of the judge's replies, so that they can be deleted with the answer.
    package var judgeKeys: [ItemKey]
}
