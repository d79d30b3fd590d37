import AssayModel
import AssayTelemetry
import Synchronization

/// Keeps the spans that end.
final class KeptSpans: SpanSink {
    private let state = Mutex<[SpanRecord]>([])

    var spans: [SpanRecord] { state.withLock { $0 } }

    func take(_ span: SpanRecord) { state.withLock { $0.append(span) } }
}

/// A clock that tests move: sleeping takes no time and is written down.
final class StillClock: Sendable {
    private let state = Mutex((now: Duration.zero, pauses: [Duration]()))

    var pauses: [Duration] { state.withLock { $0.pauses } }

    /// The clock for retries; the schedule of batches and the limit of the flush, which wait longer, wait for ever.
    var clock: WaitingClock {
        WaitingClock(
            now: { self.state.withLock { $0.now } },
            unixTime: { 1_700_000_000 },
            sleep: { duration in
                if duration >= .seconds(30) { try await Task.sleep(for: .seconds(3600)) }
                self.state.withLock { state in
                    state.now += duration
                    state.pauses.append(duration)
                }
            }
        )
    }
}
