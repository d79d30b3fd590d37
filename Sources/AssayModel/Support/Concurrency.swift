import Synchronization

/// Runs `body` over `items`, at most `limit` at once; results keep the order of `items`.
///
/// So many workers take item after item: a task an item would cost more than a small item's work. With one worker all of it runs in the
/// caller's task. The first error cancels the rest and is thrown.
public func concurrentMap<Item: Sendable, Result: Sendable>(
    _ items: [Item],
    limit: Int,
    _ body: @escaping @Sendable (Item) async throws -> Result
) async throws -> [Result] {
    guard limit > 1, items.count > 1 else {
        var results: [Result] = []
        results.reserveCapacity(items.count)
        for item in items {
            try Task.checkCancellation()
            results.append(try await body(item))
        }
        return results
    }
    let next = SharedCounter()
    return try await withThrowingTaskGroup(of: [(Int, Result)].self) { group in
        for _ in 0..<min(limit, items.count) {
            group.addTask {
                var done: [(Int, Result)] = []
                while let index = next.take(below: items.count) {
                    try Task.checkCancellation()
                    done.append((index, try await body(items[index])))
                }
                return done
            }
        }
        var results = [Result?](repeating: nil, count: items.count)
        for try await done in group {
            for (index, value) in done { results[index] = value }
        }
        return results.compactMap(\.self)
    }
}

/// Numbers from 0, each given out once.
private final class SharedCounter: Sendable {
    private let value = Atomic(0)

    /// The next number, nil from `limit` on.
    func take(below limit: Int) -> Int? {
        let number = value.wrappingAdd(1, ordering: .relaxed).oldValue
        return number < limit ? number : nil
    }
}
