import AssayModel
import Synchronization
import Testing

@Suite struct ConcurrencyTests {
    @Test(arguments: [1, 2, 7, 100])
    func keepsTheOrderAndTheLimit(_ limit: Int) async throws {
        let running = Atomic(0)
        let most = Atomic(0)
        let results = try await concurrentMap(Array(0..<50), limit: limit) { item in
            let now = running.wrappingAdd(1, ordering: .relaxed).newValue
            most.max(now, ordering: .relaxed)
            await Task.yield()
            running.subtract(1, ordering: .relaxed)
            return item * 2
        }
        #expect(results == (0..<50).map { $0 * 2 })
        #expect(most.load(ordering: .relaxed) <= limit)
    }

    @Test(arguments: [1, 4])
    func firstErrorEndsTheRest(_ limit: Int) async {
        struct Bad: Error {}
        let begun = Atomic(0)
        await #expect(throws: Bad.self) {
            _ = try await concurrentMap(Array(0..<10_000), limit: limit) { item in
                begun.add(1, ordering: .relaxed)
                if item == 3 { throw Bad() }
                await Task.yield()
            }
        }
        #expect(begun.load(ordering: .relaxed) < 10_000)
    }

    @Test func nothingToDoGivesNothing() async throws {
        #expect(try await concurrentMap([Int](), limit: 3) { $0 }.isEmpty)
    }
}
