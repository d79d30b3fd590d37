/// Runs `body` over `items`, at most `limit` at once; results keep the order of `items`.
///
/// The first error cancels the rest and is thrown.
public func concurrentMap<Item: Sendable, Result: Sendable>(
    _ items: [Item],
    limit: Int,
    _ body: @escaping @Sendable (Item) async throws -> Result
) async throws -> [Result] {
    try await withThrowingTaskGroup(of: (Int, Result).self) { group in
        var results = [Result?](repeating: nil, count: items.count)
        var next = 0
        func add() {
            guard next < items.count else { return }
            let index = next
            let item = items[index]
            next += 1
            group.addTask { (index, try await body(item)) }
        }
        for _ in 0..<max(1, limit) { add() }
        while let (index, value) = try await group.next() {
            results[index] = value
            add()
        }
        return results.compactMap(\.self)
    }
}
