import Synchronization

/// Counts finished items and tells a listener at most ten times a second.
package final class Progress: Sendable {
    /// A line of progress.
    package struct Line: Sendable, Equatable {
        /// The stage.
        package var stage: String
        /// Items done in this run.
        package var done: Int
        /// Items to do, nil when not known.
        package var total: Int?
        /// Seconds since the stage began.
        package var seconds: Double
    }

    private struct State {
        var stage = ""
        var done = 0
        var total: Int?
        var started = ContinuousClock.now
        var told = ContinuousClock.now - .seconds(1)
    }

    private let state = Mutex(State())
    private let listener: @Sendable (Line) -> Void

    /// Creates a counter.
    package init(_ listener: @escaping @Sendable (Line) -> Void) {
        self.listener = listener
    }

    /// Says how many items a stage has.
    package func begin(_ stage: String, total: Int?) {
        state.withLock {
            $0 = State()
            $0.stage = stage
            $0.total = total
        }
    }

    /// Counts finished items.
    package func advance(_ stage: String, by count: Int = 1) {
        let line: Line? = state.withLock { state in
            if state.stage != stage {
                state = State()
                state.stage = stage
            }
            state.done += count
            let now = ContinuousClock.now
            guard now - state.told > .milliseconds(100) || state.done == state.total else { return nil }
            state.told = now
            return Line(
                stage: stage,
                done: state.done,
                total: state.total,
                seconds: (now - state.started) / .seconds(1)
            )
        }
        if let line { listener(line) }
    }
}
