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
        let last = TrecTopic(ranked: tied, qrels: ["a": 1])
        #expect(last.reciprocalRank() == 1.0 / 3)
        #expect(last.ndcg(10) == 0.5)
        #expect(last.averagePrecision() == 1.0 / 3)
        #expect(TrecTopic(ranked: ["a"], qrels: ["a": 1]).precision(5) == 0.2)
        #expect(TrecTopic(ranked: ["a"], qrels: ["a": 1, "b": 2]).recall(5) == 0.5)
        #expect(TrecTopic(ranked: ["a", "b"], qrels: ["a": 1, "b": 2], level: 2).recall(5) == 1)
        #expect(TrecTopic(ranked: [], qrels: ["a": 1]).ndcg() == 0)
        #expect(TrecTopic(ranked: ["a"], qrels: [:]).ndcg() == 0)
        #expect(TrecTopic(ranked: ["a", "x", "b"], qrels: ["a": 0, "b": 1]).judgedShare(2) == 0.5)
        #expect(TrecTopic(ranked: ["a"], qrels: ["a": 0]).judgedShare(10) == 1)
        #expect(TrecTopic(ranked: [], qrels: ["a": 0]).judgedShare(10) == nil)
    }

    /// Ranks: relevant, not relevant, unjudged, relevant, in the pool but not judged; one relevant document is not found.
    @Test func oneListWorkedByHand() {
        let topic = TrecTopic(
            ranked: ["a", "n", "x", "b", "p"],
            qrels: ["a": 1, "b": 2, "c": 1, "n": 0, "m": 0, "p": -1]
        )
        func log2(_ value: Double) -> Double {
            [2: 1, 3: 1.584962500721156, 4: 2, 5: 2.321928094887362][value] ?? .nan
        }
        func near(_ value: Double, _ expected: Double) -> Bool { abs(value - expected) < 1e-12 }
        #expect(near(topic.averagePrecision(), (1 + 0.5) / 3))
        #expect(near(topic.rPrecision, 1.0 / 3))
        // Nothing judged stands above a, n above b; R = 3, N = 2.
        #expect(near(topic.bpref, (1 + 1 - 1.0 / 2) / 3))
        // 0.5 · 3 = 1.5 relevant documents: 2 by rounding, 2 by 1.5 + 0.9; 0.4 · 3 = 1.2: 1 by rounding, 2 by 2.1.
        #expect(topic.interpolatedPrecision(at: 0.5) == 0.5)
        #expect(topic.interpolatedPrecision(at: 0.4) == 1)
        #expect(topic.interpolatedPrecision(at: 1) == 0)
        let old = TrecTopic(ranked: ["a", "n", "x", "b"], qrels: ["a": 1, "b": 2, "c": 1], roundsAsVersion9: true)
        #expect(old.interpolatedPrecision(at: 0.4) == 0.5)
        let ideal = 2 + 1 / log2(3) + 1 / log2(4)
        #expect(near(topic.ndcg(), (1 + 2 / log2(5)) / ideal))
        #expect(near(topic.binaryGain, (1 + 1 / log2(4)) / 3))
        #expect(near(topic.rankBiasedPrecision, 0.1 * (0.5 + 0.729)))
        #expect(near(topic.rankBiasedResidual, 0.59049 + 0.1 * (0.81 + 0.6561)))
        #expect(topic.relevanceString(10) == "10-2.")
        #expect(topic.unjudged(5) == 0.4)
        #expect(topic.relativePrecision(2) == 0.5)
        #expect(near(topic.setF, 2 * 0.4 * (2.0 / 3) / (0.4 + 2.0 / 3)))
        #expect(topic.judgedNonrelevant == 1)
        // At the rank of a DCG 1 of an ideal 2, at b 1 + 2/log2(5) of all, c with the whole list.
        let end = (1 + 2 / log2(5)) / ideal
        #expect(near(topic.ndcgAtRelevant, (0.5 + 2 * end) / 3))
        // Grades change after 1 and after 3 ranks; the list ends 2 behind.
        #expect(near(topic.ndcgAtLevels, (0.5 + 1 / ideal + end) / 3))
        // Costs 2, 3, 4, 5, 6: a 1/log2(2+2-1), b 2/log2(2+5-3).
        #expect(near(topic.normalizedGain, (1 / log2(3) + 2 / log2(4)) / 4))
    }

    /// The value of a measure by the name that trec_eval prints, nil for those that Assay has not.
    func measure(_ name: String, _ ranked: [String], _ qrels: [String: Int]) -> Double? {
        let cut = name.split(separator: "_").last.flatMap { Int($0) }
        let asked = cut.map { name.dropLast("\($0)".count + 1) + ".\($0)" } ?? name
        let topic = TrecTopic(ranked: ranked, qrels: qrels)
        guard let value = try? TrecMeasure.selection([asked]).first?.lines(of: topic).first?.value else { return nil }
        if case .number(let number) = value { return number }
        return nil
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
