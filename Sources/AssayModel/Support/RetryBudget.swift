import Synchronization

/// How many further tries the calls of one engine may make together, so that retries do not multiply the load on an engine that fails.
///
/// A token bucket as in Finagle: each call puts `share` of a try in, each further try takes one out; it starts full. Whoever sets
/// `current` lets the calls inside share it; without one, as in evaluations, only the number of tries of each call is bounded.
public final class RetryBudget: Sendable {
    /// The budget that calls draw on.
    @TaskLocal public static var current: RetryBudget?

    private struct State {
        var tries: Double
        var made = 0
        var denied = 0
    }

    private let share: Double
    private let most: Double
    private let state: Mutex<State>

    /// Creates a budget.
    ///
    /// - Parameters:
    ///   - share: Further tries a call earns, above 0.
    ///   - most: Tries that can be saved up, at least 1.
    public init(share: Double = 0.2, most: Double = 10) {
        self.share = share
        self.most = most
        state = Mutex(State(tries: most))
    }

    /// A call begins.
    public func deposit() {
        state.withLock { $0.tries = min(most, $0.tries + share) }
    }

    /// Asks for a further try.
    ///
    /// - Returns: False when the budget is spent.
    public func withdraw() -> Bool {
        state.withLock { state in
            guard state.tries >= 1 else {
                state.denied += 1
                return false
            }
            state.tries -= 1
            state.made += 1
            return true
        }
    }

    /// Further tries made, and those that were refused, since the start.
    public var counts: (made: Int, denied: Int) { state.withLock { ($0.made, $0.denied) } }
}
