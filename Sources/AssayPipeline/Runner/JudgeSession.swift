import AssayEngines
import AssayModel
import AssayStore
import Synchronization
import Tracing

/// The journal of judge calls: a call that was made is never made again.
final class JudgeSession: Sendable {
    /// Counts of a run.
    struct Counts: Sendable {
        var calls = 0
        var reused = 0
        var promptTokens = 0
        var completionTokens = 0
    }

    private static let guardian = PromptGuard()
    private let engine: any Engine
    private let store: Store
    private let replicate: Int
    private let state = Mutex(Counts())

    init(engine: any Engine, store: Store, replicate: Int) {
        self.engine = engine
        self.store = store
        self.replicate = replicate
    }

    var counts: Counts { state.withLock { $0 } }

    /// Asks the judge, or the journal.
    func ask(_ call: JudgeCall) async throws -> JudgeReply {
        let key = ItemKey(
            "judge",
            try canonicalJSON(engine.identity),
            try canonicalJSON(call),
            "\(replicate)"
        )
        if let stored = try await store.item("judge", key, as: ChatReply.self) {
            state.withLock {
                $0.calls += 1
                $0.reused += 1
            }
            return JudgeReply(text: stored.text, finish: stored.finish)
        }
        // Passages and answers stand in the messages as they are: no literal of theirs may become a control token.
        let messages = call.messages.map {
            ChatMessage(role: $0.role, content: Self.guardian.neutralise($0.content).text)
        }
        let request = ChatRequest(
            messages: messages,
            maxTokens: call.maxTokens,
            seed: call.replicate + 1 + replicate * 1_000,
            schema: call.schema
        )
        let reply = try await withSpan("assay.judge") { span in
            span.attributes["assay.prompt"] = call.prompt
            return try await engine.chat(request, onDelta: nil)
        }
        try await store.commit("judge", key, reply)
        state.withLock {
            $0.calls += 1
            $0.promptTokens += reply.usage.promptTokens
            $0.completionTokens += reply.usage.completionTokens
        }
        return JudgeReply(text: reply.text, finish: reply.finish)
    }
}
