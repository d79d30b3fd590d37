package import AssayModel
import Synchronization

/// An engine without a model: replies from a closure or a script, the same ones on every run.
package final class ScriptedEngine: Engine {
    private struct State {
        var requests: [ChatRequest] = []
        var calls = 0
    }

    /// Requests that are remembered.
    static let maxRecorded = 10_000

    package let identity: EngineIdentity
    package let slots: Int
    private let gate: SlotGate
    private let clock: WaitingClock
    private let delay: Duration
    private let tokenDelay: Duration
    private let answer: @Sendable (ChatRequest, _ call: Int) throws -> String
    private let state = Mutex(State())

    /// An engine whose replies `answer` makes, from the request and the number of the call, from 0.
    ///
    /// - Parameters:
    ///   - name: Name of the engine.
    ///   - version: Stands for what `answer` does in keys; nil when that is not to be reused.
    ///   - slots: Requests at once.
    ///   - delay: Time before each reply.
    ///   - clock: Time, for tests.
    ///   - answer: The reply, or an error to throw.
    package init(
        name: String = "scripted",
        version: String? = nil,
        slots: Int = 1,
        delay: Duration = .zero,
        clock: WaitingClock = .system,
        answer: @escaping @Sendable (ChatRequest, _ call: Int) throws -> String
    ) {
        identity = EngineIdentity(name: name, model: "script", modelHash: version, mode: "scripted", contextTokens: 0)
        self.slots = max(1, slots)
        gate = SlotGate(slots: slots)
        self.clock = clock
        self.delay = delay
        tokenDelay = .zero
        self.answer = answer
    }

    /// The engine of an entry with kind `scripted`; all of its script counts as its model.
    package init(_ config: EngineConfig, clock: WaitingClock = .system) {
        let script = config.script
        identity = EngineIdentity(
            name: config.name,
            model: config.model.isEmpty ? "script-\(script.mode.rawValue)" : config.model,
            modelHash: script.digest,
            mode: "scripted",
            contextTokens: config.contextTokens
        )
        slots = config.slots
        gate = SlotGate(slots: config.slots)
        self.clock = clock
        delay = script.delay
        tokenDelay = script.tokenDelay
        answer = { [name = config.name] request, call in try script.reply(to: request, call: call, engine: name) }
    }

    /// Calls so far, failed ones included.
    package var calls: Int { state.withLock { $0.calls } }
    /// The requests so far, in the order they were served; the first 10,000 of them.
    package var requests: [ChatRequest] { state.withLock { $0.requests } }

    package func prepare() async throws {}

    package func chat(_ request: ChatRequest, onDelta: (@Sendable (String) -> Void)?) async throws -> ChatReply {
        try await gate.withSlot {
            let start = clock.now()
            let call = state.withLock { state in
                if state.requests.count < Self.maxRecorded { state.requests.append(request) }
                state.calls += 1
                return state.calls - 1
            }
            try Task.checkCancellation()
            if delay > .zero { try await clock.sleep(delay) }
            let full = try answer(request, call)
            guard !full.isEmpty else {
                throw AssayError("engine.empty-reply", "engine '\(identity.name)' has an empty reply in its script")
            }
            let reply = scriptedReply(full, to: request)
            let first = clock.now()
            for (number, piece) in pieces(reply.text).enumerated() {
                if number > 0, tokenDelay > .zero { try await clock.sleep(tokenDelay) }
                onDelta?(piece)
            }
            var timed = reply
            timed.timings.totalMs = (clock.now() - start).inMilliseconds
            timed.timings.firstTokenMs = onDelta == nil ? nil : (first - start).inMilliseconds
            return timed
        }
    }

    /// Words of the text: the script's own tokens.
    package func countTokens(_ text: String) async throws -> Int? { pieces(text).count }

    package func shutdown() async {}
}

/// A reply with its usage in words; the token limit cuts it.
func scriptedReply(_ text: String, to request: ChatRequest) -> ChatReply {
    let words = pieces(text)
    if let count = request.topLogprobs { return FirstTokenScript(text).reply(to: request, top: count) }
    // A reply with a schema is never cut: half of a JSON value would test the reader, not the pipeline.
    let isCut = request.schema == nil && words.count > request.maxTokens
    let kept = isCut ? words.prefix(max(1, request.maxTokens)).joined() : text
    let prompt = request.messages.reduce(0) { $0 + pieces($1.content).count }
    return ChatReply(
        text: kept,
        finish: isCut ? .length : .stop,
        usage: Usage(promptTokens: prompt, completionTokens: isCut ? max(1, request.maxTokens) : words.count),
        timings: CallTimings(totalMs: 0)
    )
}

/// `text` in words, each with the white space after it; together they are the text.
func pieces(_ text: String) -> [String] {
    var result: [String] = []
    var word = ""
    var isInSpace = false
    for character in text {
        if isInSpace && !character.isWhitespace {
            result.append(word)
            word = ""
        }
        isInSpace = character.isWhitespace
        word.append(character)
    }
    if !word.isEmpty { result.append(word) }
    return result
}
