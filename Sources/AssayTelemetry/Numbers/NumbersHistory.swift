package import AssayModel
import Synchronization

/// Numbers of the last hour in a fixed amount of memory: a point each five seconds, and the snapshots that the next points need.
package final class NumbersHistory: Sendable {
    /// Time between two points.
    package static let interval = Duration.seconds(5)
    /// Points that are kept.
    package static let capacity = 720
    private static let minute = Duration.seconds(60)
    private static let hour = Duration.seconds(3_600)

    private struct Point {
        var time: Double
        var values: [Double?]
    }

    private struct State {
        /// Number of points ever taken.
        var count = 0
        /// A ring: the point with the number n is at n modulo `capacity`.
        var points: [Point] = []
        /// Snapshots of the last minute, oldest first.
        var recent: [MetricSnapshot] = []
        /// One snapshot a minute of the last hour, oldest first.
        var older: [MetricSnapshot] = []
    }

    private let registry: MetricRegistry
    private let clock: WaitingClock
    private let model: String
    private let started: Double
    private let state: Mutex<State>

    /// Begins to look; what was counted before is not seen.
    ///
    /// - Parameters:
    ///   - registry: What is counted.
    ///   - model: Name of the pipeline.
    ///   - clock: The time.
    package init(_ registry: MetricRegistry, model: String, clock: WaitingClock = .system) {
        self.registry = registry
        self.clock = clock
        self.model = model
        started = clock.unixTime()
        let first = registry.snapshot(at: clock.now())
        state = Mutex(State(recent: [first], older: [first]))
    }

    /// Takes a point each five seconds until the task is cancelled.
    package func follow() async {
        while true {
            do { try await clock.sleep(Self.interval) } catch { return }
            record()
        }
    }

    /// Takes a point now.
    package func record() {
        let snapshot = registry.snapshot(at: clock.now())
        let time = clock.unixTime()
        state.withLock { state in
            let windows = Self.windows(state, to: snapshot)
            let point = Point(time: time, values: ServiceNumbers.values(windows))
            if state.points.count < Self.capacity {
                state.points.append(point)
            } else {
                state.points[state.count % Self.capacity] = point
            }
            state.count += 1
            Self.keep(snapshot, Self.minute, every: .zero, in: &state.recent)
            Self.keep(snapshot, Self.hour, every: Self.minute, in: &state.older)
        }
    }

    /// The numbers now, and the points that a reader wants.
    ///
    /// - Parameters:
    ///   - after: Number of the last point that it has; nil for none.
    ///   - last: Points at most, the newest.
    /// - Returns: What `/dashboard.json` says.
    package func board(after: Int? = nil, last: Int? = nil) -> ServiceBoard {
        let snapshot = registry.snapshot(at: clock.now())
        let time = clock.unixTime()
        let (windows, first, points) = state.withLock { state in
            let oldest = state.count - state.points.count
            var first = min(state.count, max(oldest, after.map { $0 < state.count ? $0 + 1 : 0 } ?? 0))
            if let last { first = max(first, state.count - max(0, last)) }
            let points = (first..<state.count).map { state.points[$0 % Self.capacity] }
            return (Self.windows(state, to: snapshot), first, points)
        }
        var values: [String: [Double?]] = [:]
        for (position, key) in ServiceNumbers.keys.enumerated() { values[key] = points.map { $0.values[position] } }
        return ServiceBoard(
            model: model,
            started: started,
            time: time,
            interval: Self.interval / .seconds(1),
            panels: ServiceNumbers.panels.map { panel in
                ServiceBoard.Panel(
                    id: panel.id,
                    title: panel.title,
                    unit: panel.unit.rawValue,
                    about: panel.about,
                    isSparse: panel.isSparse,
                    lines: panel.lines.map { .init(key: $0.key, label: $0.label) }
                )
            },
            current: Dictionary(
                zip(ServiceNumbers.keys, ServiceNumbers.values(windows)),
                uniquingKeysWith: { first, _ in first }
            ),
            first: first,
            times: points.map(\.time),
            values: values,
            troubles: Self.troubles(windows, snapshot)
        )
    }

    /// Snapshots that are kept now, of the last minute and of the last hour.
    package var snapshots: (minute: Int, hour: Int) { state.withLock { ($0.recent.count, $0.older.count) } }

    /// The windows that end with a snapshot.
    private static func windows(_ state: State, to late: MetricSnapshot) -> ServiceNumbers.Windows {
        ServiceNumbers.Windows(
            minute: MetricWindow(from: state.recent.first ?? late, to: late),
            hour: MetricWindow(from: state.older.first ?? late, to: late)
        )
    }

    /// Adds a snapshot when the last is old enough, and drops those that are older than `span`, but not all.
    private static func keep(
        _ snapshot: MetricSnapshot,
        _ span: Duration,
        every step: Duration,
        in kept: inout [MetricSnapshot]
    ) {
        if let last = kept.last, snapshot.time - last.time < step { return }
        kept.append(snapshot)
        // The next point comes a step later and looks back from there.
        let limit = snapshot.time - span + max(step, interval)
        while kept.count > 1, kept[0].time < limit { kept.removeFirst() }
    }

    /// Failures of questions that are turned away, under the codes that clients see: they are counted as rejections already.
    private static let refusals: Set<String> = [
        "queue_full", "deadline_exceeded", "draining", "engine_unavailable", "request_limit", "token_limit",
    ]

    /// What was turned away and what failed since the start, by reason, the most frequent of the last minute first.
    private static func troubles(_ windows: ServiceNumbers.Windows, _ now: MetricSnapshot) -> [ServiceBoard.Trouble] {
        let start = MetricWindow(from: MetricSnapshot(at: .zero, [:]), to: now)
        func rows(
            _ kind: String,
            _ metric: MetricDefinition,
            label: Int,
            _ count: (MetricWindow, String) -> Double?
        )
            -> [ServiceBoard.Trouble]
        {
            start.values(of: label, in: metric).filter { !$0.isEmpty }.map { reason in
                ServiceBoard.Trouble(
                    kind: kind,
                    reason: reason,
                    lastMinute: count(windows.minute, reason) ?? 0,
                    sinceStart: count(start, reason) ?? 0
                )
            }
        }
        let rejected = rows("turned away", ServiceMetrics.rejections, label: 0) { window, reason in
            window.increase(ServiceMetrics.rejections) { $0[0] == reason }
        }
        let failed = rows("failed", ServiceMetrics.serverDuration, label: 2) { window, reason in
            window.observations(ServiceMetrics.serverDuration) { $0[2] == reason }
        }.filter { !refusals.contains($0.reason) }
        return (rejected + failed).filter { $0.sinceStart > 0 }.sorted {
            ($1.lastMinute, $1.sinceStart, $0.kind, $0.reason) < ($0.lastMinute, $0.sinceStart, $1.kind, $1.reason)
        }
    }
}
