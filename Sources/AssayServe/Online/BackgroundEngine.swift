import AssayModel

/// A judge's engine behind the users: a call starts only while none of them waits and a slot is free, one at a time.
///
/// Where it is the engine that answers, the call holds one of its slots. What becomes of it never moves the users' circuit breaker.
final class BackgroundEngine: Engine {
    private let engine: any Engine
    private let shared: @Sendable () -> EngineGuards.Guard?
    private let first: @Sendable () -> EngineGuards.Guard?
    private let limit: Duration

    /// Creates an engine.
    ///
    /// - Parameters:
    ///   - engine: Who judges.
    ///   - shared: Its guards where users ask it too, nil otherwise.
    ///   - first: The guards of the engine that answers.
    ///   - limit: Longest time of a call.
    init(
        _ engine: any Engine,
        shared: @escaping @Sendable () -> EngineGuards.Guard?,
        first: @escaping @Sendable () -> EngineGuards.Guard?,
        limit: Duration
    ) {
        self.engine = engine
        self.shared = shared
        self.first = first
        self.limit = limit
    }

    var identity: EngineIdentity { engine.identity }
    var slots: Int { 1 }
    var keepsTextPlain: Bool { engine.keepsTextPlain }

    func prepare() async throws { try await engine.prepare() }

    func chat(_ request: ChatRequest, onDelta: (@Sendable (String) -> Void)?) async throws -> ChatReply {
        let shared = shared()
        guard let admission = (shared ?? first())?.admission else {
            return try await engine.chat(request, onDelta: onDelta)
        }
        return try await admission.inBackground(takingSlot: shared != nil) {
            if let shared, shared.breaker.position != .closed {
                throw AssayError("engine.failing", "the engine that answers is not available")
            }
            return try await before(ContinuousClock.now.advanced(by: limit)) { [engine] in
                try await engine.chat(request, onDelta: onDelta)
            }
        }
    }

    func countTokens(_ text: String) async throws -> Int? { try await engine.countTokens(text) }

    // The session ends its engines.
    func shutdown() async {}
}
