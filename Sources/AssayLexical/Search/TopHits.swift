/// The best `k` documents so far: a heap with the worst on top.
struct TopHits {
    private struct Item {
        var score: Float
        var segment: Int32
        var ordinal: Int32

        var hit: KeywordHit { KeywordHit(segment: Int(segment), ordinal: Int(ordinal), score: Double(score)) }
    }

    /// The order of hits with equal scores.
    typealias Order = (KeywordHit, KeywordHit) -> Bool

    private let k: Int
    private var items: [Item] = []

    init(_ k: Int) {
        self.k = k
        items.reserveCapacity(min(k, 1_024))
    }

    /// The least score that may still get in; a score equal to it may.
    var threshold: Float { items.count < k ? .leastNonzeroMagnitude : items[0].score }

    /// Takes a document in if it is among the best `k`.
    @inline(__always)
    mutating func offer(score: Float, segment: Int, ordinal: Int, order: Order) {
        guard score >= threshold else { return }
        let item = Item(score: score, segment: Int32(segment), ordinal: Int32(ordinal))
        if items.count < k {
            items.append(item)
            siftUp(items.count - 1, order)
        } else if Self.isBetter(item, than: items[0], order) {
            items[0] = item
            siftDown(order)
        }
    }

    /// The hits, best first.
    func sorted(order: Order) -> [KeywordHit] {
        items.sorted { Self.isBetter($0, than: $1, order) }.map(\.hit)
    }

    private static func isBetter(_ left: Item, than right: Item, _ order: Order) -> Bool {
        if left.score != right.score { return left.score > right.score }
        return order(left.hit, right.hit)
    }

    private mutating func siftUp(_ start: Int, _ order: Order) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard Self.isBetter(items[parent], than: items[child], order) else { return }
            items.swapAt(parent, child)
            child = parent
        }
    }

    private mutating func siftDown(_ order: Order) {
        let item = items[0]
        var hole = 0
        while true {
            var child = 2 * hole + 1
            guard child < items.count else { break }
            if child + 1 < items.count, Self.isBetter(items[child], than: items[child + 1], order) { child += 1 }
            guard Self.isBetter(item, than: items[child], order) else { break }
            items[hole] = items[child]
            hole = child
        }
        items[hole] = item
    }
}
