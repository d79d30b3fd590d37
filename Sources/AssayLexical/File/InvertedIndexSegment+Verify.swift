import AssayModel

extension InvertedIndexSegment {
    /// Reads the whole file: checksum, order of terms, and every list.
    ///
    /// - Throws: `AssayError` "index.damaged" with what is wrong.
    public func verify() throws {
        do {
            guard unsafe XXHash64.digest(body) == bodyChecksum else {
                throw Damage("its content does not match its checksum")
            }
            try verifyTerms()
            for term in 0..<layout.terms { try verifyLists(ofTerm: term) }
        } catch let damage as Damage {
            throw error(damage)
        }
    }

    private func verifyTerms() throws(Damage) {
        let prefixes = unsafe section(layout.prefixesStart, of: UInt64.self)
        var last: [UInt8]?
        for term in 0..<layout.terms {
            let bytes = try unsafe bytes(ofTerm: term)
            guard unsafe TermPrefix.of(bytes) == prefixes[term] else { throw Damage("a term has a wrong prefix") }
            let current = unsafe Array(bytes)
            if let last, !last.lexicographicallyPrecedes(current) { throw Damage("terms are out of order") }
            last = current
        }
    }

    private func verifyLists(ofTerm term: Int) throws(Damage) {
        let lists = try unsafe lists(ofTerm: term)
        var lastWindow = -1
        var large = 0
        guard unsafe (lists.entries.last.map { Int($0.end) } ?? 0) == lists.postings.count else {
            throw Damage("a list has no windows")
        }
        for index in unsafe lists.entries.indices {
            let entry = unsafe lists.entries[index]
            guard Int(entry.window) > lastWindow, Int(entry.window) < layout.windows else {
                throw Damage("windows are out of order")
            }
            lastWindow = Int(entry.window)
            try unsafe verify(entry, lists.range(of: index), lists, &large)
        }
        guard unsafe large == lists.large.count else { throw Damage("large counts belong to no posting") }
    }

    private func verify(
        _ entry: WindowEntry,
        _ range: Range<Int>,
        _ lists: TermLists,
        _ large: inout Int
    ) throws(Damage) {
        var last = -1
        for index in range {
            let posting = Int(unsafe lists.postings[index])
            let document = Int(entry.window) * IndexLayout.window + posting >> 4
            guard posting >> 4 > last, document < documentCount else { throw Damage("postings are out of order") }
            last = posting >> 4
            var occurrences = posting & 15
            if occurrences == 0 {
                guard unsafe large < lists.large.count, unsafe Int(lists.large[large].document) == document,
                    unsafe lists.large[large].occurrences > IndexLayout.largestCount
                else { throw Damage("a large count is missing") }
                occurrences = Int(unsafe lists.large[large].occurrences)
                large += 1
            }
            guard entry.mostOccurrences >= min(occurrences, 255),
                entry.shortest <= LengthFloor.code(length(of: document))
            else { throw Damage("a bound does not hold") }
        }
    }
}
