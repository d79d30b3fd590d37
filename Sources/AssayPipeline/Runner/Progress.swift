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

    private struct Stage {
        var done = 0
        var total: Int?
        var started = ContinuousClock.now
    }

    private let state = Mutex<(stages: [String: Stage], told: ContinuousClock.Instant)>(([:], .now - .seconds(1)))
    private let listener: @Sendable (Line) -> Void

    /// Creates a counter.
    package init(_ listener: @escaping @Sendable (Line) -> Void) {
        self.listener = listener
    }

    /// Says how many items a stage has.
    package func begin(_ stage: String, total: Int?) {
        state.withLock { $0.stages[stage] = Stage(total: total) }
    }

    /// Counts finished items; stages may take turns, as they do while a corpus streams.
    package func advance(_ stage: String, by count: Int = 1) {
        let line: Line? = state.withLock { state in
            var entry = state.stages[stage] ?? Stage()
            entry.done += count
            state.stages[stage] = entry
            let now = ContinuousClock.now
            guard now - state.told > .milliseconds(100) || entry.done == entry.total else { return nil }
            state.told = now
            return Line(
                stage: stage,
                done: entry.done,
                total: entry.total,
                seconds: (now - entry.started) / .seconds(1)
            )
        }
        if let line { listener(line) }
    }
}
