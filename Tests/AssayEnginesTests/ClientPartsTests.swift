import AssayHTTP
import AssayModel
import Synchronization
import Testing

@testable import AssayEngines

struct ClientPartsTests {
    @Test(arguments: [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777.0), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Thu, 29 Feb 2024 12:00:00 GMT", 1_709_208_000), ("Wed, 31 Dec 2025 23:59:59 GMT", 1_767_225_599),
    ]) func readsHTTPDates(_ text: String, _ seconds: Double) {
        #expect(httpDate(text) == seconds)
    }

    @Test(arguments: ["", "soon", "06 Nov 1994 08:49:37 GMT", "Sun, 99 Nov 1994 08:49:37 GMT", "-1", "nan"])
    func ignoresWrongWaits(_ text: String) {
        #expect(
            RetryPolicy.retryAfter(HTTPHead(status: 429, headers: [HTTPHeader("Retry-After", text)]), unixTime: 0)
                == nil
        )
    }

    @Test func pausesGrowToEightSeconds() {
        let policy = RetryPolicy(maxRetries: 10, seed: 0, clock: .system)
        let longest = (1...7).map { policy.pause(before: $0, asked: nil, random: 0) }
        #expect(longest == [0.5, 1, 2, 4, 8, 8, 8].map { .seconds($0) })
        #expect(policy.pause(before: 1, asked: nil, random: 1) == .seconds(0.375))
        #expect(policy.pause(before: 1, asked: .seconds(120), random: 0) == .seconds(120))
        #expect(policy.pause(before: 1, asked: .seconds(121), random: 0) == nil)
    }

    @Test func jitterIsTheSameForASeedAndDiffersBetweenRequests() async throws {
        func pauses(_ seed: UInt64, _ key: String) async -> [Duration] {
            let time = TestClock()
            let policy = RetryPolicy(maxRetries: 2, seed: seed, clock: time.clock)
            _ = try? await policy.run(timeout: .seconds(60), key: key) { _, _ in
                throw TryFailure(error: AssayError("engine.http", "no"), mayRetry: true)
            }
            return time.pauses
        }
        #expect(await pauses(1, "a") == pauses(1, "a"))
        #expect(await pauses(1, "a") != pauses(2, "a"))
        #expect(await pauses(1, "a") != pauses(1, "b"))
    }

    @Test func callsShareABudgetOfTries() async throws {
        let budget = RetryBudget(share: 0.5, most: 3)
        let time = TestClock()
        let policy = RetryPolicy(maxRetries: 2, seed: 1, clock: time.clock)
        var tries = 0
        for number in 0..<6 {
            await RetryBudget.$current.withValue(budget) {
                budget.deposit()
                _ = try? await policy.run(timeout: .seconds(60), key: "\(number)") { _, _ in
                    tries += 1
                    throw TryFailure(error: AssayError("engine.http", "no"), mayRetry: true)
                }
            }
        }
        // 3 tries saved up, half a one earned by each call but the first, whose deposit finds the bucket full.
        #expect(tries == 6 + 5 && budget.counts.made == 5)
        // Without a budget every call has its own two.
        _ = try? await policy.run(timeout: .seconds(60), key: "alone") { _, _ in
            tries += 1
            throw TryFailure(error: AssayError("engine.http", "no"), mayRetry: true)
        }
        #expect(tries == 14 && budget.counts.made == 5)
    }

    @Test(arguments: [
        ("data: a\n\ndata: b\n\n", ["a", "b"]), ("data: a\r\n\r\ndata: b\r\r", ["a", "b"]),
        (": ping\n\ndata:x\ndata: y\nid: 3\nevent: e\n\n", ["x\ny"]), ("\u{feff}data: é😀\n\n", ["é😀"]),
        ("data\n\ndata: \n\n", [""]), ("data: [DONE]", ["[DONE]"]), ("\n\n\n", []),
    ]) func splitsEvents(_ stream: String, _ expected: [String]) throws {
        let bytes = Array(stream.utf8)
        for size in 1...max(1, bytes.count) {
            var parser = ServerSentEvents()
            var events: [String] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                events += try parser.feed(Array(bytes[start..<min(start + size, bytes.count)]))
            }
            if let last = parser.finish() { events.append(last) }
            #expect(events == expected, "parts of \(size) bytes")
        }
    }

    @Test func gateKeepsItsLimitAndItsOrder() async throws {
        let gate = SlotGate(slots: 2)
        let inside = Gauge()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await gate.withSlot {
                        inside.add(1)
                        try await Task.sleep(for: .microseconds(200))
                        inside.add(-1)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(inside.most == 2)
        #expect(gate.waiting == 0)
    }

    @Test func cancelledWaitersLeaveTheGate() async throws {
        let gate = SlotGate(slots: 1)
        try await gate.withSlot {
            await withTaskGroup(of: String.self) { group in
                for _ in 0..<10 { group.addTask { await errorCode { try await gate.withSlot {} } } }
                while gate.waiting < 10 { await Task.yield() }
                group.cancelAll()
                for await code in group { #expect(code == "CancellationError") }
            }
            #expect(gate.waiting == 0)
        }
        try await gate.withSlot {}
    }
}

/// A count and the most it ever was.
final class Gauge: Sendable {
    private let state = Mutex((now: 0, most: 0))
    var most: Int { state.withLock { $0.most } }

    func add(_ change: Int) {
        state.withLock { state in
            state.now += change
            state.most = max(state.most, state.now)
        }
    }
}
