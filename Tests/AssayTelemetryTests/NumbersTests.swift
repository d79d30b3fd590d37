import AssayModel
import Synchronization
import Testing

@testable import AssayTelemetry

/// The numbers of dashboard and terminal from snapshots made by hand.
struct NumbersTests {
    private static let wait = MetricDefinition("w", .histogram, help: "W", labels: ["kind"], buckets: [0.1, 0.5, 1, 5])

    /// Counts by bucket, the last above all bounds.
    private static func window(_ early: [UInt64], _ late: [UInt64], sums: (Double, Double) = (0, 0)) -> MetricWindow {
        func snapshot(_ seconds: Int, _ counts: [UInt64], _ sum: Double) -> MetricSnapshot {
            let series = MetricSnapshot.Series(labels: ["a"], value: sum, counts: counts)
            return MetricSnapshot(at: .seconds(seconds), ["w": counts.isEmpty ? [] : [series]])
        }
        return MetricWindow(from: snapshot(10, early, sums.0), to: snapshot(70, late, sums.1))
    }

    /// Expected values are PromQL's `histogram_quantile` over the same increases.
    @Test(
        arguments: [
            (0.5, [0, 0, 0, 0, 0], [10, 0, 0, 0, 0], 0.05),
            (0.5, [0, 0, 0, 0, 0], [0, 10, 0, 0, 0], 0.3),
            (0.95, [0, 0, 0, 0, 0], [10, 5, 4, 1, 0], 1.0),
            (0.99, [0, 0, 0, 0, 0], [10, 5, 4, 1, 0], 4.2),
            (0.99, [0, 0, 0, 0, 0], [1, 0, 0, 0, 9], 5.0),
            (0.5, [100, 7, 0, 0, 0], [100, 7, 4, 0, 0], 0.75),
        ] as [(Double, [UInt64], [UInt64], Double)]
    )
    func quantilesAreOfTheIncrease(share: Double, early: [UInt64], late: [UInt64], expected: Double) throws {
        let value = try #require(Self.window(early, late).quantile(share, Self.wait))
        #expect(abs(value - expected) < 1e-9, "\(value)")
    }

    @Test func whatIsUnknownIsNil() {
        let quiet = Self.window([3, 0, 0, 0, 0], [3, 0, 0, 0, 0])
        #expect(quiet.quantile(0.5, Self.wait) == nil && quiet.mean(Self.wait) == nil)
        #expect(quiet.observations(Self.wait) == 0 && quiet.observationRate(Self.wait) == 0)
        let never = Self.window([], [])
        #expect(never.observations(Self.wait) == nil && never.rate(Self.wait) == nil && never.gauge(Self.wait) == nil)
        #expect(never.shareAtMost(0.5, Self.wait) { _ in true } == nil)
        let still = MetricWindow(from: MetricSnapshot(at: .seconds(1), [:]), to: MetricSnapshot(at: .seconds(1), [:]))
        #expect(still.rate(Self.wait) == nil)
    }

    @Test func ratesMeansAndSharesAreOfTheIncrease() {
        let window = Self.window([1, 1, 0, 0, 0], [1, 4, 1, 0, 2], sums: (10, 34))
        #expect(window.observations(Self.wait) == 6 && window.observationRate(Self.wait) == 0.1)
        #expect(window.mean(Self.wait) == 4 && window.rate(Self.wait) == 0.4)
        #expect(window.shareAtMost(0.5, Self.wait) { _ in true } == 0.5)
        #expect(window.shareAtMost(0.4, Self.wait) { _ in true } == nil, "no bucket ends at 0.4")
        #expect(window.observations(Self.wait) { $0 == ["b"] } == nil)
    }

    @Test func aMinuteOfAServiceIsTheseNumbers() {
        let time = HandClock()
        let registry = MetricRegistry()
        registry.set(ServiceMetrics.residentMemory, 1e6)
        let history = NumbersHistory(registry, model: "m", clock: time.clock)
        time.pass(.seconds(5))
        for status in ["200", "200", "200", "429", "503"] {
            registry.observe(ServiceMetrics.requestDuration, 1, "POST", "/v1/chat/completions", status)
        }
        registry.observe(ServiceMetrics.requestDuration, 1, "GET", "/metrics", "200")
        registry.add(ServiceMetrics.answers, 3, "m", "answered")
        registry.add(ServiceMetrics.answers, 1, "m", "refused")
        registry.add(ServiceMetrics.answers, 6, "m", "failed")
        registry.add(ServiceMetrics.rejections, 1, "queue_full")
        registry.observe(ServiceMetrics.timeToFirstToken, 0.07, "e")
        registry.observe(ServiceMetrics.serverDuration, 0.1, "chat", "e", "")
        registry.observe(ServiceMetrics.serverDuration, 50, "chat", "e", "engine.http")
        registry.observe(ServiceMetrics.serverDuration, 0.001, "chat", "e", "queue_full")
        registry.observe(ServiceMetrics.stageDuration, 0.003, "search")
        registry.observe(ServiceMetrics.tokenUsage, 400, "chat", "e", "input")
        registry.observe(ServiceMetrics.tokenUsage, 50, "chat", "e", "output")
        registry.add(ServiceMetrics.cacheRequests, 1, "answer", "hit")
        registry.add(ServiceMetrics.cacheRequests, 3, "answer", "miss")
        registry.set(ServiceMetrics.breakerState, 0, "e", "closed")
        registry.set(ServiceMetrics.breakerState, 1, "e", "half_open")
        registry.set(ServiceMetrics.queueDepth, 4)
        registry.observe(ServiceMetrics.onlineScore, 0.5, "faithfulness")
        for score in [0.9, 1, 1] { registry.observe(ServiceMetrics.onlineScore, score, "faithfulness") }
        registry.observe(ServiceMetrics.onlineScore, 0, "answer_relevance")
        registry.add(ServiceMetrics.feedback, 2, "up")
        time.pass(.seconds(5))
        let board = history.board()
        func now(_ key: String) -> Double? { board.current[key] ?? nil }
        #expect(now("requests_ok") == 0.3 && now("requests_client") == 0.1 && now("requests_server") == 0.1)
        #expect(now("questions_answered") == 0.3 && now("questions_cancelled") == 0)
        #expect(now("rejected_queue_full") == 0.1 && now("rejected_key") == 0)
        #expect(now("first_token_p50") == 0.07 && abs((now("answer_time_p99") ?? 0) - 0.1592) < 1e-12)
        #expect(now("stage_search_p50") == 0.00375 && now("stage_rerank_p50") == nil)
        #expect(now("tokens_in") == 40 && now("tokens_out") == 5)
        #expect(now("share_refused") == 0.25 && now("share_degraded") == 0)
        #expect(now("cache_answer") == 0.25 && now("cache_judge") == nil)
        #expect(now("breaker") == 1 && now("queue_depth") == 4 && now("in_flight") == nil)
        #expect(now("hallucination_rate") == 0.25 && now("faithfulness") == 0.85 && now("judged") == 4)
        #expect(now("feedback_up") == 2 && now("feedback_down") == 0)
        #expect(now("memory") == 1e6 && now("cost") == nil && now("token_time_p50") == nil)
        #expect(
            board.troubles == [
                .init(kind: "failed", reason: "engine.http", lastMinute: 1, sinceStart: 1),
                .init(kind: "turned away", reason: "queue_full", lastMinute: 1, sinceStart: 1),
            ]
        )
        // A minute later nothing of it is in the rates; the hour still has it.
        for _ in 0..<13 {
            time.pass(.seconds(5))
            history.record()
        }
        let later = history.board().current
        #expect(later["requests_ok"] == .some(0) && later["first_token_p50"] == .some(nil))
        #expect(later["judged"] == .some(4) && later["feedback_up"] == .some(2))
    }

    @Test func memoryIsBounded() {
        let time = HandClock()
        let registry = MetricRegistry([ServiceMetrics.feedback])
        let history = NumbersHistory(registry, model: "m", clock: time.clock)
        for _ in 0..<2_000 {
            registry.add(ServiceMetrics.feedback, 1, "up")
            time.pass(.seconds(5))
            history.record()
        }
        let board = history.board()
        #expect(board.times.count == 720 && board.first == 1_280)
        #expect(board.times.last == 1_000 + 10_000 && board.times.first == 1_000 + 10_000 - 719 * 5)
        #expect(history.snapshots.minute <= 12 && history.snapshots.hour <= 61, "\(history.snapshots)")
        // The hour is kept to the minute: 59 to 60 minutes of 12 steps each.
        #expect((708...720).contains((board.current["feedback_up"] ?? nil) ?? 0))
        #expect(Set(board.values.values.map(\.count)) == [720])
    }

    @Test func readersGetWhatTheyLack() {
        let time = HandClock()
        let history = NumbersHistory(MetricRegistry([]), model: "m", clock: time.clock)
        #expect(history.board().times.isEmpty)
        for _ in 0..<10 {
            time.pass(.seconds(5))
            history.record()
        }
        #expect(history.board(after: 6).first == 7 && history.board(after: 6).times.count == 3)
        #expect(history.board(after: 9).times.isEmpty && history.board(after: 9).first == 10)
        #expect(history.board(after: 500).times.count == 10, "a reader that knew another service starts anew")
        #expect(history.board(last: 2).first == 8 && history.board(last: 0).times.isEmpty)
    }

    @Test func theJSONIsRead() throws {
        let time = HandClock()
        let registry = MetricRegistry()
        let history = NumbersHistory(registry, model: "m", clock: time.clock)
        registry.set(ServiceMetrics.indexChunks, 123_456.789)
        registry.add(ServiceMetrics.rejections, 1, "key")
        time.pass(.seconds(5))
        history.record()
        let board = history.board()
        let json = try JSONValue(parsing: board.json.text)
        #expect(json["schema"] == 1 && json["interval"]?.doubleValue == 5 && json["first"] == 0)
        #expect(json["current"]?["cost"] == .null && json["values"]?["cost"] == [.null])
        #expect(json["current"]?["index_chunks"]?.doubleValue == 123_457)
        var read = try #require(ServiceBoard(json))
        #expect(read.current["index_chunks"] == .some(123_457))
        read.current = board.current
        read.values = board.values
        #expect(read == board)
        #expect(ServiceBoard(["schema": 1]) == nil && ServiceBoard(["model": "x"]) == nil)
    }

    @Test func everyNumberHasItsOwnName() {
        #expect(Set(ServiceNumbers.keys).count == ServiceNumbers.keys.count)
        #expect(Set(ServiceNumbers.panels.map(\.id)).count == ServiceNumbers.panels.count)
        #expect(ServiceNumbers.panels.allSatisfy { !$0.lines.isEmpty && !$0.about.hasSuffix(".") })
    }

    @Test(
        arguments: [
            (nil, .seconds, "–"), (0, .seconds, "0 s"), (0.000_25, .seconds, "250 µs"), (0.0712, .seconds, "71.2 ms"),
            (12.34, .seconds, "12.3 s"), (0.3333, .share, "33.3 %"), (0.05, .perSecond, "0.05/s"),
            (1, .breaker, "tries again"),
            (1_234_567, .count, "1,234,567"), (61_500_000, .bytes, "61.5 MB"), (0.002, .cores, "0.002"),
        ] as [(Double?, ServiceNumbers.Unit, String)]
    )
    func valuesAreWords(value: Double?, unit: ServiceNumbers.Unit, text: String) {
        #expect(BoardText.value(value, unit) == text)
    }

    @Test func aFrameFitsAndHostileTextIsCleaned() {
        let time = HandClock()
        let registry = MetricRegistry()
        let history = NumbersHistory(registry, model: "m\u{1B}[2J", clock: time.clock)
        registry.set(ServiceMetrics.queueDepth, 3)
        registry.observe(ServiceMetrics.serverDuration, 1, "chat", "e", "bad\u{1B}[31m")
        time.pass(.seconds(5))
        history.record()
        func clean(_ text: String) -> String { text.filter { $0 != "\u{1B}" } }
        for width in [40, 80, 120] {
            let lines = BoardText.frame(history.board(), at: "http://x", width: width, clean: clean)
            #expect(lines[0] == "m[2J · http://x · up 5 s · q ends")
            #expect(lines.allSatisfy { !$0.contains("\u{1B}") })
            #expect(
                lines.dropFirst().filter { !$0.contains("since the start") }.allSatisfy { $0.count <= max(width, 52) }
            )
            #expect(lines.contains { $0.hasPrefix("At the engine") && $0.contains("waiting 3") } || width == 40)
        }
        #expect(BoardText.sparkline([0, nil, 5, 10]) == "▁ ▅█" && BoardText.sparkline([nil]) == "")
        #expect(BoardText.cut("abcdef", 4) == "abc…")
    }
}

/// A clock that tests move.
private final class HandClock: Sendable {
    private let state = Mutex(Duration.zero)

    var clock: WaitingClock {
        WaitingClock(
            now: { self.state.withLock { $0 } },
            unixTime: { 1_000 + self.state.withLock { $0 } / .seconds(1) },
            sleep: { _ in throw CancellationError() }
        )
    }

    func pass(_ time: Duration) { state.withLock { $0 += time } }
}
