package import AssayModel
import Synchronization

/// What stands around each engine that answers; made before the session, which puts it around its engines.
package final class EngineGuards: Sendable {
    /// What stands around one engine.
    struct Guard: Sendable {
        let admission: Admission
        let breaker = CircuitBreaker()
        let retries = RetryBudget()
    }

    private let options: ServeOptions
    private let made = Mutex<[String: Guard]>([:])

    /// Creates guards.
    package init(_ options: ServeOptions) {
        self.options = options
    }

    /// Puts the guards around an engine; all generations of a session share them.
    package func wrap(_ engine: any Engine) -> any Engine {
        let name = engine.identity.name
        let one = made.withLock { made in
            if let known = made[name] { return known }
            let new = Guard(admission: Admission(limits: limits(slots: engine.slots)))
            made[name] = new
            return new
        }
        return GuardedEngine(engine, one)
    }

    /// The guards of an engine, nil before it was made.
    subscript(name: String) -> Guard? { made.withLock { $0[name] } }

    /// All guards with the names of their engines, by name.
    var all: [(name: String, guards: Guard)] {
        made.withLock { $0.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
    }

    /// An engine for work in the background, behind the users.
    ///
    /// - Parameters:
    ///   - engine: A judge's engine; where it answers too, it takes one of its slots.
    ///   - first: Name of the engine that answers, whose users go first.
    ///   - limit: Longest time of a call.
    /// - Returns: The engine behind the users.
    func background(_ engine: any Engine, behind first: String?, limit: Duration) -> any Engine {
        let name = engine.identity.name
        return BackgroundEngine(
            engine,
            shared: { self[name] },
            first: { first.flatMap { self[$0] } },
            limit: limit
        )
    }

    /// Waits until nobody waits for any engine and each has a free slot.
    func quiet() async throws {
        for one in all { try await one.guards.admission.inBackground(takingSlot: false) {} }
    }

    private func limits(slots: Int) -> AdmissionQueue<Int>.Limits {
        .init(
            slots: slots,
            waiting: options.queue,
            // One key never fills the whole queue, where there are several.
            waitingPerKey: options.keys == nil ? options.queue : max(1, options.queue / 2),
            predictedWait: options.maxWait / .seconds(1)
        )
    }
}
