/// Postings of documents in the order of their arrival, turned into lists by term at the end of each window.
struct PostingsAccumulator {
    /// What is known of a term.
    struct Term {
        /// Documents that have it, of all closed windows.
        var documents: UInt32 = 0
        /// Windows that have it.
        var entries: UInt32 = 0
        /// Its entry in the last window, `UInt32.max` when it has none.
        var lastEntry: UInt32 = .max
        /// One more than the last document that had it, and where that posting is in the open window.
        var lastDocument: UInt32 = 0
        var lastPlace: UInt32 = 0
        /// Documents of the open window that have it; then where its next posting goes.
        var open: UInt32 = 0
    }

    /// The postings of a term in one window.
    struct Entry {
        var previous: UInt32
        var start: UInt32
        var count: UInt16
        var window: UInt16
        var mostOccurrences: UInt8
        var shortest: UInt8
    }

    private struct OpenPosting {
        var term: UInt32
        var occurrences: UInt32
        var document: UInt16
    }

    private(set) var terms: [Term] = []
    private(set) var entries: [Entry] = []
    private(set) var large: [(term: Int, item: LargeCount)] = []
    /// Postings of all closed windows.
    private(set) var count = 0

    private var windows: [[UInt16]] = []
    private var openPostings: [OpenPosting] = []
    private var openTerms: [UInt32] = []
    private var openLengths: [UInt32] = []
    private var document: UInt32 = 0

    /// Counts one occurrence of `term` in the current document.
    @inline(__always)
    mutating func add(_ term: Int) {
        if term >= terms.count { addTerms(upTo: term) }
        if terms[term].lastDocument == document &+ 1 {
            openPostings[Int(terms[term].lastPlace)].occurrences &+= 1
            return
        }
        if terms[term].open == 0 { openTerms.append(UInt32(truncatingIfNeeded: term)) }
        terms[term].lastDocument = document &+ 1
        terms[term].lastPlace = UInt32(truncatingIfNeeded: openPostings.count)
        terms[term].open &+= 1
        openPostings.append(
            OpenPosting(
                term: UInt32(truncatingIfNeeded: term),
                occurrences: 1,
                document: UInt16(truncatingIfNeeded: openLengths.count)
            )
        )
    }

    @inline(never)
    private mutating func addTerms(upTo term: Int) {
        while terms.count <= term { terms.append(Term()) }
    }

    mutating func endDocument(length: Int) {
        document += 1
        openLengths.append(UInt32(length))
        if openLengths.count == IndexLayout.window { endWindow() }
    }

    /// Closes the window; one that is not full is the last.
    mutating func endWindow() {
        guard !openLengths.isEmpty else { return }
        let window = Int(document - 1) / IndexLayout.window
        let firstEntry = entries.count
        appendEntries(window: UInt16(window))
        fill(window: window, firstEntry: firstEntry)
        for term in openTerms { terms[Int(term)].open = 0 }
        openPostings.removeAll(keepingCapacity: true)
        openTerms.removeAll(keepingCapacity: true)
        openLengths.removeAll(keepingCapacity: true)
    }

    /// One entry for each term of the window, in the order of first appearance; `lastPlace` becomes the entry's next free place.
    private mutating func appendEntries(window: UInt16) {
        var start: UInt32 = 0
        for id in openTerms {
            let term = Int(id)
            let documents = terms[term].open
            entries.append(
                Entry(
                    previous: terms[term].lastEntry,
                    start: start,
                    count: UInt16(documents),
                    window: window,
                    mostOccurrences: 0,
                    shortest: .max
                )
            )
            terms[term].lastEntry = UInt32(entries.count - 1)
            terms[term].entries += 1
            terms[term].documents += documents
            terms[term].open = start
            start += documents
        }
    }

    private mutating func fill(window: Int, firstEntry: Int) {
        let base = UInt32(window * IndexLayout.window)
        var sorted = [UInt16](repeating: 0, count: openPostings.count)
        for posting in openPostings {
            let term = Int(posting.term)
            let entry = Int(terms[term].lastEntry)
            let fits = posting.occurrences <= IndexLayout.largestCount
            sorted[Int(terms[term].open)] = posting.document << 4 | (fits ? UInt16(posting.occurrences) : 0)
            terms[term].open += 1
            if !fits {
                let item = LargeCount(document: base + UInt32(posting.document), occurrences: posting.occurrences)
                large.append((term, item))
            }
            let most = UInt8(min(posting.occurrences, 255))
            entries[entry].mostOccurrences = max(entries[entry].mostOccurrences, most)
            let shortest = LengthFloor.code(Int(openLengths[Int(posting.document)]))
            entries[entry].shortest = min(entries[entry].shortest, shortest)
        }
        count += sorted.count
        windows.append(sorted)
    }

    /// The entries of `term` by window.
    func entries(of term: Int) -> [Entry] {
        var result: [Entry] = []
        result.reserveCapacity(Int(terms[term].entries))
        var next = terms[term].lastEntry
        while next != .max {
            result.append(entries[Int(next)])
            next = entries[Int(next)].previous
        }
        return result.reversed()
    }

    /// The large counts of each term that has some, by document.
    func largeByTerm() -> [Int: [LargeCount]] {
        Dictionary(grouping: large, by: \.term).mapValues { items in
            items.map(\.item).sorted { $0.document < $1.document }
        }
    }

    func withPostings<Result>(
        of entry: Entry,
        _ body: (UnsafeBufferPointer<UInt16>) throws -> Result
    ) rethrows -> Result {
        let start = Int(entry.start)
        return try unsafe windows[Int(entry.window)].withUnsafeBufferPointer { postings in
            try unsafe body(UnsafeBufferPointer(rebasing: postings[start..<start + Int(entry.count)]))
        }
    }
}
