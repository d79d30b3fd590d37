package import AssayModel

/// A sample that another system made, before it is scored.
package struct ImportedSample: Sendable, Equatable {
    /// A passage that was given to the other system's model.
    package struct Context: Sendable, Equatable {
        /// The text.
        package var text: String
        /// Chunk id, nil when the file has none.
        package var id: String?
        /// Document id, nil when the file has none.
        package var document: String?
        /// Bytes in the document, nil when the file has none.
        package var span: Range<Int>?
        /// Score of the retriever, nil when the file has none.
        package var score: Double?
    }

    /// A result of the other system's retriever.
    package struct Retrieved: Sendable, Equatable {
        /// Document id.
        package var document: String
        /// Chunk id, nil when the file has none.
        package var id: String?
        /// Bytes in the document, nil when the file has none.
        package var span: Range<Int>?
        /// Score of the retriever, nil when the file has none.
        package var score: Double?

        /// Creates a result.
        package init(document: String, id: String? = nil, span: Range<Int>? = nil, score: Double? = nil) {
            self.document = document
            self.id = id
            self.span = span
            self.score = score
        }
    }

    /// Unique within the file; empty until the reader of the file fills it in.
    package var id = ""
    /// What was asked.
    package var question: String
    /// The answer, nil when the file has none.
    package var answer: String?
    /// Whether the answer declines, where the file says so.
    package var abstained: Bool?
    /// The passages of the prompt, nil when the file has none.
    package var contexts: [Context]?
    /// What was retrieved, best first; nil when the file does not say.
    package var retrieved: [Retrieved]?
    /// A correct answer, empty when there is none.
    package var reference = ""
    /// Passages that a correct answer rests on.
    package var referenceContexts: [String] = []
    /// Grade of each labelled document.
    package var qrels: [String: Int] = [:]
    /// Labels by quote.
    package var gold: [GoldQuote] = []
    /// Labels by bytes.
    package var spans: [GoldSpan] = []
    /// Kind and topics.
    package var tags: [String] = []
    /// `dev` or `test`.
    package var split = "test"
    /// The document that the question was made from: its questions are one cluster.
    package var source: String?
    /// What each score of the question's own rubric means.
    package var rubric: [String: String]?
    /// Tool calls that a correct agent makes.
    package var referenceToolCalls: [ToolCall]?
    /// Topics that an agent is to keep to.
    package var referenceTopics: [String]?
    /// The conversation, nil for a single question.
    package var dialogue: [DialogueTurn]?
    /// Why there is no answer although one was asked for.
    package var failure: String?
    /// Tokens of the answer, nil when the file does not say.
    package var usage: Usage?
    /// Time of the answer in milliseconds, nil when the file does not say.
    package var latencyMs: Double?
    /// Where it stands.
    package var place: Place?

    /// A sample with a question alone.
    package init(question: String) { self.question = question }

    /// Whether the file says what was retrieved; without it metrics of ranked lists mean nothing.
    package var hasRanking: Bool {
        retrieved != nil || (contexts.map { !$0.isEmpty && $0.allSatisfy { $0.document != nil } } ?? false)
    }

    /// As the metrics see it, without the answer.
    ///
    /// Contexts are the first of the retrieved passages. Without ids they get ids of their own, so that citations can point at them.
    package var sample: Sample {
        let contexts = contexts ?? []
        var chunks: [RetrievedChunk] = []
        for position in 0..<max(contexts.count, retrieved?.count ?? 0) {
            let hit = retrieved.flatMap { $0.indices.contains(position) ? $0[position] : nil }
            let context = contexts.indices.contains(position) ? contexts[position] : nil
            let text = context?.text ?? ""
            let document = hit?.document ?? context?.document ?? "\(id)#\(position + 1)"
            let span = hit?.span ?? context?.span ?? 0..<text.utf8.count
            chunks.append(
                RetrievedChunk(
                    id: hit?.id ?? context?.id ?? "\(document)#\(span.lowerBound)-\(span.upperBound)-\(position + 1)",
                    document: document,
                    start: span.lowerBound,
                    end: span.upperBound,
                    score: hit?.score ?? context?.score ?? 1 / Double(position + 1),
                    tokens: text.utf8.count / 4,
                    text: text
                )
            )
        }
        return Sample(
            question: Question(
                id: id,
                question: question,
                reference: reference,
                gold: gold,
                qrels: qrels.isEmpty ? nil : qrels,
                tags: tags,
                split: split,
                referenceContexts: referenceContexts,
                rubric: rubric,
                referenceToolCalls: referenceToolCalls,
                referenceTopics: referenceTopics,
                sourceDocument: source
            ),
            goldSpans: spans,
            retrieved: chunks,
            contextCount: contexts.count,
            dialogue: dialogue
        )
    }
}
