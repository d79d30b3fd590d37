/// One result of a search.
public struct Hit: Sendable, Codable, Equatable {
    /// Id of the chunk (or of the document, in document-level lists).
    public var id: String
    /// Score, higher is better; comparable only within one list.
    public var score: Double

    /// Creates a hit.
    public init(id: String, score: Double) {
        self.id = id
        self.score = score
    }

    /// The order that holds everywhere: score descending, then id by UTF-8 bytes descending (trec_eval's rule).
    public static func precedes(_ left: Hit, _ right: Hit) -> Bool {
        if left.score != right.score { return left.score > right.score }
        return right.id.utf8.lexicographicallyPrecedes(left.id.utf8)
    }
}

/// Hits in the order of `Hit.precedes`.
public struct RankedList: Sendable, Codable, Equatable {
    /// The hits, best first.
    public private(set) var hits: [Hit]

    /// Orders `hits` and keeps the best `depth` of them.
    public init(_ hits: [Hit], depth: Int = .max) {
        let ordered = hits.sorted(by: Hit.precedes)
        self.hits = ordered.count > depth ? Array(ordered.prefix(depth)) : ordered
    }
}
