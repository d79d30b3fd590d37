import AssayModel
import Testing

@testable import AssayEval

struct AnswerSimilarityTests {
    /// A pair with the numbers of `scripts/answer-oracle.py`.
    struct Case: Decodable {
        var answer: String
        var reference: String
        var bleu: Double
        var chrf: Double
        var levenshtein: Double
        var hamming: Double
        var jaro: Double
        var jaroWinkler: Double
    }

    @Test func agreesWithSacrebleuAndRapidfuzz() throws {
        let cases = try oracle("similarity.json", as: Case.self)
        #expect(cases.count > 140)
        for oracle in cases {
            let (answer, reference) = (oracle.answer, oracle.reference)
            for (name, value, expected) in [
                ("bleu", BleuText.score(answer, reference), oracle.bleu),
                ("chrf", ChrfText.score(answer, reference), oracle.chrf),
                ("levenshtein", EditDistance.levenshtein(answer, reference), oracle.levenshtein),
                ("hamming", EditDistance.hamming(answer, reference), oracle.hamming),
                ("jaro", EditDistance.jaro(answer, reference), oracle.jaro),
                ("jaro_winkler", EditDistance.jaroWinkler(answer, reference), oracle.jaroWinkler),
            ] {
                #expect(
                    abs(value - expected) < 1e-9,
                    "\(name) of '\(answer)' and '\(reference)': \(value), \(expected)"
                )
            }
        }
    }

    @Test func distanceAgreesWithTheTextbook() {
        for seed in 0..<60 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            let left = (0..<random.index(below: 200)).map { _ in random.index(below: 4) }
            let right = (0..<random.index(below: 200)).map { _ in random.index(below: 4) }
            #expect(EditDistance.distance(left, right) == textbook(left, right), "seed \(seed)")
        }
    }

    @Test func textsTooLongToCompareAreNotScored() async throws {
        var sample = spanSample(
            gold: [GoldSpan(document: "a", start: 0, end: 1)],
            retrieved: [],
            answer: answer(String(repeating: "a", count: 50_001))
        )
        sample.question.reference = "a"
        let score = try await Metrics.make("jaro").score(sample, tools: MetricTools()).score
        #expect(score.notScoredReason == "answer or reference is longer than 50000 bytes")
    }

    private func textbook(_ left: [Int], _ right: [Int]) -> Int {
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let best = min(row[j] + 1, row[j + 1] + 1, diagonal + (a == b ? 0 : 1))
                diagonal = row[j + 1]
                row[j + 1] = best
            }
        }
        return row[right.count]
    }
}

struct AnswerSchemaTests {
    struct Case: Decodable {
        var schema: String
        var value: String
        var valid: Bool
    }

    private let place = Place(file: "p.yaml", line: 3)

    @Test func agreesWithJsonschema() throws {
        let cases = try oracle("schema.json", as: Case.self)
        #expect(cases.count > 600)
        for oracle in cases {
            let text = oracle.schema.isEmpty ? cases[0].schema : oracle.schema
            let schema = try AnswerSchema(try StrictJSON.parse(text), owner: "json_schema", at: place)
            let fault = schema.fault(of: try StrictJSON.parse(oracle.value))
            #expect((fault == nil) == oracle.valid, "\(oracle.value) under \(text): \(fault ?? "allowed")")
        }
    }

    @Test(arguments: [
        (#"{"tpye":"object"}"#, "'tpye' is not checked"), (#"{"type":"text"}"#, "'type' cannot be read"),
        (#"{"if":{}}"#, "'if' is not checked"), (#"{"items":[1]}"#, "mapping, true or false"),
        (##"{"$ref":"#/$defs/none"}"##, "leads nowhere"), (#"{"pattern":"("}"#, "'pattern' cannot be read"),
        (#"{"multipleOf":0}"#, "'multipleOf' cannot be read"), (#"[]"#, "mapping, true or false"),
    ])
    func refusesWhatItDoesNotCheck(schema: String, part: String) throws {
        let error = #expect(throws: AssayError.self) {
            try AnswerSchema(try StrictJSON.parse(schema), owner: "json_schema", at: place)
        }
        #expect(error?.place == place && error?.message.contains(part) == true, "\(error?.message ?? "")")
    }

    @Test func aSchemaThatLeadsBackToItselfEnds() throws {
        let schema = try AnswerSchema(["$ref": "#"], owner: "json_schema", at: place)
        #expect(schema.fault(of: 1)?.contains("without end") == true)
    }
}

struct AnswerAssertionTests {
    private func score(_ name: String, _ text: String, _ options: ConfigNode? = nil) async throws -> Double? {
        var sample = spanSample(gold: [], retrieved: [], answer: answer(text))
        sample.question.reference = "24 GiB"
        sample.answer?.usage = Usage(promptTokens: 300, completionTokens: 50)
        return try await Metrics.make(name, options: options).score(sample, tools: MetricTools()).score.value
    }

    private func options(_ members: [(String, ConfigNode.Value)]) -> ConfigNode {
        let place = Place(file: "p.yaml", line: 1)
        return ConfigNode(
            .mapping(members.map { .init(key: $0.0, place: place, value: ConfigNode($0.1, at: place)) }),
            at: place
        )
    }

    @Test func textChecks() async throws {
        #expect(try await score("contains", "It has 24 GiB.") == 1)
        #expect(try await score("contains", "It has 24 gib.") == 0)
        let either = options([
            ("text", .list(["gib", "tons"].map { ConfigNode(.string($0), at: Place(file: "p")) })),
            ("ignore_case", .bool(true)), ("mode", .string("any")),
        ])
        #expect(try await score("contains", "24 GiB", either) == 1)
        #expect(try await score("contains", "24 MiB", either) == 0)
        let both = options([("text", .list(["24", "GiB"].map { ConfigNode(.string($0), at: Place(file: "p")) }))])
        #expect(try await score("contains", "24 GiB", both) == 1)
        #expect(try await score("contains", "24 MiB", both) == 0)
        #expect(try await score("starts_with", "24 GiB of memory") == 1)
        #expect(try await score("starts_with", "It has 24 GiB") == 0)
        #expect(try await score("matches", "24 GiB", options([("pattern", .string(#"^\d+ [GM]iB$"#))])) == 1)
        #expect(try await score("matches", "about 24 GiB", options([("pattern", .string(#"^\d+ [GM]iB$"#))])) == 0)
        #expect(throws: AssayError.self) { try Metrics.make("matches", options: options([("pattern", .string("("))])) }
    }

    @Test func jsonChecks() async throws {
        #expect(try await score("json_valid", #" {"a": [1, 2.5]} "#) == 1)
        for wrong in ["```json\n{}\n```", "{'a': 1}", "", "{} {}", #"{"a":1,"a":2}"#, "NaN"] {
            #expect(try await score("json_valid", wrong) == 0, "\(wrong)")
        }
        #expect(
            try await score("json_valid", String(repeating: "[", count: 20) + String(repeating: "]", count: 20)) == 1
        )
        let type = options([("type", .string("array"))])
        let schema = options([("schema", type.value)])
        #expect(try await score("json_schema", "[]", schema) == 1)
        #expect(try await score("json_schema", "{}", schema) == 0)
        #expect(try await score("json_schema", "no JSON", schema) == 0)
    }

    @Test func latencyIsTheSamplesOwn() async throws {
        let metric = try Metrics.make("latency_limit", options: options([("max_ms", .int(900))]))
        var sample = spanSample(gold: [], retrieved: [], answer: answer("x"))
        guard case .notApplicable = try await metric.score(sample, tools: MetricTools()).score else {
            Issue.record("a sample without a time was scored")
            return
        }
        for (time, value) in [(899.5, 1.0), (900, 1), (900.5, 0)] {
            sample.latencyMs = time
            #expect(try await metric.score(sample, tools: MetricTools()).score.value == value)
        }
    }

    @Test func limits() async throws {
        #expect(try await score("token_limit", "x") == 1)
        #expect(try await score("token_limit", "x", options([("total", .int(350))])) == 1)
        #expect(try await score("token_limit", "x", options([("total", .int(349))])) == 0)
        #expect(try await score("token_limit", "x", options([("completion", .int(49))])) == 0)
        // 300 · 2 + 50 · 10 = 1100 a million.
        let prices: [(String, ConfigNode.Value)] = [("prompt_price", .double(2)), ("completion_price", .double(10))]
        #expect(try await score("cost_limit", "x", options(prices + [("max", .double(0.0011))])) == 1)
        #expect(try await score("cost_limit", "x", options(prices + [("max", .double(0.00109))])) == 0)
    }
}

struct QuotedSpanTests {
    @Test func findsQuotationsInThePassages() async throws {
        var sample = spanSample(
            gold: [],
            retrieved: [
                chunk("a", 0, 40, text: "The GPU has\n24 GiB of   memory."), chunk("b", 0, 9, text: "hidden one two"),
            ],
            contextCount: 1,
            answer: answer(
                #"It says "the gpu has 24 GiB" and “hidden one two”, it's John's "short quote" and «GiB of memory»."#
            )
        )
        let result = try await Metrics.make("quoted_spans").score(sample, tools: MetricTools())
        #expect(result.score == .scored(2.0 / 3))
        sample.answer?.text = #"it's not John's fault, "two words""#
        let none = try await Metrics.make("quoted_spans").score(sample, tools: MetricTools()).score
        #expect(none.notApplicableReason == "the answer quotes nothing")
    }
}

struct TokenSpanTests {
    /// Text: "alpha beta, gamma delta epsilon" (0–31); gold "beta, gamma" (6–17): 3 tokens.
    private let text = "alpha beta, gamma delta epsilon"

    private func sample(_ ranges: [(Int, Int)], gold: [(Int, Int)] = [(6, 17)]) -> Sample {
        func cut(_ range: (Int, Int)) -> String { String(decoding: Array(text.utf8)[range.0..<range.1], as: UTF8.self) }
        var sample = spanSample(
            gold: gold.map { GoldSpan(document: "a", start: $0.0, end: $0.1) },
            retrieved: ranges.map { chunk("a", $0.0, $0.1, text: cut($0)) }
        )
        sample.question.gold = gold.map { GoldQuote(document: "a", quote: cut($0)) }
        return sample
    }

    @Test func handWorkedExample() async throws {
        // "alpha beta" holds 2 tokens, 1 of them gold; ", gamma delta" 3, 2 of them gold; the first twice.
        let sample = sample([(0, 10), (10, 23), (0, 10)])
        #expect(try await value("token_recall@1", sample) == 1.0 / 3)
        #expect(try await value("token_precision@1", sample) == 0.5)
        #expect(try await value("token_iou@1", sample) == 1.0 / 4)
        #expect(try await value("token_recall@2", sample) == 1)
        #expect(try await value("token_precision@2", sample) == 3.0 / 5)
        #expect(try await value("token_iou@2", sample) == 3.0 / 5)
        // What is retrieved twice costs precision, unlike in span_precision.
        #expect(try await value("token_precision@3", sample) == 3.0 / 7)
        #expect(try await value("token_iou@3", sample) == 3.0 / 7)
        #expect(try await value("token_recall@5", self.sample([])) == 0)
    }

    @Test func whatCannotBeCountedIsNotScored() async throws {
        var gap = sample([(0, 10)])
        gap.retrieved[0].text = ""
        let metric = try Metrics.make("token_recall@5")
        #expect(
            try await metric.score(gap, tools: MetricTools()).score.notScoredReason?.contains("lacks the text") == true
        )
        let overlapping = sample([(0, 10)], gold: [(6, 17), (12, 23)])
        #expect(try await metric.score(overlapping, tools: MetricTools()).score.notScoredReason != nil)
    }
}
