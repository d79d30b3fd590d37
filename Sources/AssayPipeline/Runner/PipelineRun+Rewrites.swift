import AssayModel

// Questions of conversations → queries.
extension PipelineRun {
    /// The queries of the questions that follow a conversation, by question id.
    ///
    /// Looked up and asked in blocks, as answers are: a block's new replies are committed one by one.
    func rewrites(
        of questions: [Question],
        _ rewriting: Rewriting?,
        _ results: inout RunResults,
        _ timings: inout RunTimings
    ) async throws -> [String: QueryRewrite] {
        guard let rewriting else { return [:] }
        let following = questions.filter { $0.history?.isEmpty == false }
        var summary = RewriteSummary(engine: rewriting.engine?.identity, questions: following.count, fallbacks: 0)
        let clock = ContinuousClock()
        let start = clock.now
        var count = StageCount("rewrite")
        count.items = following.count
        session.progress.begin("rewrite", total: following.count)
        var queries: [String: QueryRewrite] = [:]
        for first in stride(from: 0, to: following.count, by: Self.block) {
            try Task.checkCancellation()
            let block = following[first..<min(first + Self.block, following.count)]
            let outcomes = try await rewriting.rewrites(Array(block), traces) { session.progress.advance("rewrite") }
            for (question, outcome) in zip(block, outcomes) {
                queries[question.id] = outcome.rewrite
                summary.fallbacks += outcome.rewrite.fallback == nil ? 0 : 1
                results.neutralisedTokens += outcome.neutralised
                count.reused += outcome.reused ? 1 : 0
                count.promptTokens += outcome.usage?.promptTokens ?? 0
                count.completionTokens += outcome.usage?.completionTokens ?? 0
            }
        }
        count.time = clock.now - start
        results.rewrites = summary
        timings.stages.append(count.timing)
        return queries
    }
}
