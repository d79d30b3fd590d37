import FoundationEssentials

/// Time and waiting, injected; tests bring their own.
public struct WaitingClock: Sendable {
    /// Time since any fixed moment; it never runs backwards.
    public var now: @Sendable () -> Duration
    /// Seconds since 1970, for dates that servers send.
    public var unixTime: @Sendable () -> Double
    /// Waits; throws `CancellationError` when the task is cancelled.
    public var sleep: @Sendable (Duration) async throws -> Void

    /// Creates a clock.
    public init(
        now: @escaping @Sendable () -> Duration,
        unixTime: @escaping @Sendable () -> Double,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.now = now
        self.unixTime = unixTime
        self.sleep = sleep
    }

    /// The system's clocks.
    public static let system = {
        let start = ContinuousClock.now
        return WaitingClock(
            now: { start.duration(to: .now) },
            unixTime: { Date().timeIntervalSince1970 },
            sleep: { try await Task.sleep(for: $0) }
        )
    }()
}
