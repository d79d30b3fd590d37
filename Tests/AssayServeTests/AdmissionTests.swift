import AssayModel
import HTTPTypes
import Synchronization
import Testing

@testable import AssayServe

struct AdmissionTests {
    private static func limits(_ slots: Int, _ waiting: Int, perKey: Int? = nil) -> AdmissionQueue<Int>.Limits {
        .init(slots: slots, waiting: waiting, waitingPerKey: perKey ?? waiting, predictedWait: 1e9)
    }

    /// Random arrivals, releases and departures against the law: never more permits than slots, each given once and given back once.
    @Test(arguments: 0..<40)
    func theQueueKeepsItsLaw(_ seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let slots = 1 + random.index(below: 4)
        let room = random.index(below: 6)
        var queue = AdmissionQueue<Int>(limits: Self.limits(slots, room, perKey: 1 + random.index(below: 4)))
        var holding: Set<Int> = []
        var waiting: [Int: (key: String, deadline: Double)] = [:]
        var gone: Set<Int> = []
        var now = 0.0
        for ticket in 0..<600 {
            now += random.unit()
            switch random.index(below: 3) {
            case 0:
                let key = "k\(random.index(below: 3))"
                let deadline = now + random.unit() * 20
                switch queue.arrive(ticket, key: key, deadline: deadline) {
                case .admitted: holding.insert(ticket)
                case .waits: waiting[ticket] = (key, deadline)
                case .refused(let seconds):
                    #expect(holding.count == slots && seconds >= 1)
                    gone.insert(ticket)
                }
            case 1:
                guard let holder = holding.min() else { continue }
                holding.remove(holder)
                let (next, late) = queue.release(after: random.unit(), now: now)
                for ticket in late {
                    let deadline = waiting.removeValue(forKey: ticket)?.deadline
                    let isNew = gone.insert(ticket).inserted
                    #expect(deadline ?? .infinity <= now && isNew)
                }
                if let next {
                    let deadline = waiting.removeValue(forKey: next)?.deadline
                    let isNew = holding.insert(next).inserted
                    #expect(deadline ?? 0 > now && isNew && !gone.contains(next))
                }
            default:
                guard let leaver = waiting.keys.min(), let key = waiting[leaver]?.key else { continue }
                let left = [queue.leave(leaver, key: key), queue.leave(leaver, key: key)]
                #expect(left == [true, false])
                waiting[leaver] = nil
                gone.insert(leaver)
            }
            #expect(queue.inFlight == holding.count && holding.count <= slots)
            #expect(queue.waiting == waiting.count && waiting.count <= room)
            #expect(waiting.isEmpty || holding.count == slots)
        }
        while let holder = holding.min() {
            holding.remove(holder)
            if let next = queue.release(after: nil, now: now).next { holding.insert(next) }
        }
        #expect(queue.inFlight == 0 && queue.waiting == 0)
    }

    @Test func keysTakeTurns() {
        var queue = AdmissionQueue<Int>(limits: Self.limits(1, 20))
        _ = queue.arrive(0, key: "a", deadline: 1e9)
        for ticket in 1...5 { _ = queue.arrive(ticket, key: "a", deadline: 1e9) }
        _ = queue.arrive(6, key: "b", deadline: 1e9)
        _ = queue.arrive(7, key: "c", deadline: 1e9)
        let order = (0..<7).compactMap { _ in queue.release(after: 1, now: 0).next }
        #expect(order == [1, 6, 7, 2, 3, 4, 5])
    }

    @Test func aLongPredictedWaitIsRefused() {
        var queue = AdmissionQueue<Int>(limits: .init(slots: 2, waiting: 100, waitingPerKey: 100, predictedWait: 10))
        _ = queue.arrive(0, key: "", deadline: 1e9)
        _ = queue.arrive(1, key: "", deadline: 1e9)
        let third = queue.arrive(2, key: "", deadline: 1e9)
        let next = queue.release(after: 8, now: 0).next
        #expect(third == .waits && next == 2)
        // Two are out, a request takes 8 s on 2 slots: the first waits 4 s, the second 8 s, the third 12 s.
        let later = (3...5).map { queue.arrive($0, key: "", deadline: 1e9) }
        #expect(later == [.waits, .waits, .refused(afterSeconds: 12)])
    }

    /// Hundreds of tasks that are cancelled at any moment: all permits come back.
    @Test func cancelledTasksGiveTheirPermitsBack() async throws {
        let admission = Admission(limits: Self.limits(3, 50))
        let most = Box((now: 0, most: 0))
        var random = SeededRandom(seed: 11)
        let plans = (0..<300).map { _ in (hold: random.index(below: 4), cancel: random.index(below: 6)) }
        let deadline = ContinuousClock.now.advanced(by: .seconds(60))
        await withTaskGroup(of: Void.self) { group in
            for (number, plan) in plans.enumerated() {
                group.addTask {
                    let task = Task {
                        try await admission.withPermit(key: "k\(number % 5)", deadline: deadline) { _ in
                            most.value.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
                            defer { most.value.withLock { $0.now -= 1 } }
                            try await Task.sleep(for: .milliseconds(plan.hold))
                        }
                    }
                    if plan.cancel < 3 {
                        try? await Task.sleep(for: .milliseconds(plan.cancel))
                        task.cancel()
                    }
                    _ = await task.result
                }
            }
        }
        let counts = admission.counts
        #expect(counts.inFlight == 0 && counts.waiting == 0)
        #expect(most.value.withLock { $0.most } == 3)
    }

    @Test func theBreakerOpensTriesAndCloses() {
        let breaker = CircuitBreaker()
        for _ in 0..<4 { breaker.failed(now: 0) }
        #expect(breaker.pass(now: 0) == nil)
        breaker.failed(now: 0)
        #expect(breaker.position == .open(until: 2))
        #expect(breaker.pass(now: 1) == 1)
        #expect(breaker.pass(now: 2) == nil && breaker.position == .trying)
        #expect(breaker.pass(now: 2) != nil, "one request tries, the others wait for what it finds")
        breaker.failed(now: 3)
        #expect(breaker.position == .open(until: 7), "the pause doubles")
        #expect(breaker.pass(now: 7) == nil)
        breaker.abandoned(now: 8)
        #expect(breaker.pass(now: 8) == nil, "a client that left found nothing out")
        breaker.succeeded()
        #expect(breaker.position == .closed)
    }

    @Test func bucketsFillAndTokensAreChargedAfterwards() throws {
        let time = Box(0.0)
        let limits = RateLimits { time.value.withLock { $0 } }
        var caller = Caller.local
        caller.requestsPerMinute = 2
        try limits.admit(caller)
        try limits.admit(caller)
        #expect(throws: Failure.self) { try limits.admit(caller) }
        time.value.withLock { $0 = 31 }
        try limits.admit(caller)
        #expect(throws: Failure.self) { try limits.admit(caller) }
        caller = .local
        caller.name = "other"
        caller.tokensPerMinute = 100
        try limits.admit(caller)
        limits.spend(150, of: caller)
        do {
            try limits.admit(caller)
            Issue.record("the key has no tokens left")
        } catch {
            #expect(error.status == .tooManyRequests && error.code == "token_limit" && error.retryAfter == 31)
        }
        time.value.withLock { $0 = 63 }
        try limits.admit(caller)
    }
}

/// A value that tasks share.
private final class Box<Value: Sendable>: Sendable {
    let value: Mutex<Value>
    init(_ value: Value) { self.value = Mutex(value) }
}
