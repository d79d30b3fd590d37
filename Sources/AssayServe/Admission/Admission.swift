import AssayModel
import HTTPTypes
import Synchronization

/// Stands in front of an engine, whose own queue has no bound: lets in as many requests as it has slots, lets some wait, sends the rest away.
final class Admission: Sendable {
    private struct State {
        var queue: AdmissionQueue<Int>
        var next = 0
        var waiters: [Int: CheckedContinuation<Void, any Error>] = [:]
        /// Tickets whose task was cancelled before it began to wait.
        var cancelled: Set<Int> = []
    }

    private let state: Mutex<State>
    private let start = ContinuousClock.now

    init(limits: AdmissionQueue<Int>.Limits) {
        state = Mutex(State(queue: AdmissionQueue(limits: limits)))
    }

    /// What is going on; work in the background does not count.
    var counts: (inFlight: Int, waiting: Int, predictedWait: Double) {
        state.withLock { ($0.queue.inFlight - $0.queue.heldInBackground, $0.queue.waiting, $0.queue.predictedWait) }
    }

    private var now: Double { (ContinuousClock.now - start) / .seconds(1) }

    /// Runs `body` with a permit, which is given back when it ends, however it ends.
    ///
    /// - Parameters:
    ///   - key: Whose turn it is.
    ///   - deadline: Until when the request is worth an answer.
    ///   - body: Told how long the permit took.
    /// - Returns: What `body` returns.
    /// - Throws: `Failure` 429 when there is no room, 504 when the deadline passed while waiting; `CancellationError`.
    func withPermit<Result>(
        key: String,
        deadline: ContinuousClock.Instant,
        _ body: (_ waited: Duration) async throws -> Result
    ) async throws -> Result {
        let arrival = ContinuousClock.now
        try await enter(key, deadline: (deadline - start) / .seconds(1))
        let admitted = ContinuousClock.now
        do {
            let result = try await body(admitted - arrival)
            leave(after: (ContinuousClock.now - admitted) / .seconds(1))
            return result
        } catch {
            leave(after: nil)
            throw error
        }
    }

    private func enter(_ key: String, deadline: Double) async throws {
        let ticket = state.withLock { state in
            state.next += 1
            return state.next
        }
        defer { state.withLock { _ = $0.cancelled.remove(ticket) } }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let now: Result<Void, any Error>? = state.withLock { state in
                    if state.cancelled.contains(ticket) { return .failure(CancellationError()) }
                    switch state.queue.arrive(ticket, key: key, deadline: deadline) {
                    case .admitted: return .success(())
                    case .refused(let seconds): return .failure(Self.full(seconds))
                    case .waits:
                        state.waiters[ticket] = continuation
                        return nil
                    }
                }
                if let now { continuation.resume(with: now) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> CheckedContinuation<Void, any Error>? in
                guard state.queue.leave(ticket, key: key) else {
                    state.cancelled.insert(ticket)
                    return nil
                }
                return state.waiters.removeValue(forKey: ticket)
            }
            waiter?.resume(throwing: CancellationError())
        }
    }

    /// Runs `body` in the background: it starts when nobody waits and a slot is free, one such body at a time.
    ///
    /// - Parameters:
    ///   - takesSlot: Whether it asks the engine.
    ///   - body: What runs; a request that comes meanwhile waits at most until it ends.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws; `CancellationError`.
    func inBackground<Result>(takingSlot takesSlot: Bool, _ body: () async throws -> Result) async throws -> Result {
        try await enterBackground(takesSlot)
        defer { leave { $0.releaseBackground(now: $1) } }
        try Task.checkCancellation()
        return try await body()
    }

    private func enterBackground(_ takesSlot: Bool) async throws {
        let ticket = state.withLock { state in
            state.next += 1
            return state.next
        }
        defer { state.withLock { _ = $0.cancelled.remove(ticket) } }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let now: Result<Void, any Error>? = state.withLock { state in
                    if state.cancelled.contains(ticket) { return .failure(CancellationError()) }
                    if state.queue.arriveInBackground(ticket, takesSlot: takesSlot) { return .success(()) }
                    state.waiters[ticket] = continuation
                    return nil
                }
                if let now { continuation.resume(with: now) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> CheckedContinuation<Void, any Error>? in
                guard state.queue.leaveBackground(ticket) else {
                    state.cancelled.insert(ticket)
                    return nil
                }
                return state.waiters.removeValue(forKey: ticket)
            }
            waiter?.resume(throwing: CancellationError())
        }
    }

    private func leave(after seconds: Double?) {
        leave { $0.release(after: seconds, now: $1) }
    }

    /// Gives a permit back and wakes who is next: users first, then what waits in the background.
    private func leave(_ release: (inout AdmissionQueue<Int>, Double) -> (next: Int?, late: [Int])) {
        let time = now
        let (next, late) = state.withLock { state in
            let (next, late) = release(&state.queue, time)
            let woken = [next, state.queue.nextInBackground()].compactMap(\.self)
            return (
                woken.compactMap { state.waiters.removeValue(forKey: $0) },
                late.compactMap { state.waiters.removeValue(forKey: $0) }
            )
        }
        for waiter in late { waiter.resume(throwing: Failure.deadline) }
        for waiter in next { waiter.resume() }
    }

    private static func full(_ seconds: Double) -> Failure {
        .overloaded(
            "the engine is busy and the queue is full; try again in about \(Int(seconds.rounded(.up))) s",
            code: "queue_full",
            retryAfter: Int(min(120, seconds.rounded(.up)))
        )
    }
}

extension Failure {
    /// The total deadline passed.
    static var deadline: Failure {
        Failure(
            status: .gatewayTimeout,
            type: "server_error",
            code: "deadline_exceeded",
            message: "the answer did not come within the service's time limit"
        )
    }
}
