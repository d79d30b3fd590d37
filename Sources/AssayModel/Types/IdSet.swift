/// A set of small whole numbers (ordinals of a segment) as a bitmap.
public struct IdSet: Sendable, Equatable {
    /// The bitmap, 64 members a word, lowest bit first.
    public private(set) var words: [UInt64]
    /// Numbers that can be members: 0..<capacity.
    public let capacity: Int
    /// Number of members.
    public private(set) var count: Int

    /// An empty set, or the set of all numbers below `capacity`.
    public init(capacity: Int, full: Bool = false) {
        self.capacity = capacity
        words = [UInt64](repeating: full ? .max : 0, count: (capacity + 63) / 64)
        if full, capacity % 64 != 0 { words[words.count - 1] = (1 << UInt64(capacity % 64)) - 1 }
        count = full ? capacity : 0
    }

    /// Whether `id` is a member.
    public func contains(_ id: Int) -> Bool {
        words[id >> 6] & (1 << UInt64(id & 63)) != 0
    }

    /// Makes `id` a member.
    public mutating func insert(_ id: Int) {
        precondition(id >= 0 && id < capacity, "id out of range")
        if !contains(id) {
            words[id >> 6] |= 1 << UInt64(id & 63)
            count += 1
        }
    }

    /// Removes `id`.
    public mutating func remove(_ id: Int) {
        precondition(id >= 0 && id < capacity, "id out of range")
        if contains(id) {
            words[id >> 6] &= ~(1 << UInt64(id & 63))
            count -= 1
        }
    }

    /// The members in ascending order.
    public var members: [Int] {
        var result: [Int] = []
        result.reserveCapacity(count)
        for (index, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                result.append(index * 64 + rest.trailingZeroBitCount)
                rest &= rest - 1
            }
        }
        return result
    }

    /// The members that `other` has too; `other` has at least this capacity.
    public func intersection(_ other: IdSet) -> IdSet {
        combined(other) { $0 & $1 }
    }

    /// The members that `other` has not; `other` has at least this capacity.
    public func subtracting(_ other: IdSet) -> IdSet {
        combined(other) { $0 & ~$1 }
    }

    private func combined(_ other: IdSet, _ operation: (UInt64, UInt64) -> UInt64) -> IdSet {
        precondition(other.capacity >= capacity, "sets of different capacity")
        var result = self
        for index in words.indices { result.words[index] = operation(words[index], other.words[index]) }
        result.count = result.words.reduce(0) { $0 + $1.nonzeroBitCount }
        return result
    }
}
