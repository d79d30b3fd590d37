/// A query term's place in the lists of one segment, moving from window to window.
@unsafe struct TermCursor {
    /// Number of repetitions in the query times inverse document frequency.
    let weight: Float
    private(set) var lists: TermLists
    /// The window of the current entry, `Int.max` at the end.
    private(set) var window = -1
    /// The postings of the current entry.
    private(set) var range = 0..<0
    private var next = 0
    private var nextLarge = 0

    init(weight: Float, lists: TermLists) {
        unsafe self.weight = weight
        unsafe self.lists = unsafe lists
    }

    /// The current entry.
    var entry: WindowEntry { unsafe lists.entries[next &- 1] }

    /// Goes to the next window that has the term.
    @inline(__always)
    mutating func advance(windows: Int) throws(Damage) {
        guard unsafe next < lists.entries.count else {
            unsafe window = Int.max
            return
        }
        let following = Int(unsafe lists.entries[next].window)
        guard unsafe following > window, following < windows else { throw Damage("windows are out of order") }
        unsafe range = try lists.range(of: next)
        unsafe window = following
        unsafe next &+= 1
    }

    /// The large counts of the current window; windows must be asked for in ascending order.
    mutating func largeCounts() -> UnsafeBufferPointer<LargeCount> {
        let base = unsafe window * IndexLayout.window
        while unsafe nextLarge < lists.large.count, unsafe Int(lists.large[nextLarge].document) < base {
            unsafe nextLarge += 1
        }
        var end = unsafe nextLarge
        // Both limits are checked: a damaged file may have them in any order.
        let documents = base..<base + IndexLayout.window
        while unsafe end < lists.large.count, unsafe documents.contains(Int(lists.large[end].document)) { end += 1 }
        return unsafe UnsafeBufferPointer(rebasing: lists.large[nextLarge..<end])
    }

    /// Whether the term has counts above what a posting holds.
    var hasLargeCounts: Bool { unsafe !lists.large.isEmpty }
}
