package import AssayModel

/// Passes requests on and hands every reply to a journal, for `ReplayEngine`.
package struct RecordingEngine: Engine {
    private let base: any Engine
    private let record: @Sendable (String) throws -> Void

    /// Wraps an engine.
    ///
    /// - Parameters:
    ///   - base: Answers.
    ///   - record: Appends a line, without line end, to the journal; called from several tasks.
    package init(_ base: any Engine, record: @escaping @Sendable (String) throws -> Void) {
        self.base = base
        self.record = record
    }

    package var identity: EngineIdentity { base.identity }
    package var slots: Int { base.slots }

    package func prepare() async throws { try await base.prepare() }

    package func chat(_ request: ChatRequest, onDelta: (@Sendable (String) -> Void)?) async throws -> ChatReply {
        let reply = try await base.chat(request, onDelta: onDelta)
        try record(ReplayJournal.line(for: request, reply: reply))
        return reply
    }

    package func countTokens(_ text: String) async throws -> Int? { try await base.countTokens(text) }

    package func shutdown() async { await base.shutdown() }
}
