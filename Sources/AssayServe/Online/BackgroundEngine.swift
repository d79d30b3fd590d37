import AssayModel

/// A judge's engine behind the users: a call starts only while none of them waits and a slot is free, one at a time.
///
/// Where it is the engine that answers, the call holds one of its slots. What becomes of it never moves the users' circuit breaker.
final class BackgroundEngine: Engine {
    private let engine: any Engine
    private let admission: @Sendable () -> Admission?
    private let breaker: CircuitBreaker
    private let sharesEngine: Bool
    private let limit: Duration

    init(
        _ engine: any Engine,
        admission: @escaping @Sendable () -> Admission?,
        breaker: CircuitBreaker,
        _ sharesEngine: Bool,
        _ limit: Duration
    ) {
        self.engine = engine
        self.admission = admission
        self.breaker = breaker
        self.sharesEngine = sharesEngine
        self.limit = limit
    }

    var identity: EngineIdentity { engine.identity }
    var slots: Int { 1 }
    var keepsTextPlain: Bool { engine.keepsTextPlain }

    func prepare() async throws { try await engine.prepare() }

    func chat(_ request: ChatRequest, onDelta: (@Sendable (String) -> Void)?) async throws -> ChatReply {
        guard let admission = admission() else { return try await engine.chat(request, onDelta: onDelta) }
        return try await admission.inBackground(takingSlot: sharesEngine) {
            if sharesEngine, breaker.position != .closed {
                throw AssayError("engine.unavailable", "the engine that answers is not available")
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
