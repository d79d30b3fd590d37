/// Holm's correction of p values over several tests (Holm 1979): the share of false alarms among all of them stays below the level,
/// whatever the tests' dependence.
package enum Holm {
    /// Adjusted p values.
    ///
    /// The k-th smallest of m values is multiplied by m − k + 1; a value is at least as large as those before it, and at most 1.
    ///
    /// - Parameter values: p values; nil for a test that was not made, which does not count.
    /// - Returns: The adjusted values in the same order.
    package static func adjusted(_ values: [Double?]) -> [Double?] {
        let order = values.indices.compactMap { index in values[index].map { (p: $0, index: index) } }
            .sorted { ($0.p, $0.index) < ($1.p, $1.index) }
        var adjusted = [Double?](repeating: nil, count: values.count)
        var largest = 0.0
        for (rank, test) in order.enumerated() {
            largest = max(largest, min(1, test.p * Double(order.count - rank)))
            adjusted[test.index] = largest
        }
        return adjusted
    }
}
