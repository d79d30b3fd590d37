import Synchronization

/// Stops asking an engine that fails: after so many failures in a row nobody is let through for a while, then one request tries.
final class CircuitBreaker: Sendable {
    /// What it does now.
    enum Position: Equatable, Sendable {
        /// Everybody passes.
        case closed
        /// Nobody passes before this time, in seconds.
        case open(until: Double)
        /// One request is under way to find out.
        case trying
    }

    private struct State {
        var position = Position.closed
        var failures = 0
        var pause: Double
    }

    /// Failures in a row that open it.
    static let threshold = 5
    /// First pause and longest pause, in seconds; each failed try doubles it.
    static let pauses = 2.0...30.0

    private let state = Mutex(State(pause: pauses.lowerBound))

    /// What it does now.
    var position: Position { state.withLock { $0.position } }

    /// Asks to pass.
    ///
    /// - Parameter now: The time in seconds, on any clock that goes on.
    /// - Returns: nil to pass, else the seconds to wait.
    func pass(now: Double) -> Double? {
        state.withLock { state in
            switch state.position {
            case .closed: return nil
            case .trying: return state.pause
            case .open(let until):
                if now < until { return until - now }
                state.position = .trying
                return nil
            }
        }
    }

    /// A request that passed was answered, or failed for a reason of its own.
    func succeeded() {
        state.withLock { $0 = State(pause: Self.pauses.lowerBound) }
    }

    /// A request that passed was given up by its client: it says nothing of the engine.
    func abandoned(now: Double) {
        state.withLock { state in
            if state.position == .trying { state.position = .open(until: now) }
        }
    }

    /// A request that passed failed because of the engine.
    func failed(now: Double) {
        state.withLock { state in
            state.failures += 1
            switch state.position {
            case .trying:
                state.pause = min(Self.pauses.upperBound, state.pause * 2)
                state.position = .open(until: now + state.pause)
            case .closed where state.failures >= Self.threshold:
                state.position = .open(until: now + state.pause)
            default: break
            }
        }
    }
}
