import AssayModel

/// Which documents of a segment a search may return.
struct LiveFilter {
    private let deleted: [UInt64]?
    private let allowed: [UInt64]?

    init(deleted: IdSet?, allowed: IdSet?) {
        self.deleted = deleted.flatMap { $0.count == 0 ? nil : $0.words }
        self.allowed = allowed?.words
    }

    /// Whether every document may be returned.
    var isOpen: Bool { deleted == nil && allowed == nil }

    @inline(__always)
    func contains(_ ordinal: Int) -> Bool {
        let bit = UInt64(1) << UInt64(ordinal & 63)
        if let deleted, deleted[ordinal >> 6] & bit != 0 { return false }
        if let allowed, allowed[ordinal >> 6] & bit == 0 { return false }
        return true
    }

    /// Whether no document of a window may be returned.
    func excludes(window: Int) -> Bool {
        guard !isOpen else { return false }
        let first = window * IndexLayout.window / 64
        let last = min(first + IndexLayout.window / 64, (allowed ?? deleted ?? []).count)
        for word in first..<last {
            let live = (allowed?[word] ?? .max) & ~(deleted?[word] ?? 0)
            if live != 0 { return false }
        }
        return true
    }
}
