import AssayEngines
import AssayIngest
import AssayModel
import AssayStore
import Tracing

/// Question and passages → answer; an answer is reused where its rendered prompt is unchanged.
struct Answering: Sendable {
    /// What the store keeps of an answer.
    struct Stored: Sendable, Codable {
        var reply: ChatReply
    }

    /// An answer, or why there is none.
    struct Outcome: Sendable {
        var answer: Answer?
        var failure: String?
        var timings: CallTimings?
        var reused: Bool
        /// Control-token literals in passages and question that were kept from becoming control tokens.
        var neutralised: Int
        /// Whether the prompt went out as token ids.
        var sentAsTokens = false

        /// The same for an equal question, which cost nothing more.
        func shared(neutralised: Int) -> Outcome {
            Outcome(
                answer: answer,
                failure: failure,
                timings: timings,
                reused: failure == nil,
                neutralised: neutralised,
                sentAsTokens: sentAsTokens
            )
        }
    }

    let spec: PipelineSpec.Answer
    let template: PromptTemplate
    let engine: any Engine
    /// Canonical JSON of the engine's identity: part of every key, made once.
    let identity: String
    let store: Store
    /// Ignores stored answers and stores new ones under the next replicate number.
    let replicate: Int
    /// Breaks the engine's control tokens in retrieved text and questions.
    let guardian: PromptGuard
    /// Answers that are being made: an equal one is waited for.
    let flights: Flights
    /// Prices of the engine, nil without.
    let price: EngineConfig.Price?
    /// Takes every reply, nil where none is to be written.
    let journal: RunJournal?

    typealias Flights = SingleFlight<ItemKey, Kept>

    /// A reply and whether it was found in the store.
    struct Kept: Sendable {
        var reply: ChatReply
        var reused: Bool
    }

    /// What a call of this usage costs, 0 without a price.
    func cost(of usage: Usage?) -> Double {
        guard let usage, let price else { return 0 }
        return price.cost(of: usage)
    }

    /// Renders the request for a question.
    ///
    /// A question loses what cannot be seen, as documents did when they were read. Retrieved text and question lose their control-token literals first, where the engine does not see to them itself.
    func request(_ question: String, passages: [String]) -> (request: ChatRequest, neutralised: Int) {
        var neutralised = 0
        func safe(_ text: String) -> String {
            let guarded = guardian.neutralise(text)
            neutralised += guarded.count
            return engine.keepsTextPlain ? text : guarded.text
        }
        let messages = template.messages(question: safe(visible(question)), passages: passages.map(safe))
        let request = ChatRequest(
            messages: messages,
            maxTokens: spec.maxTokens,
            temperature: spec.temperature,
            seed: spec.seed + replicate,
            stop: spec.stop
        )
        return (request, neutralised)
    }

    /// Key of an answer: engine and everything rendered.
    func key(_ request: ChatRequest) throws -> ItemKey {
        ItemKey("answer", identity, try request.canonicalText(), "\(replicate)")
    }

    /// A question ready to be asked.
    private struct Prepared: Sendable {
        var request: ChatRequest
        var key: ItemKey
        var neutralised: Int
        var chunks: [String]
        /// Where its spans belong.
        var context: ServiceContext
    }

    private func prepare(
        _ question: String,
        passages: [String],
        chunks: [String],
        context: ServiceContext
    ) throws -> Prepared {
        let (request, neutralised) = withSpan("assay.prompt", context: context) { span in
            let rendered = self.request(question, passages: passages)
            span.attributes[TraceKey.prompt] = template.name
            span.attributes[TraceKey.items] = passages.count
            span.attributes[TraceKey.neutralised] = rendered.neutralised
            return rendered
        }
        let key = try key(request)
        return Prepared(request: request, key: key, neutralised: neutralised, chunks: chunks, context: context)
    }

    /// Answers some questions: what was answered before is looked up together, the rest goes to the engine's slots.
    ///
    /// - Parameters:
    ///   - samples: Questions with their passages.
    ///   - traces: The traces that the spans belong to.
    ///   - advance: Called once a finished question.
    /// - Returns: An outcome for each, in the same order.
    /// - Throws: When the engine is gone, or the store fails: what was finished is kept.
    func answers(
        _ samples: [Sample],
        _ traces: QuestionTraces,
        advance: @escaping @Sendable () -> Void
    ) async throws -> [Outcome] {
        let prepared = try samples.map { sample in
            try prepare(
                sample.query,
                passages: sample.context.map(\.text),
                chunks: sample.context.map(\.id),
                context: traces.context(of: sample.question)
            )
        }
        let stored = try await store.items("answer", prepared.map(\.key), as: Stored.self)
        var outcomes: [Outcome?] = try zip(samples, prepared).map { sample, prepared in
            guard let found = stored[prepared.key] else { return nil }
            defer { advance() }
            return try withSpan("assay.answer", context: prepared.context) { span in
                span.attributes[TraceKey.reused] = true
                traces.touch(sample.question)
                return try outcome(prepared, Kept(reply: found.reply, reused: true))
            }
        }
        // Equal questions of a block are asked once, by the first of them.
        var first: [ItemKey: Int] = [:]
        let missing = prepared.indices.filter { number in
            guard outcomes[number] == nil, first[prepared[number].key] == nil else { return false }
            first[prepared[number].key] = number
            return true
        }
        let lookedUp = ContinuousClock.now
        let made = try await concurrentMap(missing, limit: engine.slots) { number in
            defer { advance() }
            return try await withSpan("assay.answer", context: prepared[number].context) { _ in
                defer { traces.touch(samples[number].question) }
                return try await answer(prepared[number], unknownAt: lookedUp)
            }
        }
        for (number, outcome) in zip(missing, made) { outcomes[number] = outcome }
        for number in outcomes.indices where outcomes[number] == nil {
            guard let same = first[prepared[number].key] else { continue }
            outcomes[number] = outcomes[same]?.shared(neutralised: prepared[number].neutralised)
            advance()
        }
        return outcomes.compactMap(\.self)
    }

    /// Answers a question.
    ///
    /// - Parameters:
    ///   - question: Its text.
    ///   - passages: Texts of the context, best first.
    ///   - chunks: Their chunk ids.
    ///   - onDelta: Called with each piece of a new answer.
    /// - Returns: The answer, or the reason when this question alone failed.
    /// - Throws: When the engine is gone, or the store fails: the run ends and can be resumed.
    func answer(
        _ question: String,
        passages: [String],
        chunks: [String],
        onDelta: (@Sendable (String) -> Void)? = nil
    ) async throws -> Outcome {
        let context = ServiceContext.current ?? .topLevel
        let prepared = try prepare(question, passages: passages, chunks: chunks, context: context)
        return try await answer(prepared, onDelta: onDelta)
    }

    /// Asks alone: the caller has looked the key up, and asks no equal one meanwhile.
    ///
    /// An engine may be slow and other processes may ask the same: what was looked up more than a second ago is looked up again.
    private func answer(_ prepared: Prepared, unknownAt time: ContinuousClock.Instant) async throws -> Outcome {
        try await failing(prepared) {
            try outcome(prepared, await makeOrFind(prepared, isUnknown: .now - time < .seconds(1), onDelta: nil))
        }
    }

    /// Asks together with everyone who asks the same meanwhile.
    private func answer(_ prepared: Prepared, onDelta: (@Sendable (String) -> Void)?) async throws -> Outcome {
        try await failing(prepared) {
            let (kept, wasShared) = try await flights.run(prepared.key) {
                try await makeOrFind(prepared, isUnknown: false, onDelta: onDelta)
            }
            return try outcome(prepared, Kept(reply: kept.reply, reused: kept.reused || wasShared))
        }
    }

    /// An error that concerns this question alone is its outcome.
    private func failing(_ prepared: Prepared, _ body: () async throws -> Outcome) async throws -> Outcome {
        do {
            return try await body()
        } catch let error as AssayError where error.concernsOneRequest {
            return Outcome(failure: error.description, reused: false, neutralised: prepared.neutralised)
        }
    }

    /// The reply of the store, else of the engine, committed.
    private func makeOrFind(
        _ prepared: Prepared,
        isUnknown: Bool,
        onDelta: (@Sendable (String) -> Void)?
    ) async throws -> Kept {
        if !isUnknown, let stored = try await store.item("answer", prepared.key, as: Stored.self) {
            return Kept(reply: stored.reply, reused: true)
        }
        let reply = try await withSpan("assay.generate") { span in
            span.describe(prepared.request, to: engine.identity, prompt: template.name)
            let reply = try await engine.chat(prepared.request, onDelta: onDelta)
            span.describe(reply)
            return reply
        }
        try await store.commit("answer", prepared.key, Stored(reply: reply))
        return Kept(reply: reply, reused: false)
    }

    private func outcome(_ prepared: Prepared, _ kept: Kept) throws -> Outcome {
        try journal?.note(prepared.request, kept.reply, engine: engine.identity, prompt: template.name)
        return Outcome(
            answer: AnswerParser.answer(kept.reply, passages: prepared.chunks),
            timings: kept.reply.timings,
            reused: kept.reused,
            neutralised: prepared.neutralised,
            sentAsTokens: kept.reply.sentAsTokens == true
        )
    }
}
