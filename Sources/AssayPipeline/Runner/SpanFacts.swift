import AssayModel
import Tracing

// What spans say of the stages. All of it is skipped when nobody records.
extension Span {
    /// Passages that a span names: more would make it large, and no view shows them.
    static var namedPassages: Int { 20 }

    /// The passages that were found.
    func describe(_ chunks: [RetrievedChunk], for question: String) {
        guard isRecording else { return }
        let named = chunks.prefix(Self.namedPassages)
        updateAttributes { attributes in
            attributes[TraceKey.input] = question
            attributes[TraceKey.items] = chunks.count
            attributes[TraceKey.documentIDs] = SpanAttribute.stringArray(named.map(\.id))
            attributes[TraceKey.documentScores] = SpanAttribute.doubleArray(named.map(\.score))
            if named.contains(where: { !$0.text.isEmpty }) {
                attributes[TraceKey.documentTexts] = SpanAttribute.stringArray(named.map(\.text))
            }
        }
    }

    /// Which of the named passages hold gold evidence; nothing for questions without gold spans.
    func describe(relevanceOf chunks: [RetrievedChunk], gold: [GoldSpan]) {
        guard isRecording, !gold.isEmpty else { return }
        let relevance = chunks.prefix(Self.namedPassages).map { chunk in
            gold.contains { $0.document == chunk.document && $0.start < chunk.end && chunk.start < $0.end } ? 1.0 : 0
        }
        attributes[TraceKey.documentRelevance] = SpanAttribute.doubleArray(relevance)
    }

    /// What an engine is asked.
    func describe(_ request: ChatRequest, to engine: EngineIdentity, prompt: String) {
        guard isRecording else { return }
        updateAttributes { attributes in
            attributes[TraceKey.engine] = engine.name
            attributes[TraceKey.model] = engine.model
            attributes[TraceKey.prompt] = prompt
            attributes[TraceKey.maxTokens] = request.maxTokens
            attributes[TraceKey.temperature] = request.temperature
            attributes[TraceKey.topP] = request.topP
            attributes[TraceKey.seed] = request.seed
            attributes[TraceKey.roles] = SpanAttribute.stringArray(request.messages.map(\.role))
            attributes[TraceKey.messages] = SpanAttribute.stringArray(request.messages.map(\.content))
        }
    }

    /// What an engine replied, and as children the phases that its own times give: waiting, prompt, decoding.
    func describe(_ reply: ChatReply) {
        guard isRecording else { return }
        let timings = reply.timings
        updateAttributes { attributes in
            attributes[TraceKey.output] = reply.text
            attributes[TraceKey.inputTokens] = reply.usage.promptTokens
            attributes[TraceKey.outputTokens] = reply.usage.completionTokens
            attributes[TraceKey.cachedTokens] = reply.usage.cachedTokens
            attributes[TraceKey.finish] = reply.finish.rawValue
            attributes[TraceKey.attempts] = timings.attempts
            attributes[TraceKey.firstToken] = timings.firstTokenMs.map { $0 / 1000 }
        }
        phases(of: timings)
    }

    /// The engine says how long it took for prompt and tokens, not when: decoding ended with the reply, the prompt before it; the rest is waiting and network.
    private func phases(of timings: CallTimings) {
        guard let prompt = timings.promptMs, let predicted = timings.predictedMs else { return }
        let end = DefaultTracerClock().now.nanosecondsSinceEpoch
        let start = end - nanoseconds(timings.totalMs)
        let decoding = max(start, end - nanoseconds(predicted))
        let prefill = max(start, decoding - nanoseconds(prompt))
        for (name, from, to) in [
            ("assay.queue", start, prefill), ("assay.prefill", prefill, decoding), ("assay.decode", decoding, end),
        ] {
            let span = startSpan(
                name,
                context: context,
                at: DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: from)
            )
            span.attributes["assay.derived"] = true
            span.end(at: DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: to))
        }
    }

    private func nanoseconds(_ milliseconds: Double) -> UInt64 {
        UInt64(max(0, min(milliseconds, 1e9)) * 1e6)
    }

    /// The scores of a question; `judged` are the metrics whose scores a judge gave.
    func describe(_ row: QuestionResult, judged: Set<String>) {
        guard isRecording else { return }
        let scores = row.scores.sorted { $0.key < $1.key }
        updateAttributes { attributes in
            attributes[TraceKey.question] = row.sample.question.id
            attributes[TraceKey.scoreNames] = SpanAttribute.stringArray(scores.map(\.key))
            attributes[TraceKey.scoreValues] = SpanAttribute.doubleArray(scores.map { $0.value.score.value ?? .nan })
            attributes[TraceKey.scoreStates] = SpanAttribute.stringArray(scores.map(\.value.score.state))
            attributes[TraceKey.scoreReasons] = SpanAttribute.stringArray(scores.map(\.value.score.reason))
            attributes[TraceKey.scoreKinds] = SpanAttribute.stringArray(
                scores.map { judged.contains($0.key) ? "LLM" : "CODE" }
            )
        }
    }
}

extension Score {
    fileprivate var state: String {
        switch self {
        case .scored: "scored"
        case .notScored: "not_scored"
        case .notApplicable: "not_applicable"
        }
    }

    fileprivate var reason: String {
        switch self {
        case .scored: ""
        case .notScored(let reason), .notApplicable(let reason): reason
        }
    }
}
