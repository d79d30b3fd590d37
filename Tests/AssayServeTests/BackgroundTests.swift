import AssayModel
import Synchronization
import Testing

@testable import AssayServe

/// Work in the background behind users: the queue's rules, and the tasks over them.
struct BackgroundTests {
    private final class Counts: Sendable {
        let value = Mutex((slots: 0, most: 0, background: 0, mostBackground: 0))
    }

    private static func limits(_ slots: Int, _ waiting: Int) -> AdmissionQueue<Int>.Limits {
        .init(slots: slots, waiting: waiting, waitingPerKey: waiting, predictedWait: 1e9)
    }

    @Test func itStartsOnlyWhenNobodyWaitsAndASlotIsFree() {
        var queue = AdmissionQueue<Int>(limits: Self.limits(1, 5))
        _ = queue.arrive(0, key: "", deadline: 1e9)
        let early = queue.arriveInBackground(100, takesSlot: true)
        let waits = queue.arrive(1, key: "", deadline: 1e9)
        let second = queue.release(after: 1, now: 0).next
        let stillUser = queue.nextInBackground()
        let nobody = queue.release(after: 1, now: 0).next
        let background = queue.nextInBackground()
        #expect(!early && waits == .waits && second == 1 && stillUser == nil && nobody == nil && background == 100)
        // Of two pieces one runs; a user who comes meanwhile is next, though the other piece waited longer.
        let other = queue.arriveInBackground(101, takesSlot: true)
        let user = queue.arrive(2, key: "", deadline: 1e9)
        let next = queue.releaseBackground(now: 0).next
        let held = queue.nextInBackground()
        #expect(!other && user == .waits && next == 2 && held == nil && queue.inFlight == 1)
    }

    @Test func whoWaitsForItIsNotSentAway() {
        var queue = AdmissionQueue<Int>(
            limits: .init(slots: 1, waiting: 0, waitingPerKey: 0, predictedWait: 0)
        )
        _ = queue.arrive(0, key: "", deadline: 1e9)
        _ = queue.release(after: 9, now: 0)
        let background = queue.arriveInBackground(100, takesSlot: true)
        let first = queue.arrive(1, key: "", deadline: 1e9)
        let second = queue.arrive(2, key: "", deadline: 1e9)
        #expect(background && first == .waits)
        if case .refused = second {} else { Issue.record("the queue has no room for a second: \(second)") }
    }

    @Test func withoutASlotItWaitsForQuiet() {
        var queue = AdmissionQueue<Int>(limits: Self.limits(1, 5))
        let now = queue.arriveInBackground(100, takesSlot: false)
        #expect(now && queue.inFlight == 0 && queue.arrive(0, key: "", deadline: 1e9) == .admitted)
        let (next, late) = queue.releaseBackground(now: 0)
        #expect(next == nil && late.isEmpty && queue.inFlight == 1)
        let busy = queue.arriveInBackground(101, takesSlot: false)
        let left = [queue.leaveBackground(101), queue.leaveBackground(101)]
        #expect(!busy && left == [true, false])
    }

    /// Users and background work of any length, cancelled at any moment: never more than the slots, one background body at a time, and
    /// all permits come back.
    @Test func allPermitsComeBack() async throws {
        let admission = Admission(limits: Self.limits(2, 200))
        let counts = Counts()
        var random = SeededRandom(seed: 5)
        let plans = (0..<300).map { _ in
            (isUser: random.index(below: 2) == 0, hold: random.index(below: 3), cancel: random.index(below: 8))
        }
        let deadline = ContinuousClock.now.advanced(by: .seconds(60))
        await withTaskGroup(of: Void.self) { group in
            for plan in plans {
                group.addTask {
                    let task = Task {
                        let body: @Sendable () async throws -> Void = {
                            counts.value.withLock {
                                $0.slots += 1
                                $0.most = max($0.most, $0.slots)
                                if !plan.isUser { $0.background += 1 }
                                $0.mostBackground = max($0.mostBackground, $0.background)
                            }
                            defer {
                                counts.value.withLock {
                                    $0.slots -= 1
                                    if !plan.isUser { $0.background -= 1 }
                                }
                            }
                            try await Task.sleep(for: .milliseconds(plan.hold))
                        }
                        if plan.isUser {
                            try await admission.withPermit(key: "", deadline: deadline) { _ in try await body() }
                        } else {
                            try await admission.inBackground(takingSlot: true) { try await body() }
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
        #expect(admission.counts.inFlight == 0 && admission.counts.waiting == 0)
        let seen = counts.value.withLock { $0 }
        #expect(seen.most == 2 && seen.mostBackground == 1)
    }
}
