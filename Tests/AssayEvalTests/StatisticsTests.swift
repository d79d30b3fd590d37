import AssayModel
import Testing

@testable import AssayEval

struct StudentTTests {
    struct Case: Decodable {
        var p: Double
        var freedom: Double
        var t: Double
    }

    @Test func agreesWithScipy() throws {
        for oracle in try oracle("student-t.json", as: Case.self) {
            let t = StudentT.quantile(oracle.p, freedom: oracle.freedom)
            #expect(
                abs(t - oracle.t) <= 1e-9 * max(1, abs(oracle.t)),
                "p \(oracle.p) ν \(oracle.freedom): \(t), not \(oracle.t)"
            )
        }
    }

    @Test func agreesWithClosedForms() {
        #expect(abs(StudentT.upperTail(1, freedom: 1) - 0.25) < 1e-15)
        #expect(abs(StudentT.quantile(0.75, freedom: 1) - 1) < 1e-14)
        // ν = 2: t = (2p − 1) · sqrt(2 / (4p(1 − p)))
        let p = 0.975
        #expect(abs(StudentT.quantile(p, freedom: 2) - (2 * p - 1) * (2 / (4 * p * (1 - p))).squareRoot()) < 1e-13)
    }
}

struct ClusteredMeanTests {
    @Test func handWorkedExample() throws {
        // x̄ = 3; cluster sums of deviations: (1−3)+(2−3) = −3, (3−3) = 0, (6−3) = 3; SE² = (9 + 0 + 9) · 3/2 / 16.
        let mean = try #require(ClusteredMean([1, 2, 3, 6], clusters: [0, 0, 1, 2]))
        #expect(mean.mean == 3)
        #expect(mean.clusters == 3)
        let error = try #require(mean.standardError)
        #expect(abs(error - (27.0 / 16).squareRoot()) < 1e-15)
        let interval = try #require(mean.interval())
        // t of 0.975 with 2 degrees of freedom
        #expect(abs(interval.upperBound - (3 + 4.302_652_729_911_275 * error)) < 1e-9)
        #expect(abs(interval.lowerBound - (3 - 4.302_652_729_911_275 * error)) < 1e-9)
    }

    @Test func withOneValueAClusterItIsTheUsualStandardError() throws {
        let values = [0.1, 0.4, 0.4, 0.9, 1.0, 0.0]
        let mean = try #require(ClusteredMean(values, clusters: Array(0..<6)))
        let variance = values.map { ($0 - mean.mean) * ($0 - mean.mean) }.reduce(0, +) / 5
        #expect(abs(try #require(mean.standardError) - (variance / 6).squareRoot()) < 1e-15)
    }

    @Test func belowTwoClustersThereIsNoInterval() throws {
        let mean = try #require(ClusteredMean([0, 1, 1], clusters: [4, 4, 4]))
        #expect(mean.standardError == nil)
        #expect(mean.interval() == nil)
        #expect(ClusteredMean([], clusters: []) == nil)
    }

    @Test func coversTheTrueMeanWhereTheNaiveIntervalDoesNot() throws {
        // 40 documents, 10 questions each, intra-cluster correlation 0.5: the naive interval is far too short.
        var clustered = 0
        var naive = 0
        var random = SeededRandom(seed: 5)
        for _ in 0..<400 {
            var values: [Double] = []
            for _ in 0..<40 {
                let shared = normal(&random)
                for _ in 0..<10 { values.append(shared + normal(&random)) }
            }
            let clusters = (0..<400).map { $0 / 10 }
            if try #require(ClusteredMean(values, clusters: clusters)?.interval()).contains(0) { clustered += 1 }
            if try #require(ClusteredMean(values, clusters: Array(0..<400))?.interval()).contains(0) { naive += 1 }
        }
        #expect((370...390).contains(clustered), "\(clustered) of 400")
        #expect(naive < 300, "\(naive) of 400")
    }

    /// Sum of twelve uniform numbers: near enough to normal, without transcendental functions.
    private func normal(_ random: inout SeededRandom) -> Double {
        (0..<12).reduce(-6.0) { total, _ in total + random.unit() }
    }
}

struct QuestionClusterTests {
    private func question(
        _ id: String,
        _ documents: String...,
        qrels: [String: Int]? = nil,
        tags: [String] = []
    ) -> Question {
        Question(
            id: id,
            question: "?",
            gold: documents.map { GoldQuote(document: $0, quote: "x") },
            qrels: qrels,
            tags: tags
        )
    }

    @Test func joinsQuestionsThatShareADocumentDirectlyOrNot() {
        let questions = [
            question("1", "a"), question("2", "b"), question("3", "c"), question("4", "b", "a"), question("5", "d"),
            question("6"), question("7"), question("8", qrels: ["d": 1, "c": 0]),
            question("9", "a", tags: ["unanswerable"]),
        ]
        #expect(QuestionClusters(questions).indices == [0, 0, 2, 0, 4, 5, 6, 4, 8])
    }
}

struct MetricSummaryTests {
    private let definition = MetricDefinition(name: "m", version: 1, formula: "x", needs: [])

    private func row(_ id: String, _ document: String, _ score: Score?) -> QuestionResult {
        let gold = [GoldQuote(document: document, quote: "x")]
        let sample = Sample(
            question: Question(id: id, question: "?", gold: gold),
            goldSpans: [],
            retrieved: [],
            contextCount: 0
        )
        return QuestionResult(sample: sample, scores: score.map { ["m": MetricResult($0)] } ?? [:])
    }

    @Test func countsEveryRowInOneStateAndClampsTheInterval() throws {
        let rows = [
            row("1", "a", .scored(0.9)), row("2", "a", .scored(0.1)), row("3", "b", .scored(1)),
            row("4", "c", .scored(1)), row("5", "d", .notScored(reason: "x")),
            row("6", "e", .notApplicable(reason: "x")), row("7", "f", nil),
            row("8", "g", .scored(.nan)),
        ]
        let summary = try #require(MetricSummary.all(of: [definition], rows: rows).first)
        #expect(abs(try #require(summary.mean) - 0.75) < 1e-12)
        #expect((summary.scored, summary.notScored, summary.notApplicable) == (4, 3, 1))
        #expect(summary.clusters == 3)
        #expect(summary.coverage == 4.0 / 7)
        #expect(summary.high == 1)
        // Sums of deviations: a −0.5, b 0.25, c 0.25; SE = sqrt(0.375 · 3/2) / 4. The upper end is cut.
        let low = 0.75 - 4.302_652_729_911_275 * (0.375 * 1.5).squareRoot() / 4
        #expect(abs(try #require(summary.low) - max(0, low)) < 1e-9)
    }

    @Test func sharesGetWilsonsInterval() throws {
        let all = try #require(
            MetricSummary.all(of: [definition], rows: (0..<20).map { row("\($0)", "d\($0)", .scored(1)) }).first
        )
        // All 20 right: mean ± t · SE would say that the true share is 1. Wilson: 20 / (20 + 1.96²).
        #expect(all.mean == 1 && all.high == 1)
        #expect(abs(try #require(all.low) - 20 / (20 + 3.841_458_820_694_124)) < 1e-9)
        let one = try #require(
            MetricSummary.all(of: [definition], rows: (0..<20).map { row("\($0)", "d", .scored(1)) }).first
        )
        #expect(one.low == nil && one.clusters == 1)
    }

    @Test func withoutScoresThereIsNoMean() throws {
        let summary = try #require(MetricSummary.all(of: [definition], rows: []).first)
        #expect(summary.mean == nil && summary.low == nil && summary.clusters == 0)
    }
}

struct StratifiedSampleTests {
    private func questions(_ kinds: [(String, Int)]) -> [Question] {
        kinds.flatMap { kind, count in
            (0..<count).map { Question(id: "\(kind)-\($0)", question: "?", tags: [kind, "x"]) }
        }
    }

    private func counts(_ questions: [Question]) -> [String: Int] {
        Dictionary(grouping: questions) { $0.tags[0] }.mapValues(\.count)
    }

    @Test func allocatesByLargestRemainder() {
        let all = questions([("a", 50), ("b", 30), ("c", 21)])
        // Quotas of 10: 4.95, 2.97, 2.08
        #expect(counts(StratifiedSample.choose(all, count: 10, seed: 1)) == ["a": 5, "b": 3, "c": 2])
        // Quotas of 2 over equal thirds: remainders tie, the smaller names win.
        let thirds = questions([("c", 4), ("b", 4), ("a", 4)])
        #expect(counts(StratifiedSample.choose(thirds, count: 2, seed: 1)) == ["a": 1, "b": 1])
    }

    @Test func isDecidedByTheSeedAndKeepsTheOrder() {
        let all = questions([("a", 40), ("b", 40)])
        let chosen = StratifiedSample.choose(all, count: 20, seed: 3)
        #expect(chosen.count == 20)
        #expect(chosen == StratifiedSample.choose(all, count: 20, seed: 3))
        #expect(chosen != StratifiedSample.choose(all, count: 20, seed: 4))
        #expect(chosen.map(\.id) == all.map(\.id).filter { id in chosen.contains { $0.id == id } })
        let reversed = StratifiedSample.choose(all.reversed(), count: 20, seed: 3)
        #expect(Set(reversed.map(\.id)) == Set(chosen.map(\.id)))
    }

    @Test(arguments: [-1, 0, 1, 7, 80, 81])
    func givesTheNumberAskedFor(count: Int) {
        let all = questions([("a", 40), ("b", 39), ("c", 1)])
        #expect(StratifiedSample.choose(all, count: count, seed: 0).count == max(0, min(80, count)))
    }
}

struct RequiredSizeTests {
    @Test func sizeFollowsFromStandardErrorAndPower() throws {
        // 40 clusters of one question, scores 0 and 1 in turn: SE of the mean = sqrt(0.25 · 40/39 / 40) = 0.080064.
        let values = (0..<40).map { Double($0 % 2) }
        let size = try #require(RequiredSize(values, clusters: Array(0..<40), basis: .differences))
        let error = (0.25 / 39).squareRoot()
        #expect(abs(size.standardError - error) < 1e-12)
        // t(0.975, 39) = 2.0226909, t(0.8, 39) = 0.8509350 (by numerical integration).
        #expect(abs(size.detectable - (2.022_690_9 + 0.850_935_0) * error) < 1e-5)
        // The detectable effect needs the questions that there are; half of it a little under four times as many.
        #expect(abs(size.needed(for: size.detectable) - 40) <= 1)
        #expect((150...160).contains(size.needed(for: size.detectable / 2)))
        // Two runs that correlate by one half differ as much as one run spreads.
        let one = try #require(RequiredSize(values, clusters: Array(0..<40), basis: .scores(correlation: 0.5)))
        #expect(abs(one.standardError - error) < 1e-12)
        #expect(RequiredSize([1, 1, 1], clusters: [0, 1, 2], basis: .differences) == nil)
        #expect(RequiredSize([1, 0], clusters: [0, 0], basis: .differences) == nil)
    }

    @Test func clustersCostQuestions() throws {
        let apart = try #require(RequiredSize(worstCaseFor: Array(0..<100), icc: 0.1, correlation: 0.5))
        let together = try #require(
            RequiredSize(worstCaseFor: (0..<100).map { $0 / 10 }, icc: 0.1, correlation: 0.5)
        )
        // Ten a document at 0.1: the variance is 1.9 times as large.
        #expect(abs(apart.standardError - 0.05) < 1e-12)
        #expect(abs(together.standardError / apart.standardError - 1.9.squareRoot()) < 1e-12)
    }
}
