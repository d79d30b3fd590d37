import Synchronization

/// Does equal work that is asked for at once only one time: the first asker starts it, the others wait for the same outcome.
///
/// Law: the work is cancelled when, and only when, everyone who waits for it is cancelled; one who is cancelled alone comes back with
/// the others. What is finished is forgotten here: it is
/// the work itself that looks at the store first.
public final class SingleFlight<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Flight {
        var task: Task<Value, any Error>
        var waiting: Int
        var number: Int
    }

    private struct State {
        var flights: [Key: Flight] = [:]
        var next = 0
    }

    private let state = Mutex(State())

    /// Creates one without work.
    public init() {}

    /// The outcome of `body` under `key`.
    ///
    /// - Parameters:
    ///   - key: Equal keys mean equal work.
    ///   - body: The work.
    /// - Returns: Its value, and whether someone else had begun it.
    /// - Throws: What the work throws, or `CancellationError`.
    public func run(
        _ key: Key,
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> (value: Value, wasShared: Bool) {
        try Task.checkCancellation()
        let (task, number, wasShared) = state.withLock { state -> (Task<Value, any Error>, Int, Bool) in
            if var flight = state.flights[key] {
                flight.waiting += 1
                state.flights[key] = flight
                return (flight.task, flight.number, true)
            }
            let task = Task { try await body() }
            state.next += 1
            state.flights[key] = Flight(task: task, waiting: 1, number: state.next)
            return (task, state.next, false)
        }
        return try await withTaskCancellationHandler {
            defer { leave(key, number, isCancelled: false) }
            return (try await task.value, wasShared)
        } onCancel: {
            leave(key, number, isCancelled: true)
        }
    }

    private func leave(_ key: Key, _ number: Int, isCancelled: Bool) {
        state.withLock { state in
            guard var flight = state.flights[key], flight.number == number else { return }
            if !isCancelled {
                // Whoever comes back first ends the flight: its outcome is there.
                state.flights[key] = nil
                return
            }
            flight.waiting -= 1
            state.flights[key] = flight
            if flight.waiting == 0 {
                flight.task.cancel()
                state.flights[key] = nil
            }
        }
    }
}
