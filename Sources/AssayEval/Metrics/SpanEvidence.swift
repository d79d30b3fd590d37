import AssayModel

/// The gold evidence of a sample, by document: overlapping gold spans count as one span.
struct SpanEvidence: Sendable {
    /// One piece of evidence.
    struct Span: Sendable, Equatable {
        var document: String
        var range: Range<Int>
    }

    /// The merged spans, by document id and start.
    let spans: [Span]
    private let gold: [String: ByteRanges]

    /// Merges spans that share a byte; spans that only touch stay two pieces of evidence.
    init(_ gold: [GoldSpan]) {
        var merged: [Span] = []
        let ordered = gold.sorted { ($0.document, $0.start, $0.end) < ($1.document, $1.start, $1.end) }
        for span in ordered where span.start < span.end {
            if let last = merged.last, last.document == span.document, span.start < last.range.upperBound {
                let end = max(last.range.upperBound, span.end)
                merged[merged.count - 1].range = last.range.lowerBound..<end
            } else {
                merged.append(Span(document: span.document, range: span.start..<span.end))
            }
        }
        spans = merged
        self.gold = Dictionary(grouping: merged, by: \.document).mapValues { ByteRanges($0.map(\.range)) }
    }

    /// Bytes of evidence.
    var count: Int { spans.reduce(0) { $0 + $1.range.count } }

    /// Bytes of a passage that are evidence.
    func overlap(_ chunk: RetrievedChunk) -> Int {
        gold[chunk.document]?.overlap(chunk.bytes) ?? 0
    }

    /// Bytes of evidence in `passages`, and bytes of `passages`, overlaps counted once.
    func overlap(_ passages: PassageUnion) -> (evidence: Int, retrieved: Int) {
        var evidence = 0
        for span in spans { evidence += passages.overlap(span) }
        return (evidence, passages.count)
    }

    /// For each span the rank, from 1, at which the union of the chunks so far covers half of it; nil when none does.
    func foundRanks(in chunks: ArraySlice<RetrievedChunk>) -> [Int?] {
        var passages = PassageUnion()
        var ranks = [Int?](repeating: nil, count: spans.count)
        for (index, chunk) in chunks.enumerated() {
            passages.insert(chunk)
            for (number, span) in spans.enumerated()
            where ranks[number] == nil && span.document == chunk.document && passages.covers(span) {
                ranks[number] = index + 1
            }
        }
        return ranks
    }
}

/// The bytes that a set of passages covers, by document.
struct PassageUnion: Sendable {
    private var byDocument: [String: ByteRanges] = [:]

    init() {}

    init(_ chunks: some Sequence<RetrievedChunk>) {
        for chunk in chunks { insert(chunk) }
    }

    /// Bytes covered, over all documents.
    var count: Int { byDocument.values.reduce(0) { $0 + $1.count } }

    mutating func insert(_ chunk: RetrievedChunk) {
        byDocument[chunk.document, default: ByteRanges()].insert(chunk.bytes)
    }

    /// Bytes of a gold span that are covered.
    func overlap(_ span: SpanEvidence.Span) -> Int {
        byDocument[span.document]?.overlap(span.range) ?? 0
    }

    /// Whether at least half of a gold span is covered: then it counts as found.
    func covers(_ span: SpanEvidence.Span) -> Bool {
        2 * overlap(span) >= span.range.count
    }
}

extension RetrievedChunk {
    /// The bytes of the passage; empty for a range that is not one.
    var bytes: Range<Int> { start < end ? start..<end : start..<start }
}
