import AssayModel
import Synchronization

/// Orders the judge calls of one sample so that the engine's prefix cache hits.
///
/// The sample's metrics run side by side. Once each of them has come to a call (or to its end), the call that shares the longest
/// beginning with the one before goes first, and the others wait: so the calls over the same passages follow each other, whatever
/// metric they belong to. One call runs at a time. Equal replies give the same order.
final class CallOrder: Sendable {
    private struct Waiting {
        var metric: Int
        var number: Int
        var text: [UInt8]
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var unfinished: Set<Int>
        var waiting: [Waiting] = []
        var cancelled: Set<Int> = []
        var isBusy = false
        var last: [UInt8] = []
        var number = 0

        /// The call whose turn it is, nil when it is nobody's.
        mutating func next() -> Waiting? {
            guard !isBusy, unfinished.isSubset(of: Set(waiting.map(\.metric))) else { return nil }
            let ranked = waiting.indices.min { left, right in
                let (a, b) = (waiting[left], waiting[right])
                return (-shared(a.text), a.metric, a.number) < (-shared(b.text), b.metric, b.number)
            }
            guard let chosen = ranked else { return nil }
            isBusy = true
            last = waiting[chosen].text
            return waiting.remove(at: chosen)
        }

        private func shared(_ text: [UInt8]) -> Int { zip(text, last).prefix { $0 == $1 }.count }
    }

    private let state: Mutex<State>

    /// Orders the calls of metrics 0…`metrics` − 1.
    init(metrics: Int) { state = Mutex(State(unfinished: Set(0..<metrics))) }

    /// Makes a call when it is its turn.
    ///
    /// - Parameters:
    ///   - call: The call.
    ///   - metric: Number of the metric that makes it.
    ///   - body: Makes it.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws, or `CancellationError`.
    func run<Value: Sendable>(
        _ call: JudgeCall,
        of metric: Int,
        _ body: () async throws -> Value
    ) async throws -> Value {
        try await turn(metric, Array(call.messages.map(\.content).joined(separator: "\n").utf8))
        defer { passOn { $0.isBusy = false } }
        return try await body()
    }

    /// Notes that a metric makes no more calls.
    func finish(_ metric: Int) {
        passOn { $0.unfinished.remove(metric) }
    }

    private func passOn(_ change: (inout State) -> Void) {
        let next = state.withLock { state in
            change(&state)
            return state.next()
        }
        next?.continuation.resume()
    }

    private func turn(_ metric: Int, _ text: [UInt8]) async throws {
        let number = state.withLock { state in
            state.number += 1
            return state.number
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let isCancelled = state.withLock { $0.cancelled.remove(number) != nil }
                if isCancelled { return continuation.resume(throwing: CancellationError()) }
                passOn {
                    $0.waiting.append(
                        Waiting(metric: metric, number: number, text: text, continuation: continuation)
                    )
                }
                // Cancelled between the two locks: the handler found nobody to wake.
                if state.withLock({ $0.cancelled.remove(number) != nil }) { leave(number) }
            }
        } onCancel: {
            leave(number)
        }
    }

    private func leave(_ number: Int) {
        let found = state.withLock { state -> Waiting? in
            guard let place = state.waiting.firstIndex(where: { $0.number == number }) else {
                state.cancelled.insert(number)
                return nil
            }
            return state.waiting.remove(at: place)
        }
        found?.continuation.resume(throwing: CancellationError())
    }
}
