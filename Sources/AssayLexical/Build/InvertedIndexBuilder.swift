import AssayModel

/// Collects documents and writes them as one immutable index file.
///
/// One owner adds and writes; nothing else may use it at the same time. Memory: about 2 bytes for each distinct term of each document,
/// 16 bytes for each distinct term of each 4096 documents, and the dictionary; a million chunks of 45 distinct terms need
/// about 150 MB.
public final class InvertedIndexBuilder {
    /// How text becomes terms.
    public let options: LexicalOptions
    /// Documents so far; the next one has this ordinal.
    public private(set) var documentCount = 0
    /// Sum of the lengths of all documents, in terms.
    public private(set) var totalLength = 0

    private let extractor: TermExtractor
    private var lengths: [UInt32] = []
    private var postings: PostingsAccumulator
    private var isClosed = false

    /// An empty index.
    ///
    /// - Parameter options: How text becomes terms; k1 and b don't change the file.
    /// - Throws: `AssayError` "lexical.stemmer" when the stemming library lacks the algorithm.
    public init(options: LexicalOptions) throws {
        self.options = options
        extractor = try TermExtractor(options)
        postings = PostingsAccumulator()
    }

    /// Adds one document.
    ///
    /// - Parameter text: Its text; nothing of it is kept but its terms.
    /// - Returns: Its ordinal: 0 for the first, then one more each time.
    @discardableResult
    public func add(_ text: String) -> Int {
        precondition(!isClosed, "the index is written already")
        let ordinal = documentCount
        precondition(ordinal < IndexLayout.window << 16, "too many documents for one segment")
        var text = text
        // Taken out of the object for the loop, which else would check for exclusive access at each word.
        var open = PostingsAccumulator()
        swap(&open, &postings)
        let length = text.withUTF8 { bytes in
            var length = 0
            unsafe extractor.forEachTerm(in: bytes) { term in
                open.add(term)
                length &+= 1
            }
            return length
        }
        open.endDocument(length: length)
        swap(&open, &postings)
        lengths.append(UInt32(length))
        totalLength += length
        documentCount += 1
        return ordinal
    }

    /// Writes the index; nothing may be added afterwards.
    ///
    /// - Parameter path: File to write; the caller renames it into place. Equal documents and options give equal bytes.
    /// - Throws: `AssayError` "index.write" when it cannot be written, "index.too-large" when a table exceeds the format.
    public func write(to path: String) throws {
        isClosed = true
        postings.endWindow()
        let distinct = Set(lengths).sorted()
        let layout = IndexLayout(
            identityBytes: options.analysisIdentity.utf8.count,
            documents: documentCount,
            totalLength: totalLength,
            distinctLengths: distinct.count,
            terms: postings.terms.count,
            termBytes: extractor.terms.byteCount,
            entries: postings.entries.count,
            largeCounts: postings.large.count,
            postings: postings.count
        )
        if let complaint = layout.complaint {
            throw AssayError(
                "index.too-large",
                "the index cannot be written: \(complaint)",
                remedy: "use more segments"
            )
        }
        var writer = try IndexFileWriter(path)
        try write(distinct, layout, to: &writer)
        let order = termOrder()
        try write(dictionary: order, layout, to: &writer)
        try write(postingsOf: order.map(\.term), layout, to: &writer)
        try writer.finish(layout)
    }

    private func write(_ distinct: [UInt32], _ layout: IndexLayout, to writer: inout IndexFileWriter) throws {
        try writer.seek(to: layout.identityStart)
        for byte in options.analysisIdentity.utf8 { try writer.append(byte) }
        try writer.seek(to: layout.lengthsStart)
        for length in distinct { try writer.append(length) }
        try writer.seek(to: layout.codesStart)
        let codes = Dictionary(uniqueKeysWithValues: distinct.enumerated().map { ($1, UInt16($0)) })
        for length in lengths { try writer.append(codes[length] ?? 0) }
    }

    /// Terms by their bytes, ascending, with their first eight bytes as a number.
    private func termOrder() -> [(prefix: UInt64, term: Int)] {
        let terms = extractor.terms
        let keyed = (0..<postings.terms.count).map { (prefix: unsafe TermPrefix.of(terms.bytes(of: $0)), term: $0) }
        return keyed.sorted { left, right in
            if left.prefix != right.prefix { return left.prefix < right.prefix }
            return unsafe terms.bytes(of: left.term).lexicographicallyPrecedes(terms.bytes(of: right.term))
        }
    }

    private func write(
        dictionary order: [(prefix: UInt64, term: Int)],
        _ layout: IndexLayout,
        to writer: inout IndexFileWriter
    ) throws {
        let terms = extractor.terms
        try writer.seek(to: layout.prefixesStart)
        for item in order { try writer.append(item.prefix) }
        try writer.seek(to: layout.offsetsStart)
        var offset: UInt32 = 0
        for item in order {
            try writer.append(offset)
            offset += UInt32(unsafe terms.bytes(of: item.term).count)
        }
        try writer.append(offset)
        try writer.seek(to: layout.bytesStart)
        for item in order { try unsafe writer.append(contentsOf: terms.bytes(of: item.term)) }
    }

    private func write(
        postingsOf order: [Int],
        _ layout: IndexLayout,
        to writer: inout IndexFileWriter
    ) throws {
        let large = postings.largeByTerm()
        try writer.seek(to: layout.recordsStart)
        var record = TermRecord(postings: 0, entries: 0, largeCounts: 0)
        for term in order {
            try writer.append(record)
            record.postings += UInt64(postings.terms[term].documents)
            record.entries += postings.terms[term].entries
            record.largeCounts += UInt32(large[term]?.count ?? 0)
        }
        try writer.append(record)
        try writer.seek(to: layout.entriesStart)
        for term in order {
            var end: UInt32 = 0
            for entry in postings.entries(of: term) {
                end += UInt32(entry.count)
                try writer.append(
                    WindowEntry(
                        end: end,
                        window: entry.window,
                        mostOccurrences: entry.mostOccurrences,
                        shortest: entry.shortest
                    )
                )
            }
        }
        try writer.seek(to: layout.largeStart)
        for term in order {
            for item in large[term] ?? [] { try writer.append(item) }
        }
        try writer.seek(to: layout.postingsStart)
        for term in order {
            for entry in postings.entries(of: term) {
                try unsafe postings.withPostings(of: entry) { try unsafe writer.append(contentsOf: $0) }
            }
        }
    }
}

/// The first eight bytes of a term as a number that sorts as the bytes do.
enum TermPrefix {
    static func of(_ term: UnsafeBufferPointer<UInt8>) -> UInt64 {
        var prefix: UInt64 = 0
        for offset in 0..<8 {
            prefix = prefix << 8 | (offset < term.count ? UInt64(unsafe term[offset]) : 0)
        }
        return prefix
    }
}
