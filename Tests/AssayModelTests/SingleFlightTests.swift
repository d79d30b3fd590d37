import AssayModel
import Synchronization
import Testing

/// Equal work at once is done once.
struct SingleFlightTests {
    @Test func theFirstWorksAndTheOthersShare() async throws {
        let flights = SingleFlight<String, Int>()
        let begun = Mutex(0)
        let outcomes = try await concurrentMap(Array(0..<6), limit: 6) { number in
            try await flights.run(number < 5 ? "same" : "other") {
                begun.withLock { $0 += 1 }
                try await Task.sleep(for: .milliseconds(30))
                return 7
            }
        }
        #expect(outcomes.map(\.value) == Array(repeating: 7, count: 6))
        #expect(begun.withLock { $0 } == 2 && outcomes.count { $0.wasShared } == 4)
    }

    @Test func whatIsFinishedIsForgotten() async throws {
        let flights = SingleFlight<String, Int>()
        let first = try await flights.run("a") { 1 }
        let second = try await flights.run("a") { 2 }
        #expect(first.value == 1 && second.value == 2 && !second.wasShared)
    }

    @Test func oneWhoLeavesDoesNotEndTheWorkOfTheOthers() async throws {
        let flights = SingleFlight<String, Int>()
        let stays = Task { try await flights.run("a") { try await Self.work() } }
        try await Task.sleep(for: .milliseconds(10))
        let leaves = Task { try await flights.run("a") { 0 } }
        try await Task.sleep(for: .milliseconds(10))
        leaves.cancel()
        #expect(try await stays.value.value == 7)
    }

    @Test func theWorkEndsWhenEveryoneHasLeft() async throws {
        let flights = SingleFlight<String, Int>()
        let clock = ContinuousClock()
        let start = clock.now
        let tasks = (0..<3).map { _ in
            Task {
                try await flights.run("a") {
                    try await Task.sleep(for: .seconds(60))
                    return 0
                }
            }
        }
        try await Task.sleep(for: .milliseconds(20))
        for task in tasks { task.cancel() }
        for task in tasks { await #expect(throws: CancellationError.self) { try await task.value } }
        #expect(clock.now - start < .seconds(30))
        // A new asker starts anew.
        #expect(try await flights.run("a") { 3 }.value == 3)
    }

    private static func work() async throws -> Int {
        try await Task.sleep(for: .milliseconds(60))
        return 7
    }
}
