import AssayModel
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// How many deleted documents of a segment have a term: counted when first asked for, then remembered.
@safe final class DeletedFrequencies: Sendable {
    private static let unknown: UInt32 = .max

    private let segment: InvertedIndexSegment
    private let deleted: IdSet
    // Each element only ever changes from unknown to the one right number, atomically.
    nonisolated(unsafe) private let counts: UnsafeMutablePointer<Atomic<UInt32>>

    init(_ segment: InvertedIndexSegment, _ deleted: IdSet) {
        self.segment = segment
        self.deleted = deleted
        unsafe counts = .allocate(capacity: max(1, segment.layout.terms))
        for term in 0..<segment.layout.terms { unsafe (counts + term).initialize(to: Atomic(Self.unknown)) }
    }

    deinit {
        unsafe counts.deinitialize(count: segment.layout.terms)
        unsafe counts.deallocate()
    }

    func count(ofTerm term: Int) throws(Damage) -> Int {
        precondition(term >= 0 && term < segment.layout.terms, "no such term")
        let known = unsafe counts[term].load(ordering: .relaxed)
        if known != Self.unknown { return Int(known) }
        let lists = try unsafe segment.lists(ofTerm: term)
        var count: UInt32 = 0
        for index in unsafe lists.entries.indices {
            let base = Int(unsafe lists.entries[index].window) * IndexLayout.window
            for place in try unsafe lists.range(of: index) {
                let ordinal = base + Int(unsafe lists.postings[place]) >> 4
                guard ordinal < segment.documentCount else { throw Damage("a posting names no document") }
                if deleted.contains(ordinal) { count += 1 }
            }
        }
        unsafe counts[term].store(count, ordering: .relaxed)
        return Int(count)
    }
}

/// The natural logarithm of the C library.
func naturalLogarithm(_ value: Double) -> Double { log(value) }
