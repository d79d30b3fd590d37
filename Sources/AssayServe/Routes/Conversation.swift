import AssayModel
import AssayPipeline

extension Service {
    /// Whether a request may be a conversation.
    var takesConversations: Bool { live.opened.answers && live.opened.rewrites }

    /// The query of a question that follows a conversation.
    ///
    /// It waits at the engine as an answer does, but says nothing of it to the client: a stream begins with its answer. Where the engine
    /// is gone and passages would be given without an answer, the previous turns make the query.
    func rewritten(
        _ question: String,
        after history: [Turn],
        _ opened: OpenedPipeline,
        _ caller: Caller,
        deadline: ContinuousClock.Instant
    ) async throws -> Rewritten {
        guard !history.isEmpty else { return Rewritten() }
        do {
            let scope = RequestScope(key: caller.name, deadline: deadline)
            let rewritten = try await RequestScope.$current.withValue(scope) {
                try await opened.rewrite(question, after: history)
            }
            if let waited = scope.waited { meter.waited(waited) }
            if let usage = rewritten.usage {
                limits.spend(usage.promptTokens + usage.completionTokens, of: caller)
                meter.rewrote(usage, engine: live.session.parts.rewriter?.product.engine ?? "none")
            }
            return rewritten
        } catch {
            guard options.degrades, Self.isEngineGone(error) else { throw error }
            log("a question is searched for with its previous turns: \(error)")
            return try await opened.rewrite(question, after: history, engineIsGone: "the engine is not available")
        }
    }
}
