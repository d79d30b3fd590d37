public import AssayModel
import Synchronization

/// Segments searched as one index with BM25; immutable, for any number of threads.
///
/// score = Σ over the query's terms of n · ln(1 + (N − df + 0.5) / (df + 0.5)) · tf / (tf + k1 · (1 − b + b · dl / avgdl)), Lucene's
/// formula since version 8, where n is how often the term stands in the query. N, df and avgdl count the documents of all segments
/// that are not deleted, and dl is the exact length (Lucene rounds it to a byte), so an index that grew by segments and deletions
/// scores to the last bit as one made afresh.
public final class KeywordIndex: Sendable {
    /// Distinct terms that a query may have.
    public static let mostQueryTerms = 1_024

    /// The options of the search.
    public let options: LexicalOptions
    /// Documents that are not deleted.
    public let documentCount: Int
    /// Mean length of documents that are not deleted, in terms; 0 when there are none.
    public let averageLength: Double

    private struct Part: Sendable {
        let segment: InvertedIndexSegment
        let deleted: IdSet?
        let impacts: ImpactTable
        let deletions: DeletedFrequencies?
    }

    private let parts: [Part]
    private let analyzer: LexicalAnalyzer

    /// Joins segments to an index.
    ///
    /// - Parameters:
    ///   - segments: Opened files and the documents of each that don't count any more; a set has the capacity of its segment.
    ///   - options: The analysis must be that of the files; k1 and b are free.
    /// - Throws: `AssayError` "index.mismatch" when a file was made with another analysis, "lexical.stemmer".
    public init(
        segments: [(segment: InvertedIndexSegment, deleted: IdSet?)],
        options: LexicalOptions
    ) throws {
        for (segment, deleted) in segments {
            precondition(
                deleted.map { $0.capacity == segment.documentCount } ?? true,
                "deleted documents must have the capacity of their segment"
            )
            guard segment.analysisIdentity == options.analysisIdentity else {
                throw AssayError(
                    "index.mismatch",
                    "the keyword index \(segment.path) was made with '\(segment.analysisIdentity)', not with"
                        + " '\(options.analysisIdentity)'",
                    remedy: "build the index again"
                )
            }
        }
        let live = segments.map { $0.segment.documentCount - ($0.deleted?.count ?? 0) }.reduce(0, +)
        let total = segments.map { segment, deleted in
            (deleted?.members ?? []).reduce(segment.totalLength) { $0 - segment.length(of: $1) }
        }.reduce(0, +)
        let average = live > 0 ? Double(total) / Double(live) : 0
        self.options = options
        documentCount = live
        averageLength = average
        analyzer = try LexicalAnalyzer(options)
        parts = segments.map { segment, deleted in
            let impacts = ImpactTable(
                lengths: segment.distinctLengths,
                averageLength: average > 0 ? average : 1,
                k1: options.k1,
                b: options.b
            )
            let frequencies = deleted.flatMap { $0.count > 0 ? DeletedFrequencies(segment, $0) : nil }
            return Part(segment: segment, deleted: deleted, impacts: impacts, deletions: frequencies)
        }
    }

    /// The best documents for a query.
    ///
    /// Law: `k` hits whenever `k` allowed documents that are not deleted have a term of the query; which of several with equal
    /// scores come in at the last place is for `precedes` to say.
    ///
    /// - Parameters:
    ///   - query: Text, analysed as the documents were.
    ///   - k: How many hits at most.
    ///   - allowed: For each segment the documents that may come in, nil for all; a set has the capacity of its segment.
    ///   - precedes: The order of hits with equal scores, a strict total order.
    /// - Returns: Hits by falling score, equal scores by `precedes`.
    /// - Throws: `AssayError` "query.too-long" above `mostQueryTerms` distinct terms, "index.damaged".
    public func search(
        _ query: String,
        k: Int,
        allowed: [IdSet?]? = nil,
        precedes: (KeywordHit, KeywordHit) -> Bool
    ) throws -> [KeywordHit] {
        try search(query, k: k, allowed: allowed, prunes: true, precedes: precedes)
    }

    /// As above; without pruning for tests.
    func search(
        _ query: String,
        k: Int,
        allowed: [IdSet?]?,
        prunes: Bool,
        precedes: (KeywordHit, KeywordHit) -> Bool
    ) throws -> [KeywordHit] {
        precondition(allowed.map { $0.count == parts.count } ?? true, "one allowed set for each segment")
        guard k > 0, documentCount > 0 else { return [] }
        let terms = try weighted(analyzer.counts(of: query))
        guard !terms.isEmpty else { return [] }
        var top = TopHits(k)
        let scorer = WindowScorer(prunes: prunes)
        for (number, part) in parts.enumerated() {
            let set = allowed?[number]
            precondition(
                set.map { $0.capacity == part.segment.documentCount } ?? true,
                "allowed documents must have the capacity of their segment"
            )
            if set?.count == 0 { continue }
            let target = WindowScorer.Target(
                segment: part.segment,
                number: number,
                impacts: part.impacts,
                filter: LiveFilter(deleted: part.deleted, allowed: set)
            )
            do throws(Damage) {
                var cursors = try unsafe cursors(terms, part, number)
                try unsafe scorer.score(target, &cursors, into: &top, order: precedes)
            } catch let damage {
                throw part.segment.error(damage)
            }
        }
        return top.sorted(order: precedes)
    }

    /// A term of a query that some document has.
    private struct WeightedTerm {
        let bytes: [UInt8]
        let weight: Float
        /// Its number in each segment.
        let ids: [Int?]
    }

    /// Terms that documents have, by falling weight, then by bytes: the order of every sum.
    private func weighted(_ counts: [(term: [UInt8], count: Int)]) throws -> [WeightedTerm] {
        guard counts.count <= Self.mostQueryTerms else {
            throw AssayError(
                "query.too-long",
                "the query has \(counts.count) distinct terms, \(Self.mostQueryTerms) are allowed",
                remedy: "shorten it"
            )
        }
        var result: [WeightedTerm] = []
        for (term, count) in counts {
            var ids: [Int?] = []
            var frequency = 0
            for part in parts {
                let (id, documents) = try lookUp(term, in: part)
                ids.append(id)
                frequency += documents
            }
            guard frequency > 0 else { continue }
            let weight = Double(count) * Self.inverseFrequency(frequency, of: documentCount)
            result.append(WeightedTerm(bytes: term, weight: Float(weight), ids: ids))
        }
        return result.sorted { left, right in
            if left.weight != right.weight { return left.weight > right.weight }
            return left.bytes.lexicographicallyPrecedes(right.bytes)
        }
    }

    /// Lucene's inverse document frequency, above 0 even for a term of every document.
    static func inverseFrequency(_ frequency: Int, of documents: Int) -> Double {
        naturalLogarithm(1 + (Double(documents - frequency) + 0.5) / (Double(frequency) + 0.5))
    }

    private func lookUp(_ term: [UInt8], in part: Part) throws -> (id: Int?, documents: Int) {
        do {
            guard let id = try unsafe term.withUnsafeBufferPointer({ try unsafe part.segment.find($0) }) else {
                return (nil, 0)
            }
            let all = try unsafe part.segment.lists(ofTerm: id).postings.count
            return (id, all - (try part.deletions?.count(ofTerm: id) ?? 0))
        } catch let damage as Damage {
            throw part.segment.error(damage)
        }
    }

    private func cursors(_ terms: [WeightedTerm], _ part: Part, _ number: Int) throws(Damage) -> [TermCursor] {
        var result: [TermCursor] = unsafe []
        for term in terms {
            guard let id = term.ids[number] else { continue }
            unsafe result.append(TermCursor(weight: term.weight, lists: try part.segment.lists(ofTerm: id)))
        }
        return unsafe result
    }
}
