import AssayEngines
import AssayIngest
import AssayModel
import AssayStore
import Tracing

/// Question and the turns before it → query; a reply is reused where the request is unchanged.
struct Rewriting: Sendable {
    /// What the store keeps of a request.
    struct Kept: Sendable, Codable {
        var reply: ChatReply
    }

    typealias Flights = SingleFlight<ItemKey, Asked>

    /// A reply and whether it was found in the store.
    struct Asked: Sendable {
        var reply: ChatReply
        var reused: Bool
    }

    /// The query of one question.
    struct Outcome: Sendable {
        var rewrite: QueryRewrite
        /// Whether it needed no call: nothing was asked, or the reply was there.
        var reused: Bool
        /// Tokens of a new reply, nil without one.
        var usage: Usage?
        /// Control-token literals in the conversation that were kept from becoming control tokens.
        var neutralised = 0
    }

    let rewriter: any QueryRewriter
    /// The engine that is asked, nil for a rewriter that needs none.
    let engine: (any Engine)?
    /// Canonical JSON of the engine's identity: part of every key.
    let identity: String
    let store: Store
    /// Ignores stored replies and stores new ones under the next replicate number.
    let replicate: Int
    /// Breaks the engine's control tokens in the conversation.
    let guardian: PromptGuard
    /// Replies that are being made: an equal one is waited for.
    let flights: Flights
    /// Takes every reply, nil where none is to be written.
    let journal: RunJournal?

    /// A question ready to be rewritten.
    private struct Prepared: Sendable {
        var question: String
        var history: [Turn]
        var request: ChatRequest?
        var key: ItemKey
        var neutralised: Int
    }

    /// A question and its turns lose what cannot be seen, as documents did when they were read.
    private func prepare(_ question: String, _ history: [Turn]) throws -> Prepared {
        var neutralised = 0
        func safe(_ text: String) -> String {
            let guarded = guardian.neutralise(text)
            neutralised += guarded.count
            return engine?.keepsTextPlain == true ? text : guarded.text
        }
        let seen = history.map { Turn($0.role, visible($0.text)) }
        let asked = visible(question)
        var request = rewriter.request(asked, after: seen, safe: safe)
        request?.seed += replicate
        return Prepared(
            question: asked,
            history: seen,
            request: request,
            key: ItemKey("rewrite", identity, try request?.canonicalText() ?? "", "\(replicate)"),
            neutralised: neutralised
        )
    }

    /// The queries of some questions: replies that were given before are looked up together, the rest goes to the engine's slots.
    ///
    /// - Parameters:
    ///   - questions: Questions with their history.
    ///   - traces: The traces that the spans belong to.
    ///   - advance: Called once a finished question.
    /// - Returns: An outcome for each, in the same order.
    /// - Throws: When the engine is gone, or the store fails: what was finished is kept.
    func rewrites(
        _ questions: [Question],
        _ traces: QuestionTraces,
        advance: @escaping @Sendable () -> Void
    ) async throws -> [Outcome] {
        let prepared = try questions.map { try prepare($0.question, $0.history ?? []) }
        let keys = prepared.filter { $0.request != nil }.map(\.key)
        let stored = keys.isEmpty ? [:] : try await store.items("rewrite", keys, as: Kept.self)
        return try await concurrentMap(Array(questions.indices), limit: engine?.slots ?? 1) { number in
            defer {
                traces.touch(questions[number])
                advance()
            }
            let known = stored[prepared[number].key].map { Asked(reply: $0.reply, reused: true) }
            return try await traced(prepared[number], in: traces.context(of: questions[number]), known: known)
        }
    }

    /// The query of one question.
    ///
    /// - Parameters:
    ///   - question: Its text.
    ///   - history: The turns before it.
    /// - Returns: The query.
    /// - Throws: When the engine is gone, or the store fails.
    func rewrite(_ question: String, after history: [Turn]) async throws -> Outcome {
        try await traced(try prepare(question, history), in: .current ?? .topLevel, known: nil)
    }

    /// The key under which the reply for a question is kept.
    func key(_ question: String, after history: [Turn]) throws -> ItemKey { try prepare(question, history).key }

    /// The query without a call of the engine, for when it is gone.
    func withoutEngine(_ question: String, after history: [Turn], reason: String) -> Outcome {
        let seen = history.map { Turn($0.role, visible($0.text)) }
        let rewrite = rewriter.query(visible(question), after: seen, reply: .missing(reason))
        return Outcome(rewrite: rewrite, reused: false)
    }

    /// The stored reply of a question, read, or the query without one: for plans, which ask nobody.
    func storedOrFallback(_ question: Question) async throws -> QueryRewrite {
        let prepared = try prepare(question.question, question.history ?? [])
        guard prepared.request != nil else {
            return rewriter.query(prepared.question, after: prepared.history, reply: nil)
        }
        let kept = try await store.item("rewrite", prepared.key, as: Kept.self)
        return rewriter.query(
            prepared.question,
            after: prepared.history,
            reply: kept.map { .text(visible($0.reply.text), $0.reply.finish) }
        )
    }

    private func traced(_ prepared: Prepared, in context: ServiceContext, known: Asked?) async throws -> Outcome {
        try await withSpan("assay.rewrite", context: context) { span in
            let outcome = try await outcome(prepared, known: known)
            guard span.isRecording else { return outcome }
            span.attributes[TraceKey.input] = prepared.question
            span.attributes[TraceKey.items] = prepared.history.count
            span.attributes[TraceKey.output] = outcome.rewrite.text
            span.attributes[TraceKey.neutralised] = outcome.neutralised
            if prepared.request != nil { span.attributes[TraceKey.reused] = outcome.reused }
            if let reason = outcome.rewrite.fallback { span.attributes[TraceKey.fallback] = reason }
            return outcome
        }
    }

    /// An error that concerns this question alone is a reason for the other form.
    private func outcome(_ prepared: Prepared, known: Asked?) async throws -> Outcome {
        var outcome = Outcome(rewrite: QueryRewrite(text: ""), reused: true, neutralised: prepared.neutralised)
        var reply: RewriteReply?
        if let request = prepared.request {
            do {
                let asked = try await ask(request, prepared.key, known: known)
                reply = .text(visible(asked.reply.text), asked.reply.finish)
                outcome.reused = asked.reused
                outcome.usage = asked.reused ? nil : asked.reply.usage
            } catch let error as AssayError where error.concernsOneRequest {
                reply = .missing(error.description)
                outcome.reused = false
            }
        }
        outcome.rewrite = rewriter.query(prepared.question, after: prepared.history, reply: reply)
        return outcome
    }

    /// The known reply, that of the store, else the engine's, committed; together with everyone who asks the same meanwhile.
    private func ask(_ request: ChatRequest, _ key: ItemKey, known: Asked?) async throws -> Asked {
        guard let engine else { throw AssayError("engine.unknown", "the rewriter asks, but names no engine") }
        var asked = known
        if asked == nil {
            let (made, wasShared) = try await flights.run(key) { try await makeOrFind(request, key, engine) }
            asked = Asked(reply: made.reply, reused: made.reused || wasShared)
        }
        guard let asked else { throw CancellationError() }
        try journal?.note(request, asked.reply, engine: engine.identity, prompt: rewriter.prompt ?? "")
        return asked
    }

    private func makeOrFind(_ request: ChatRequest, _ key: ItemKey, _ engine: any Engine) async throws -> Asked {
        if let stored = try await store.item("rewrite", key, as: Kept.self) {
            return Asked(reply: stored.reply, reused: true)
        }
        let reply = try await withSpan("assay.generate") { span in
            span.describe(request, to: engine.identity, prompt: rewriter.prompt ?? "")
            let reply = try await engine.chat(request, onDelta: nil)
            span.describe(reply)
            return reply
        }
        try await store.commit("rewrite", key, Kept(reply: reply))
        return Asked(reply: reply, reused: false)
    }
}
