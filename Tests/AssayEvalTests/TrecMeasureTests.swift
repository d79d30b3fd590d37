import AssayModel
import Testing

@testable import AssayEval

struct TrecMeasureTests {
    struct Case: Decodable {
        var qrels: [String: Int]
        var run: [String: Double]
        var expected: [String: Double]
    }

    @Test func agreesWithTrecEvalOnTiesNegativeGradesAndUnjudgedDocuments() throws {
        for (number, oracle) in try oracle("trec.json", as: Case.self).enumerated() {
            let ranked = RankedList(oracle.run.map { Hit(id: $0.key, score: $0.value) }).hits.map(\.id)
            for (name, expected) in oracle.expected.sorted(by: { $0.key < $1.key }) {
                let value = try #require(measure(name, ranked, oracle.qrels), "\(name)")
                #expect(abs(value - expected) < 1e-12, "case \(number) \(name): \(value), not \(expected)")
            }
        }
    }

    @Test func metricsOverChunksGiveTrecEvalsNumbersOfDocuments() async throws {
        var random = SeededRandom(seed: 11)
        for (number, oracle) in try oracle("trec.json", as: Case.self).enumerated()
        where oracle.qrels.values.contains(where: { $0 > 0 }) {
            let sample = chunked(oracle, &random)
            for (name, expected) in oracle.expected.sorted(by: { $0.key < $1.key }) {
                let parts = name.split(separator: "_")
                let isCut = parts.last.flatMap { Int($0) } != nil
                let stems = ["P": "precision", "ndcg_cut": "ndcg", "map_cut": "map"]
                let stem = (isCut ? parts.dropLast() : parts[...]).joined(separator: "_")
                let metric = (stems[stem] ?? stem) + (isCut ? "@\(parts[parts.count - 1])" : "")
                let value = try #require(try await value(metric, sample), "\(metric)")
                #expect(abs(value - expected) < 1e-12, "case \(number) \(metric): \(value), not \(expected)")
            }
        }
    }

    @Test func handWorkedExamples() {
        // Three documents of one score, only the last by id is not last by rank.
        let tied = RankedList(["a", "b", "c"].map { Hit(id: $0, score: 1) }).hits.map(\.id)
        #expect(trecReciprocalRank(ranked: tied, qrels: ["a": 1]) == 1.0 / 3)
        #expect(trecNDCG(ranked: tied, qrels: ["a": 1], cut: 10) == 0.5)
        #expect(trecAveragePrecision(ranked: tied, qrels: ["a": 1]) == 1.0 / 3)
        #expect(trecPrecision(ranked: ["a"], qrels: ["a": 1], cut: 5) == 0.2)
        #expect(trecRecall(ranked: ["a"], qrels: ["a": 1, "b": 2], cut: 5) == 0.5)
        #expect(trecRecall(ranked: ["a", "b"], qrels: ["a": 1, "b": 2], cut: 5, level: 2) == 1)
        #expect(trecNDCG(ranked: [], qrels: ["a": 1]) == 0)
        #expect(trecNDCG(ranked: ["a"], qrels: [:]) == 0)
        #expect(judgedShare(ranked: ["a", "x", "b"], qrels: ["a": 0, "b": 1], cut: 2) == 0.5)
        #expect(judgedShare(ranked: ["a"], qrels: ["a": 0], cut: 10) == 1)
        #expect(judgedShare(ranked: [], qrels: ["a": 0], cut: 10) == nil)
    }

    /// The value of a measure by the name that trec_eval prints, nil for those that Assay has not.
    func measure(_ name: String, _ ranked: [String], _ qrels: [String: Int]) -> Double? {
        let cut = name.split(separator: "_").last.flatMap { Int($0) }
        let stem = cut == nil ? name[...] : name[..<(name.lastIndex(of: "_") ?? name.endIndex)]
        switch (stem, cut) {
        case ("ndcg", nil), ("ndcg_cut", _): return trecNDCG(ranked: ranked, qrels: qrels, cut: cut)
        case ("map", nil), ("map_cut", _): return trecAveragePrecision(ranked: ranked, qrels: qrels, cut: cut)
        case ("recip_rank", nil): return trecReciprocalRank(ranked: ranked, qrels: qrels)
        case ("P", let cut?): return trecPrecision(ranked: ranked, qrels: qrels, cut: cut)
        case ("recall", let cut?): return trecRecall(ranked: ranked, qrels: qrels, cut: cut)
        case ("success", let cut?): return trecSuccess(ranked: ranked, qrels: qrels, cut: cut)
        default: return nil
        }
    }

    /// The run as a list of chunks: each document has its score in one chunk and less in up to two others.
    private func chunked(_ oracle: Case, _ random: inout SeededRandom) -> Sample {
        var hits: [Hit] = []
        for (document, score) in oracle.run.sorted(by: { $0.key < $1.key }) {
            let best = random.index(below: 3)
            for part in 0..<3 where part == best || random.index(below: 2) == 0 {
                hits.append(Hit(id: "\(document)#\(part)-\(part + 1)", score: part == best ? score : score - 0.25))
            }
        }
        let retrieved = RankedList(hits).hits.map { hit in
            let document = hit.id.split(separator: "#").dropLast().joined(separator: "#")
            return chunk(hit.id.hasPrefix("d1##") ? "d1#" : document, 0, 1, score: hit.score)
        }
        return Sample(
            question: Question(id: "q", question: "?", qrels: oracle.qrels),
            goldSpans: [],
            retrieved: retrieved,
            contextCount: 0
        )
    }
}

struct DocumentRankingTests {
    @Test func takesEachDocumentAtItsBestRank() {
        let chunks = [chunk("b", 0, 1, score: 3), chunk("a", 0, 1, score: 2), chunk("b", 5, 9, score: 1)]
        #expect(DocumentRanking(of: chunks).documents == ["b", "a"])
    }

    @Test func breaksTiesByDocumentIdNotByChunkId() {
        // As chunk ids 'a b#0-1' < 'a#0-1', because a space is less than '#'; as documents 'a b' > 'a'.
        let list = RankedList([Hit(id: "a b#0-1", score: 1), Hit(id: "a#0-1", score: 1)]).hits.map(\.id)
        #expect(list == ["a#0-1", "a b#0-1"])
        let chunks = [chunk("a", 0, 1, score: 1), chunk("a b", 0, 1, score: 1)]
        #expect(DocumentRanking(of: chunks).documents == ["a b", "a"])
    }

    @Test func keepsTheListsOrderWhereScoresDoNotDescend() {
        let chunks = [chunk("a", 0, 1, score: 1), chunk("b", 0, 1, score: 5), chunk("c", 0, 1, score: 2)]
        #expect(DocumentRanking(of: chunks).documents == ["a", "b", "c"])
    }

    @Test func gradesComeFromQrelsElseFromQuotes() {
        var sample = spanSample(gold: [GoldSpan(document: "a", start: 0, end: 5)], retrieved: [])
        #expect(sample.relevance == ["a": 1])
        sample.question.qrels = ["b": 2, "c": 0]
        #expect(sample.relevance == ["b": 2, "c": 0])
        sample.question.qrels = [:]
        #expect(sample.relevance == ["a": 1])
    }
}
