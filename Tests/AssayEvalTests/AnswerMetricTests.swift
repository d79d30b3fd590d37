import AssayModel
import Testing

@testable import AssayEval

struct AnswerTextTests {
    struct Case: Decodable {
        var answer: String
        var reference: String
        var exactMatch: Double
        var tokenF1: Double
        var rouge1: Double
        var rouge2: Double
        var rougeL: Double
    }

    @Test func agreesWithTheSquadScriptAndRougeScore() throws {
        for oracle in try oracle("text.json", as: Case.self) {
            let (answer, reference) = (RougeText.tokens(oracle.answer), RougeText.tokens(oracle.reference))
            let pairs = [
                (SquadText.exactMatch(oracle.answer, oracle.reference) ? 1 : 0, oracle.exactMatch),
                (SquadText.f1(oracle.answer, oracle.reference), oracle.tokenF1),
                (RougeText.ngramF1(answer, reference, n: 1), oracle.rouge1),
                (RougeText.ngramF1(answer, reference, n: 2), oracle.rouge2),
                (RougeText.longestCommonF1(answer, reference), oracle.rougeL),
            ]
            for (number, (value, expected)) in pairs.enumerated() {
                #expect(
                    abs(value - expected) < 1e-12,
                    "measure \(number) of '\(oracle.answer)' and '\(oracle.reference)'"
                )
            }
        }
    }

    @Test func longestCommonSubsequenceAgreesWithTheTextbook() {
        for seed in 0..<60 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            let left = (0..<random.index(below: 200)).map { _ in random.index(below: 5) }
            let right = (0..<random.index(below: 200)).map { _ in random.index(below: 5) }
            #expect(RougeText.longestCommon(left, right) == textbook(left, right), "seed \(seed)")
        }
        #expect(RougeText.longestCommon(Array(0..<64), Array(0..<64)) == 64)
        #expect(RougeText.longestCommon([Int](), [1]) == 0)
    }

    @Test func aReferenceThatRougeCannotSeeIsNotScored() async throws {
        var sample = spanSample(gold: [GoldSpan(document: "a", start: 0, end: 1)], retrieved: [], answer: answer("漢字"))
        sample.question.reference = "漢字"
        for name in ["rouge_1", "rouge_2", "rouge_l"] {
            #expect(try await Metrics.make(name).score(sample, tools: MetricTools()).score.notScoredReason != nil)
        }
        #expect(try await value("token_f1", sample) == 1)
    }

    @Test func semanticSimilarityIsTheCosine() async throws {
        var sample = spanSample(gold: [GoldSpan(document: "a", start: 0, end: 1)], retrieved: [], answer: answer("a"))
        sample.question.reference = "bb"
        let tools = MetricTools(embed: { embedByLetters($0) })
        let cosine = try #require(try await value("semantic_similarity", sample, tools))
        #expect(abs(cosine + 0.5) < 1e-6)
        sample.question.reference = "c"
        #expect(try await value("semantic_similarity", sample, tools) == 1)
        let broken = MetricTools(embed: { _ in VectorBatch(dimension: 2, values: [.nan, 0, 1, 0]) })
        #expect(try await Metrics.make("semantic_similarity").score(sample, tools: broken).score.notScoredReason != nil)
        let short = MetricTools(embed: { _ in VectorBatch(dimension: 2, values: [1, 0]) })
        #expect(try await Metrics.make("semantic_similarity").score(sample, tools: short).score.notScoredReason != nil)
    }

    private func textbook(_ left: [Int], _ right: [Int]) -> Int {
        var row = [Int](repeating: 0, count: right.count + 1)
        for a in left {
            var diagonal = 0
            for (index, b) in right.enumerated() {
                let above = row[index + 1]
                row[index + 1] = a == b ? diagonal + 1 : max(above, row[index])
                diagonal = above
            }
        }
        return row[right.count]
    }
}

struct CitationMetricTests {
    /// A short gold span, and a long one that no passage covers by half.
    private let sample = spanSample(
        gold: [GoldSpan(document: "a", start: 10, end: 20), GoldSpan(document: "b", start: 0, end: 100)],
        retrieved: [chunk("a", 0, 200), chunk("b", 0, 30), chunk("b", 30, 60), chunk("c", 0, 50), chunk("a", 300, 310)]
    )

    private func cite(_ chunks: [String?]) -> Sample {
        var sample = sample
        sample.answer = answer("It has 24 GiB.", citing: chunks)
        return sample
    }

    @Test func handWorkedExamples() async throws {
        // Covers the short span; all of it is gold; alien document; number without passage; no gold in it.
        let all = cite(["a#0-200", "b#0-30", "c#0-50", nil, "a#300-310"])
        #expect(try await value("citation_precision", all) == 2.0 / 5)
        #expect(try await value("citation_recall", all) == 0.5)
        // Two passages together cover 60 of the 100 bytes.
        let both = cite(["b#0-30", "b#30-60"])
        #expect(try await value("citation_precision", both) == 1)
        #expect(try await value("citation_recall", both) == 0.5)
        #expect(try await value("citation_recall", cite(["b#0-30"])) == 0)
        #expect(try await value("citation_precision", cite(["a#0-200", "a#0-200", nil])) == 2.0 / 3)
    }

    @Test func anAnswerThatCitesNothingHasNoPrecisionAndNoRecall() async throws {
        let none = cite([])
        let precision = try await Metrics.make("citation_precision").score(none, tools: MetricTools()).score
        #expect(precision.notApplicableReason == "the answer cites nothing")
        #expect(try await value("citation_recall", none) == 0)
    }

    @Test func withoutQuotesDocumentsCount() async throws {
        var sample = cite(["a#0-200", "c#0-50"])
        sample.question.gold = []
        sample.goldSpans = []
        sample.question.qrels = ["a": 2, "z": 1, "c": 0]
        #expect(try await value("citation_precision", sample) == 0.5)
        #expect(try await value("citation_recall", sample) == 0.5)
    }

    @Test func aCitationOfAPassageThatTheRecordLacksIsNotScored() async throws {
        let score = try await Metrics.make("citation_recall").score(cite(["x#0-1"]), tools: MetricTools()).score
        #expect(score.notScoredReason != nil)
    }
}

struct AbstentionMetricTests {
    @Test(arguments: [
        (true, true, 1.0, 1.0, 1.0), (true, false, 0.0, 0.0, nil), (false, true, 0.0, nil, 0.0),
        (false, false, 1.0, nil, nil),
    ])
    func table(abstained: Bool, unanswerable: Bool, accuracy: Double?, precision: Double?, recall: Double?) async throws
    {
        let gold = unanswerable ? [] : [GoldSpan(document: "a", start: 0, end: 9)]
        let sample = spanSample(gold: gold, retrieved: [], answer: answer("No.", abstained: abstained))
        #expect(try await value("abstention_accuracy", sample) == accuracy)
        #expect(try await value("abstention_precision", sample) == precision)
        #expect(try await value("abstention_recall", sample) == recall)
        #expect(try await value("abstention_rate", sample) == (abstained ? 1 : 0))
    }
}
