import AssayModel
import AssayPipeline
import AssayTelemetry
import FoundationEssentials
import HTTPTypes
import Synchronization

/// Keeps a share of the served answers and has them judged in the background.
///
/// Answers go to the store at once and to judging one by one, while no user waits. Both queues are bounded: what does not fit is
/// counted, and what was kept is judged after the next start.
final class OnlineEvaluation: Sendable {
    /// A kept answer that waits for its judgement.
    private struct Waiting {
        var item: TrafficItem
        var tries = 0
    }

    private struct State {
        var arrived: [TrafficItem] = []
        var waiting: [Waiting] = []
        var judging: Task<Void, Never>?
        var isStopped = false
    }

    /// Answers that wait to be kept, and to be judged.
    static let room = 256
    /// Tries for one answer before it is left for the next start.
    private static let tries = 5
    /// Shortest and longest pause after a judge failed, in seconds; each failure doubles it.
    private static let pauses = 1.0...60.0
    private static let pruning = Duration.seconds(3_600)

    private let spec: OnlineSpec
    private let session: PipelineSession
    private let guards: EngineGuards
    private let judge: OnlineJudge
    private let meter: ServiceMeter
    private let now: @Sendable () -> String
    private let log: @Sendable (String) -> Void
    private let state = Mutex(State())
    private let (arrivals, arrival) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    private let (works, work) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

    /// Seats the judges; nil for a pipeline without `serve.online`.
    ///
    /// - Throws: `AssayError` with file and line for a judge that is not there.
    init?(
        _ session: PipelineSession,
        _ guards: EngineGuards,
        _ meter: ServiceMeter,
        deadline: Duration,
        now: @escaping @Sendable () -> String,
        log: @escaping @Sendable (String) -> Void
    ) throws {
        guard let spec = session.parts.spec.serve?.online else { return nil }
        let answering = session.parts.spec.answer?.engine
        self.spec = spec
        self.session = session
        self.guards = guards
        self.meter = meter
        self.now = now
        self.log = log
        judge = try OnlineJudge(session) { _, engine in
            guards.background(engine, behind: answering, limit: deadline)
        }
    }

    // MARK: what happens

    /// An answer was made: kept if it is chosen.
    ///
    /// Called on the question's way, so it waits for nothing.
    func answered(_ served: Served, _ caller: Caller, _ stages: [StageTime]) {
        guard spec.chooses(served.id) else { return }
        guard served.degraded == nil else { return missed(served.id, .degraded) }
        var item = TrafficItem(served.id, time: now(), session.parts, outcome: .answered)
        item.question = served.question
        item.searched = served.rewritten?.text
        item.history = served.history.isEmpty ? nil : served.history
        item.passages = served.passages
        item.answer = Answer(
            text: served.text,
            citations: served.citations,
            abstained: served.abstained,
            finish: served.finish,
            usage: served.usage
        )
        item.generation = served.generation
        item.engine = session.identity(ofEngine: served.engine)
        item.key = caller.name
        item.tenant = caller.tenant
        let time = served.stages.filter { ["embed", "search", "texts"].contains($0.stage) }
        item.retrieveMs = time.reduce(0) { $0 + $1.milliseconds }
        item.answerMs = stages.first { $0.stage == "generate" }?.milliseconds
        item.trace = TracedQuestion.current?.header
        take(item)
    }

    /// A question ended with an error: counted if it is chosen.
    ///
    /// Who was turned away is counted among the rejections, not here.
    func missed(_ id: String, _ error: any Error) {
        switch error {
        case is CancellationError: missed(id, .cancelled)
        case let failure as Failure where failure.status.code < 500 || failure.status == .serviceUnavailable: return
        default: missed(id, .failed)
        }
    }

    private func missed(_ id: String, _ outcome: TrafficItem.Outcome) {
        guard spec.chooses(id) else { return }
        take(TrafficItem(id, time: now(), session.parts, outcome: outcome))
    }

    private func take(_ item: TrafficItem) {
        let lost = state.withLock { state in
            state.arrived.append(item)
            return state.arrived.count > Self.room ? state.arrived.removeFirst() : nil
        }
        if lost != nil { count("dropped") }
        arrival.yield()
    }

    // MARK: work

    /// Keeps and judges until the task is cancelled; what has arrived by then is kept.
    func run() async {
        let judging = Task(priority: .utility) { await self.judgeAll() }
        let isLate = state.withLock { state in
            state.judging = judging
            return state.isStopped
        }
        if isLate { judging.cancel() }
        await withTaskCancellationHandler {
            for await _ in arrivals { await keepArrived() }
            await keepArrived()
        } onCancel: {
            judging.cancel()
        }
        judging.cancel()
        await judging.value
    }

    /// Ends judging, when the service ends: what is not judged is taken up after the next start.
    func stopJudging() {
        let judging = state.withLock { state in
            state.isStopped = true
            return state.judging
        }
        judging?.cancel()
    }

    private func keepArrived() async {
        let items = state.withLock { state in
            defer { state.arrived = [] }
            return state.arrived
        }
        for item in items {
            do {
                try await session.keep(item)
                if item.outcome == .answered { enqueue([Waiting(item: item)]) }
            } catch {
                count("dropped")
                log("a served answer could not be kept: \(error)")
            }
        }
    }

    private func enqueue(_ items: [Waiting]) {
        let lost = state.withLock { state in
            state.waiting += items
            let surplus = max(0, state.waiting.count - Self.room)
            state.waiting.removeFirst(surplus)
            return surplus
        }
        for _ in 0..<lost { count("dropped") }
        work.yield()
    }

    /// Takes up what was kept before, then judges whatever comes; prunes now and then.
    private func judgeAll() async {
        do {
            enqueue(try await session.unjudged(limit: Self.room).map { Waiting(item: $0) })
        } catch {
            log("kept answers cannot be read: \(error)")
        }
        var pause = Self.pauses.lowerBound
        var pruned: ContinuousClock.Instant?
        for await _ in works {
            if pruned.map({ ContinuousClock.now - $0 >= Self.pruning }) ?? true {
                pruned = .now
                await prune()
            }
            while !Task.isCancelled, let next = state.withLock({ $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() })
            {
                do {
                    try await judge(next.item)
                    pause = Self.pauses.lowerBound
                } catch {
                    guard !Task.isCancelled else { return }
                    if next.tries == 0 { log("a served answer is not judged yet: \(error)") }
                    retry(next)
                    try? await Task.sleep(for: .seconds(pause))
                    pause = min(Self.pauses.upperBound, pause * 2)
                }
            }
        }
    }

    private func retry(_ failed: Waiting) {
        let next = Waiting(item: failed.item, tries: failed.tries + 1)
        if next.tries < Self.tries { enqueue([next]) } else { count("dropped") }
    }

    private func judge(_ item: TrafficItem) async throws {
        // Metrics without a judge need the processor too.
        try await guards.quiet()
        let start = ContinuousClock.now
        let before = judge.calls
        let outcome = await TracedQuestion.within(item.trace) {
            await Result { try await self.judge.judge(item, now: self.now()) }
        }
        let scores = try outcome.get()
        let registry = meter.registry
        let after = judge.calls
        registry.observe(ServiceMetrics.stageDuration, (ContinuousClock.now - start) / .seconds(1), "judge")
        registry.add(ServiceMetrics.cacheRequests, Double(after.reused - before.reused), "judge", "hit")
        let made = (after.asked - after.reused) - (before.asked - before.reused)
        registry.add(ServiceMetrics.cacheRequests, Double(made), "judge", "miss")
        for (name, result) in scores.scores.sorted(by: { $0.key < $1.key }) {
            switch result.score {
            case .scored(let value):
                registry.observe(ServiceMetrics.onlineScore, value, name)
                registry.add(ServiceMetrics.onlineJudged, 1, name, "scored")
            case .notScored: registry.add(ServiceMetrics.onlineJudged, 1, name, "not_scored")
            case .notApplicable: registry.add(ServiceMetrics.onlineJudged, 1, name, "not_applicable")
            }
        }
    }

    private func prune() async {
        do {
            let gone = try await session.pruneTraffic(now: Date())
            if gone > 0 { log("\(gone) kept answers were old or too many and are gone") }
        } catch {
            log("old answers cannot be removed: \(error)")
        }
    }

    private func count(_ result: String) {
        for name in judge.names { meter.registry.add(ServiceMetrics.onlineJudged, 1, name, result) }
    }
}

extension Result where Failure == any Error {
    /// What an asynchronous body gives or throws.
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
