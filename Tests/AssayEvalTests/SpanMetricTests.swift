import AssayModel
import Testing

@testable import AssayEval

struct SpanMetricTests {
    /// Gold: 20 bytes in a (two overlapping quotes), 10 bytes in b; passages overlap each other.
    private let sample = spanSample(
        gold: [
            GoldSpan(document: "a", start: 100, end: 115), GoldSpan(document: "a", start: 110, end: 120),
            GoldSpan(document: "b", start: 0, end: 10),
        ],
        retrieved: [
            chunk("c", 0, 40, tokens: 12), chunk("a", 60, 109, tokens: 10), chunk("a", 105, 145, tokens: 9),
            chunk("b", 5, 25, tokens: 5), chunk("b", 0, 5, tokens: 2),
        ]
    )

    private static let examples: [(name: String, expected: Double)] = [
        ("span_recall@1", 0.0), ("span_recall@2", 9.0 / 30), ("span_recall@3", 20.0 / 30), ("span_recall@4", 25.0 / 30),
        ("span_recall@5", 1.0), ("span_recall@100", 1.0),
        ("span_precision@2", 9.0 / 89), ("span_precision@3", 20.0 / 125), ("span_precision@4", 25.0 / 145),
        ("span_iou@3", 20.0 / 135), ("span_iou@4", 25.0 / 150), ("span_iou@1", 0.0),
        ("hit@1", 0), ("hit@2", 0), ("hit@3", 1), ("mrr", 1.0 / 3), ("mrr@2", 0), ("mrr@3", 1.0 / 3),
        ("spans_found@2", 0), ("spans_found@3", 0.5), ("spans_found@4", 1), ("spans_found@5", 1),
        // 12, 22, 31, 36, 38 tokens
        ("span_recall@11tok", 0), ("span_recall@21tok", 0), ("span_recall@22tok", 0.3), ("span_recall@30tok", 0.3),
        ("span_recall@31tok", 20.0 / 30), ("span_recall@1000tok", 1), ("hit@30tok", 0), ("hit@31tok", 1),
        ("spans_found@36tok", 1), ("span_precision@11tok", 0),
    ]

    @Test(arguments: examples)
    func handWorkedExample(name: String, expected: Double) async throws {
        let value = try #require(try await value(name, sample))
        #expect(abs(value - expected) < 1e-15, "\(name): \(value)")
    }

    @Test func aChunkBeyondTheBudgetEndsTheList() async throws {
        let gold = [GoldSpan(document: "a", start: 0, end: 10)]
        let large = spanSample(gold: gold, retrieved: [chunk("b", 0, 9, tokens: 50), chunk("a", 0, 10, tokens: 5)])
        #expect(try await value("span_recall@10tok", large) == 0)
        #expect(try await value("span_recall@55tok", large) == 1)
    }

    @Test func touchingSpansStayTwoPiecesOfEvidence() {
        let evidence = SpanEvidence([
            GoldSpan(document: "a", start: 5, end: 9), GoldSpan(document: "a", start: 0, end: 5),
            GoldSpan(document: "a", start: 8, end: 12),
        ])
        #expect(evidence.spans.map(\.range) == [0..<5, 5..<12])
        #expect(evidence.count == 12)
    }

    @Test func halfOfASpanIsEnough() async throws {
        for (end, found) in [(4, 0.0), (5, 1.0)] {
            let sample = spanSample(gold: [GoldSpan(document: "a", start: 0, end: 10)], retrieved: [chunk("a", 0, end)])
            #expect(try await value("hit@1", sample) == found)
        }
        let odd = spanSample(gold: [GoldSpan(document: "a", start: 0, end: 9)], retrieved: [chunk("a", 0, 4)])
        #expect(try await value("hit@1", odd) == 0)
    }

    @Test func withoutQuotesFirstFoundLooksAtDocuments() async throws {
        var sample = sample
        sample.question.gold = []
        sample.goldSpans = []
        sample.question.qrels = ["b": 1, "x": 2, "a": 0]
        // Documents in order: c, b and a of equal scores by id descending.
        sample.retrieved[0].score = 2
        #expect(try await value("mrr", sample) == 0.5)
        #expect(try await value("recip_rank", sample) == 0.5)
        #expect(try await value("hit@1", sample) == 0)
        #expect(try await value("hit@2", sample) == 1)
        #expect(try await value("hit@31tok", sample) == 0)
        #expect(try await value("hit@36tok", sample) == 1)
    }

    @Test func quotesThatAreNotAnchoredAreNotLeftOut() async throws {
        var sample = sample
        sample.goldSpans.removeLast()
        for name in ["span_recall@5", "hit@5", "mrr", "spans_found@5"] {
            let score = try await Metrics.make(name).score(sample, tools: MetricTools()).score
            #expect(score.notScoredReason == "1 of 3 gold quotes are not anchored", "\(name)")
        }
        #expect(try await value("ndcg@5", sample) != nil)
    }

    @Test func nothingRetrievedIsZeroNotUndefined() async throws {
        let empty = spanSample(gold: [GoldSpan(document: "a", start: 0, end: 10)], retrieved: [])
        for name in ["span_recall@5", "span_precision@5", "span_iou@5", "spans_found@5", "hit@5", "mrr", "ndcg@5"] {
            #expect(try await value(name, empty) == 0, "\(name)")
        }
    }

    @Test func agreesWithABitmapOfBytes() async throws {
        for seed in 0..<200 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            let sample = randomSample(&random)
            let k = 1 + random.index(below: 8)
            let naive = Bitmap(sample: sample, depth: k)
            for (name, expected) in naive.values.sorted(by: { $0.key < $1.key }) {
                let value = try #require(try await value("\(name)@\(k)", sample))
                #expect(abs(value - expected) < 1e-12, "seed \(seed) \(name)@\(k): \(value), not \(expected)")
            }
        }
    }

    private func randomSample(_ random: inout SeededRandom) -> Sample {
        func range(_ longest: Int) -> (Int, Int) {
            let start = random.index(below: 60)
            return (start, start + 1 + random.index(below: longest))
        }
        var gold: [GoldSpan] = []
        for _ in 0...random.index(below: 4) {
            let (start, end) = range(20)
            gold.append(GoldSpan(document: ["a", "b"][random.index(below: 2)], start: start, end: end))
        }
        var chunks: [RetrievedChunk] = []
        for rank in 0..<random.index(below: 10) {
            let (start, end) = range(30)
            chunks.append(chunk(["a", "b", "c"][random.index(below: 3)], start, end, score: Double(-rank)))
        }
        return spanSample(gold: gold, retrieved: chunks)
    }
}

/// The span metrics by marking every byte.
private struct Bitmap {
    var values: [String: Double] = [:]

    init(sample: Sample, depth: Int) {
        var gold = Set<String>()
        for span in sample.goldSpans { for byte in span.start..<span.end { gold.insert("\(span.document) \(byte)") } }
        let pieces = Self.pieces(sample.goldSpans)
        var covered = Set<String>()
        var ranks = [Int?](repeating: nil, count: pieces.count)
        for (rank, chunk) in sample.retrieved.prefix(depth).enumerated() {
            for byte in chunk.start..<chunk.end { covered.insert("\(chunk.document) \(byte)") }
            for (index, piece) in pieces.enumerated() where ranks[index] == nil {
                if Double(piece.intersection(covered).count) >= Double(piece.count) / 2 { ranks[index] = rank + 1 }
            }
        }
        let both = Double(gold.intersection(covered).count)
        values["span_recall"] = both / Double(gold.count)
        values["span_precision"] = covered.isEmpty ? 0 : both / Double(covered.count)
        values["span_iou"] = both / Double(gold.union(covered).count)
        values["spans_found"] = Double(ranks.count { $0 != nil }) / Double(ranks.count)
        values["hit"] = ranks.contains { $0 != nil } ? 1 : 0
        values["mrr"] = ranks.compactMap(\.self).min().map { 1 / Double($0) } ?? 0
    }

    /// Joins spans that share a byte until none do.
    private static func pieces(_ spans: [GoldSpan]) -> [Set<String>] {
        var pieces: [Set<String>] = []
        for span in spans {
            var piece = Set((span.start..<span.end).map { "\(span.document) \($0)" })
            for other in pieces where !other.isDisjoint(with: piece) { piece.formUnion(other) }
            pieces.removeAll { !$0.isDisjoint(with: piece) }
            pieces.append(piece)
        }
        return pieces
    }
}
