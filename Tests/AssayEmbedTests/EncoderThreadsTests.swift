import AssayModel
import Synchronization
import Testing

@testable import AssayEmbed

#if canImport(Glibc)
import Glibc
#endif

struct EncoderThreadsTests {
    @Test(arguments: [1, 2, 7])
    func callsEveryNumberOnce(count: Int) async throws {
        let threads = EncoderThreads(count: count)
        let seen = Mutex<[Int]>([])
        try await threads.forEach(Array(0..<500)) { number in seen.withLock { $0.append(number) } }
        #expect(seen.withLock { $0.sorted() } == Array(0..<500))
        if count == 1 { #expect(seen.withLock(\.self) == Array(0..<500)) }
        try await threads.forEach([]) { _ in Issue.record("there is nothing to call") }
    }

    @Test func lastsOneBatchAfterAnother() async throws {
        let threads = EncoderThreads(count: 2)
        let total = Mutex(0)
        _ = try await concurrentMap(Array(0..<100), limit: 8) { batch in
            try await threads.forEach(Array(0..<batch % 7)) { number in total.withLock { $0 += number } }
        }
        // 0 + 1 + … below n is n(n − 1)/2: 0, 0, 1, 3, 6, 10, 15 for the seven sizes, 14 times each, and 0 and 0 once more.
        #expect(total.withLock(\.self) == 14 * 35)
    }

    @Test func stopsAtTheFirstError() async throws {
        let threads = EncoderThreads(count: 2)
        let calls = Mutex(0)
        await #expect(throws: AssayError("test.failed", "it failed")) {
            try await threads.forEach(Array(0..<10_000)) { number in
                calls.withLock { $0 += 1 }
                if number == 3 { throw AssayError("test.failed", "it failed") }
            }
        }
        #expect(calls.withLock(\.self) < 10_000)
        try await threads.forEach([1, 2, 3]) { _ in calls.withLock { $0 = 0 } }
        #expect(calls.withLock(\.self) == 0)
    }

    @Test func letsASmallBatchPassALargeOne() async throws {
        let threads = EncoderThreads(count: 1)
        let events = Events()
        async let large: Void = threads.forEach(Array(0..<2_000)) { _ in
            while !events.isOpen { usleep(1_000) }
            events.add("large")
        }
        async let small: Void = threads.forEach([0]) { _ in events.add("small") }
        try await Task.sleep(for: .milliseconds(20))
        events.open()
        _ = try await (large, small)
        let place = try #require(events.names.firstIndex(of: "small"))
        #expect(place < 2_000)
    }
}

/// What happened in which order, and a gate that calls wait at.
private final class Events: Sendable {
    private let state = Mutex((names: [String](), isOpen: false))

    var names: [String] { state.withLock(\.names) }
    var isOpen: Bool { state.withLock(\.isOpen) }

    func add(_ name: String) { state.withLock { $0.names.append(name) } }
    func open() { state.withLock { $0.isOpen = true } }
}
