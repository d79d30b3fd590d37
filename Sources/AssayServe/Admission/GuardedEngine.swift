import AssayModel
import NIOCore
import NIOPosix
import Synchronization

/// What of a request the engine's guard needs to know; it travels with the task.
final class RequestScope: Sendable {
    @TaskLocal static var current: RequestScope?

    /// Whose turn it takes in the queue.
    let key: String
    /// Until when the answer is wanted.
    let deadline: ContinuousClock.Instant
    private let onAdmitted: @Sendable () -> Void
    private let wait = Mutex<Duration?>(nil)

    init(key: String, deadline: ContinuousClock.Instant, onAdmitted: @escaping @Sendable () -> Void = {}) {
        self.key = key
        self.deadline = deadline
        self.onAdmitted = onAdmitted
    }

    /// Time in the queue, nil when the engine was not asked.
    var waited: Duration? { wait.withLock { $0 } }

    func admitted(after waited: Duration) {
        wait.withLock { $0 = waited }
        onAdmitted()
    }
}

/// An engine behind admission, circuit breaker and retry budget; what is measured of it is the engine's own.
final class GuardedEngine: Engine {
    private let engine: any Engine
    private let admission: Admission
    private let breaker: CircuitBreaker
    private let retries: RetryBudget
    private let start = ContinuousClock.now

    init(_ engine: any Engine, _ guards: EngineGuards.Guard) {
        self.engine = engine
        admission = guards.admission
        breaker = guards.breaker
        retries = guards.retries
    }

    var identity: EngineIdentity { engine.identity }
    var slots: Int { engine.slots }
    var keepsTextPlain: Bool { engine.keepsTextPlain }

    private var now: Double { (ContinuousClock.now - start) / .seconds(1) }

    func prepare() async throws { try await engine.prepare() }

    func chat(_ request: ChatRequest, onDelta: (@Sendable (String) -> Void)?) async throws -> ChatReply {
        let scope =
            RequestScope.current ?? RequestScope(key: "", deadline: ContinuousClock.now.advanced(by: .seconds(600)))
        if case .open(let until) = breaker.position, now < until { throw Self.isOpen(until - now) }
        // The request as a whole, this included, ends at its deadline: see `Service.serve`.
        return try await admission.withPermit(key: scope.key, deadline: scope.deadline) { waited in
            scope.admitted(after: waited)
            return try await pass(request, scope, onDelta)
        }
    }

    func countTokens(_ text: String) async throws -> Int? { try await engine.countTokens(text) }

    func shutdown() async { await engine.shutdown() }

    private func pass(
        _ request: ChatRequest,
        _ scope: RequestScope,
        _ onDelta: (@Sendable (String) -> Void)?
    ) async throws -> ChatReply {
        if let seconds = breaker.pass(now: now) { throw Self.isOpen(seconds) }
        retries.deposit()
        do {
            let reply = try await RetryBudget.$current.withValue(retries) {
                try await engine.chat(request, onDelta: onDelta)
            }
            breaker.succeeded()
            return reply
        } catch let error as AssayError where error.code == "engine.unavailable" {
            // A run goes on with its next question; a user has only this one, and another engine may have its answer.
            breaker.failed(now: now)
            throw AssayError("engine.failing", error.message)
        } catch let error as AssayError where error.concernsOneRequest {
            breaker.succeeded()
            throw error
        } catch is CancellationError {
            // An engine that keeps a request until its deadline has failed; a client that leaves says nothing of it.
            if ContinuousClock.now >= scope.deadline {
                breaker.failed(now: now)
            } else {
                breaker.abandoned(now: now)
            }
            throw CancellationError()
        } catch {
            breaker.failed(now: now)
            throw error
        }
    }

    private static func isOpen(_ seconds: Double) -> Failure {
        .unavailable(
            "the engine has failed several times; it is tried again in \(Int(seconds.rounded(.up))) s",
            code: "engine_unavailable",
            retryAfter: Int(seconds.rounded(.up))
        )
    }
}

/// Runs `body` until `deadline`, then cancels it.
///
/// - Throws: `Failure.deadline`, or what `body` throws.
func before<Value: Sendable>(
    _ deadline: ContinuousClock.Instant,
    _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await wait(until: deadline)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let value = first else { throw Failure.deadline }
        return value
    }
}

/// Waits; a wait that is cancelled leaves nothing behind, whereas `Task.sleep` keeps its timer until it would have ended.
private func wait(until deadline: ContinuousClock.Instant) async throws {
    let left = max(.zero, deadline - .now)
    let alarm = MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: TimeAmount(left)) {}
    try await withTaskCancellationHandler {
        try await alarm.futureResult.get()
    } onCancel: {
        alarm.cancel()
    }
}
