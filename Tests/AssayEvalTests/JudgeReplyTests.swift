import AssayModel
import Testing

@testable import AssayEval

struct StrictJSONTests {
    private static let list = JSONValue.array([.int(1), .double(-25), .string("x"), .bool(true), .bool(false), .null])
    private static let nested = JSONValue.object(["b": .array([.array([])])])
    private static let examples: [(text: String, value: JSONValue)] = [
        ("{}", .object([:])), (" [1, -2.5e1, \"x\", true,false,null]\n", list), ("0", .int(0)), ("-0.5", .double(-0.5)),
        (#""\u0041\n\uD83D\uDE00""#, .string("A\n😀")), (#"{"a":{"b":[[]]}}"#, .object(["a": nested])),
        ("9223372036854775807", .int(.max)),
    ]

    @Test(arguments: examples)
    func readsJSON(text: String, value: JSONValue) throws {
        #expect(try StrictJSON.parse(text) == value)
    }

    @Test func agreesWithFoundationOnWhatItAccepts() throws {
        var random = SeededRandom(seed: 9)
        let alphabet = Array(#"{}[]",:\u0019aeE+-. tfn"#)
        var accepted = 0
        for _ in 0..<20_000 {
            let text = String(
                (0..<(1 + random.index(below: 9))).map { _ in alphabet[random.index(below: alphabet.count)] }
            )
            guard let value = try? StrictJSON.parse(text) else { continue }
            accepted += 1
            let other = try JSONValue(parsing: text)
            #expect(other == value || other.doubleValue == value.doubleValue, "'\(text)'")
        }
        #expect(accepted > 50)
    }
}

/// Replies to `verify-statements/2` for three statements, of which only the good one may be scored.
struct MalformedReplyTests {
    private static let good = reply([1, 0, 1])

    private static func reply(_ verdicts: [Int]) -> String {
        "{\"verdicts\":[" + verdicts.enumerated().map { entry("\($0 + 1)", "\($1)") }.joined(separator: ",") + "]}"
    }

    private static func entry(_ index: String, _ verdict: String, reason: String = "\"so\"") -> String {
        "{\"index\":\(index),\"reason\":\(reason),\"verdict\":\(verdict)}"
    }

    private static func entries(_ entries: String...) -> String { "{\"verdicts\":[\(entries.joined(separator: ","))]}" }

    static let malformed: [String] = cut + shapes + values + strings

    private static let cut: [String] = stride(from: 0, to: good.utf8.count, by: 7).map { String(good.prefix($0)) }

    private static let shapes: [String] = [
        // Text around.
        "Here you are: \(good)", "\(good) Hope it helps", "```json\n\(good)\n```", "\(good)\(good)", "\(good),",
        "\u{feff}\(good)",
        // Wrong types.
        "null", "[]", "1", "\"x\"", "true", "{}", "{\"verdicts\":null}", "{\"verdicts\":{}}", "{\"verdicts\":\"110\"}",
        "{\"verdicts\":[1,0,1]}", "{\"verdicts\":[[],[],[]]}", "{\"verdict\":[]}",
        entries(entry("1", "\"1\""), entry("2", "0"), entry("3", "1")),
        entries(entry("1", "true"), entry("2", "0"), entry("3", "1")),
        entries(entry("1", "1.0"), entry("2", "0"), entry("3", "1")),
        entries(entry("1", "1e0"), entry("2", "0"), entry("3", "1")),
        entries(entry("1", "null"), entry("2", "0"), entry("3", "1")),
        entries(entry("\"1\"", "1"), entry("2", "0"), entry("3", "1")),
        entries(entry("1", "1", reason: "5"), entry("2", "0"), entry("3", "1")),
        entries(entry("1", "1", reason: "null"), entry("2", "0"), entry("3", "1")),
        // Wrong counts.
        reply([]), reply([1]), reply([1, 0]), reply([1, 0, 1, 1]), reply([1, 0, 1, 1, 0, 0, 0, 1]),
        // Wrong, repeated, unordered indices.
        entries(entry("1", "1"), entry("1", "0"), entry("3", "1")),
        entries(entry("1", "1"), entry("3", "0"), entry("2", "1")),
        entries(entry("0", "1"), entry("1", "0"), entry("2", "1")),
        entries(entry("2", "1"), entry("3", "0"), entry("4", "1")),
        entries(entry("-1", "1"), entry("2", "0"), entry("3", "1")),
    ]

    private static let values: [String] = [
        // Verdicts that are none.
        reply([2, 0, 1]), reply([-1, 0, 1]), reply([10, 0, 1]),
        entries(entry("1", "NaN"), entry("2", "0"), entry("3", "1")),
        entries(entry("1", "Infinity"), entry("2", "0"), entry("3", "1")),
        entries(entry("1", "1e999"), entry("2", "0"), entry("3", "1")),
        entries(entry("1", "99999999999999999999999"), entry("2", "0"), entry("3", "1")),
        entries(entry("1", "01"), entry("2", "0"), entry("3", "1")),
        entries(entry("1", "+1"), entry("2", "0"), entry("3", "1")),
        entries(entry("1", "0x1"), entry("2", "0"), entry("3", "1")),
        entries(entry("1", "1."), entry("2", "0"), entry("3", "1")),
        entries(entry("1", "yes"), entry("2", "0"), entry("3", "1")),
        entries(entry("1", ""), entry("2", "0"), entry("3", "1")),
        // Repeated, missing, alien keys.
        "{\"verdicts\":[],\"verdicts\":\(good.dropFirst(12).dropLast())}",
        "{\"verdicts\":[{\"index\":1,\"verdict\":0,\"verdict\":1,\"reason\":\"\"},\(entry("2", "0")),\(entry("3", "1"))]}",
        "{\"verdicts\":[{\"index\":1,\"verdict\":1},\(entry("2", "0")),\(entry("3", "1"))]}",
        "{\"verdicts\":[{\"reason\":\"\",\"verdict\":1},\(entry("2", "0")),\(entry("3", "1"))]}",
        "\(good.dropLast()),\"score\":1}",
    ]

    private static let strings: [String] = [
        // Strings.
        entries(entry("1", "1", reason: "\"a\nb\""), entry("2", "0"), entry("3", "1")),
        entries(entry("1", "1", reason: #""\x41""#), entry("2", "0"), entry("3", "1")),
        entries(entry("1", "1", reason: #""\ud800""#), entry("2", "0"), entry("3", "1")),
        entries(entry("1", "1", reason: #""\ud800\u0041""#), entry("2", "0"), entry("3", "1")),
        entries(entry("1", "1", reason: #""\udc00""#), entry("2", "0"), entry("3", "1")),
        entries(entry("1", "1", reason: #""\u12""#), entry("2", "0"), entry("3", "1")),
        entries(entry("1", "1", reason: "'so'"), entry("2", "0"), entry("3", "1")),
        entries(entry("1", "1", reason: "\"\(String(repeating: "x", count: 161))\""), entry("2", "0"), entry("3", "1")),
        // Size and depth.
        "{\"verdicts\":[\(String(repeating: " ", count: 70_000))]}", String(repeating: "[", count: 60_000),
        String(repeating: "{\"a\":", count: 5_000), String(repeating: "9", count: 60_000),
        // Commas, comments, other notations.
        good.replacing("]", with: ",]"), good.replacing("[", with: "[,"), "// x\n\(good)",
        good.replacing("\"", with: "'"),
        good.replacing(":", with: "="), "verdicts: [1, 0, 1]", "<verdicts>101</verdicts>", "I cannot judge this.", "",
        " \n ",
        "\0", entries("\(entry("1", "1"))\(entry("2", "0"))", entry("3", "1")),
    ]

    private let sample = spanSample(
        gold: [GoldSpan(document: "a", start: 0, end: 9)],
        retrieved: [chunk("a", 0, 9), chunk("b", 0, 9)],
        answer: answer("Three things.")
    )
    private let split = #"{"statements":["One.","Two.","Three."]}"#

    @Test func thereAreManyOfThem() {
        #expect(Self.malformed.count >= 80)
    }

    @Test func noMalformedReplyIsScored() async throws {
        for reply in Self.malformed {
            let judge = ScriptedJudge(split, reply, reply)
            let score = try await Metrics.make("faithfulness").score(sample, tools: judge.tools).score
            #expect(score.notScoredReason != nil, "\(reply.prefix(200)) gave \(score)")
            #expect(judge.calls.count == 3)
        }
    }

    @Test func aGoodSecondReplyIsScored() async throws {
        for reply in Self.malformed.prefix(40) {
            let judge = ScriptedJudge(split, reply, Self.good)
            let score = try await Metrics.make("faithfulness").score(sample, tools: judge.tools).score
            #expect(score == .scored(2.0 / 3))
        }
    }

    @Test func malformedStatementsQuestionsAndRatingsAreNotScoredEither() async throws {
        let statements = [
            #"{"statements":"One."}"#, #"{"statements":[1]}"#, #"{"statements":[""]}"#, #"{"statements":[" "]}"#,
            #"{"statements":["One.","one. "]}"#, #"["One."]"#, #"{"statements":[null]}"#,
            "{\"statements\":[\"\(String(repeating: "x", count: 301))\"]}",
            "{\"statements\":[\((0..<33).map { "\"s\($0)\"" }.joined(separator: ","))]}",
            "{\"statements\":[\((0..<32).map { "\"s\($0)\"" }.joined(separator: ","))]}", #"{"statements":[]}"#,
        ]
        let questions = [
            #"{"questions":[]}"#, #"{"questions":[{"noncommittal":0,"question":"a"}]}"#,
            questions("a", "b", "b"), questions("a", "b", ""), questions("a", "b", "c", flag: "2"),
            questions("a", "b", "c", flag: "false"), questions("a", "b", "c", "d"),
        ]
        let ratings = [
            #"{"verdict":1}"#, #"{"reason":"","verdict":2}"#, #"{"reason":"","verdict":"1"}"#,
            #"{"reason":"","verdict":0.5}"#,
        ]
        for (metric, replies) in [
            ("faithfulness", statements), ("context_recall", statements), ("answer_relevancy", questions),
            ("context_precision", ratings),
        ] {
            for reply in replies {
                let judge = ScriptedJudge(reply, reply)
                let score = try await Metrics.make(metric).score(sample, tools: judge.tools).score
                #expect(score.notScoredReason != nil, "\(metric): \(reply.prefix(100)) gave \(score)")
            }
        }
    }

    @Test func aReplyCutByTheLimitIsNeverScoredEvenIfItLooksWhole() async throws {
        let cut = JudgeReply(text: Self.good, finish: .length)
        let judge = ScriptedJudge([JudgeReply(text: split, finish: .stop), cut, cut])
        let score = try await Metrics.make("faithfulness").score(sample, tools: judge.tools).score
        #expect(score.notScoredReason?.contains("cut by the limit of tokens") == true)
    }

    @Test func theReasonNeverHoldsTextOfTheReply() async throws {
        let judge = ScriptedJudge(split, "SECRET {\"SECRET\":1}", "{\"SECRET\":\"SECRET\"}")
        let score = try await Metrics.make("faithfulness").score(sample, tools: judge.tools).score
        #expect(score.notScoredReason?.contains("SECRET") == false)
    }

    @Test func theSecondTryIsTheSameCallWithANoteAtItsEnd() async throws {
        let judge = ScriptedJudge(split, "", Self.good)
        _ = try await Metrics.make("faithfulness").score(sample, tools: judge.tools)
        let (first, second) = (judge.calls[1], judge.calls[2])
        #expect((first.replicate, second.replicate) == (0, 1))
        #expect(second.messages[0] == first.messages[0])
        #expect(second.messages[1].content.hasPrefix(first.messages[1].content))
        #expect(second.messages[1].content.contains("it is empty"))
        #expect(second.schema == first.schema)
    }

    @Test func aDeadJudgeEndsTheRun() async throws {
        await #expect(throws: AssayError.self) {
            try await Metrics.make("faithfulness").score(sample, tools: ScriptedJudge([]).tools)
        }
    }

    private func questions(_ texts: String..., flag: String = "0") -> String {
        let entries = texts.map { "{\"noncommittal\":\(flag),\"question\":\"\($0)\"}" }
        return "{\"questions\":[\(entries.joined(separator: ","))]}"
    }
}
