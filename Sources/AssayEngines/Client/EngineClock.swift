import FoundationEssentials

/// Time as engines see it; tests put in their own.
package struct EngineClock: Sendable {
    /// Time since any fixed moment; it never runs backwards.
    package var now: @Sendable () -> Duration
    /// Seconds since 1970, for dates that servers send.
    package var unixTime: @Sendable () -> Double
    /// Waits; throws `CancellationError` when the task is cancelled.
    package var sleep: @Sendable (Duration) async throws -> Void

    package init(
        now: @escaping @Sendable () -> Duration,
        unixTime: @escaping @Sendable () -> Double,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.now = now
        self.unixTime = unixTime
        self.sleep = sleep
    }

    /// The system's clocks.
    package static let system = {
        let start = ContinuousClock.now
        return EngineClock(
            now: { start.duration(to: .now) },
            unixTime: { Date().timeIntervalSince1970 },
            sleep: { try await Task.sleep(for: $0) }
        )
    }()
}

extension Duration {
    /// Milliseconds with their fraction.
    var inMilliseconds: Double {
        Double(components.seconds) * 1e3 + Double(components.attoseconds) * 1e-15
    }
}
