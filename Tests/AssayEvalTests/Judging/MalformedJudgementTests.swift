import AssayModel
import Testing

@testable import AssayEval

/// Malformed replies to every call of every judged metric: no crash, no silent score.
struct MalformedJudgementTests {
    /// Ways to spoil a good reply; each leaves nothing that may be scored.
    enum Spoiling: String, CaseIterable {
        case cut, textBefore, textAfter, fenced, doubled, otherType, deepNesting, tenMegabytes, cutByLength
        case alienKey, missingKey, repeatedKey, wrongCount, repeatedIndex, wrongNumber, wrongText

        /// Those that every mode refuses, since they are not JSON or cut.
        static let ofText: [Spoiling] = [
            .cut, .textBefore, .textAfter, .fenced, .doubled, .otherType, .deepNesting, .tenMegabytes, .cutByLength,
        ]
    }

    private static let seed: UInt64 = 20_261_123
    private static let padding = String(repeating: " ", count: 10_000_000)

    private static let judged = Metrics.builtin.entries.filter { $0.needs.contains(.judge) }

    @Test func noMalformedReplyToAnyMetricIsScored() async throws {
        print("malformed judge replies: seed \(Self.seed)")
        var random = SeededRandom(seed: Self.seed)
        var used: [Spoiling: Int] = [:]
        for entry in Self.judged {
            let metric = try Metrics.make(entry.name)
            for call in try await calls(of: metric) {
                for _ in 0..<6 {
                    let way = Spoiling.allCases[random.index(below: Spoiling.allCases.count)]
                    guard let reply = spoiled(call, way, &random) else { continue }
                    try await expectUnscored(metric, call, reply, "\(entry.name) \(call.prompt) \(way)")
                    used[way, default: 0] += 1
                }
            }
        }
        #expect(used.values.reduce(0, +) >= 200)
        for way in Spoiling.allCases { #expect(used[way, default: 0] >= 5, "\(way) \(used[way, default: 0])") }
    }

    @Test func theCompatModesScoreNoBrokenReplyEither() async throws {
        print("malformed judge replies to compat modes: seed \(Self.seed + 1)")
        var random = SeededRandom(seed: Self.seed + 1)
        var count = 0
        for entry in Self.judged {
            for mode in MetricMode.allCases where entry.compat[mode] != nil {
                // As Ragas does it, one of two ratings is enough, and legacy looks for a digit anywhere in a text.
                if ["answer_accuracy", "context_relevance", "response_groundedness"].contains(entry.name) { continue }
                let options = configured(["mode": .string(mode.rawValue)])
                let metric = try Metrics.make(entry.name, options: options)
                for call in try await calls(of: metric) {
                    let way = Spoiling.ofText[random.index(below: Spoiling.ofText.count)]
                    guard let reply = spoiled(call, way, &random) else { continue }
                    try await expectUnscored(metric, call, reply, "\(entry.name) \(mode) \(call.prompt) \(way)")
                    count += 1
                }
            }
        }
        #expect(count >= 80)
    }

    @Test func aGoodSecondReplyGivesTheScoreOfAGoodFirstOne() async throws {
        for entry in Self.judged {
            let metric = try Metrics.make(entry.name)
            let undisturbed = try await metric.score(fullSample, tools: FillingJudge().tools)
            for call in try await calls(of: metric) {
                let tools = MetricTools(
                    judge: { asked in
                        asked == call
                            ? JudgeReply(text: "Let me see …", finish: .stop) : FillingJudge().reply(to: asked)
                    },
                    embed: { embedByLetters($0) }
                )
                #expect(try await metric.score(fullSample, tools: tools) == undisturbed, "\(entry.name) \(call.prompt)")
            }
        }
    }

    /// The calls that a metric makes when all goes well, those for one token aside.
    private func calls(of metric: any Metric) async throws -> [JudgeCall] {
        let judge = FillingJudge()
        let score = try await metric.score(fullSample, tools: judge.tools).score
        #expect(score.value != nil, "\(metric.definition.name) \(score)")
        return judge.calls.filter { $0.choices == nil }
    }

    /// Answers well but for one call, which gets the malformed reply both times.
    private func expectUnscored(
        _ metric: any Metric,
        _ call: JudgeCall,
        _ reply: JudgeReply,
        _ name: String
    ) async throws {
        let tools = MetricTools(
            judge: { asked in
                let content = asked.messages[1].content
                let isRepair =
                    asked.prompt == call.prompt && content != call.messages[1].content
                    && content.hasPrefix(call.messages[1].content)
                return asked == call || isRepair ? reply : FillingJudge().reply(to: asked)
            },
            embed: { embedByLetters($0) }
        )
        let score = try await metric.score(fullSample, tools: tools).score
        let reason = score.notScoredReason
        #expect(reason?.contains("were refused") == true, "\(name): \(reply.text.prefix(200)) gave \(score)")
        #expect(reason.map { $0.utf8.count < 400 } == true, "\(name): the reason is as long as the reply")
    }

    /// A reply to `call`, spoiled; nil where it has nothing that could be spoiled in this way.
    private func spoiled(_ call: JudgeCall, _ way: Spoiling, _ random: inout SeededRandom) -> JudgeReply? {
        let good = FillingJudge.good(call)
        let text = good.text
        let scalars = Array(text.unicodeScalars)
        var finish = FinishReason.stop
        let bad: String?
        switch way {
        case .cut:
            var prefix = String.UnicodeScalarView()
            prefix.append(contentsOf: scalars.prefix(random.index(below: scalars.count)))
            bad = String(prefix)
        case .textBefore: bad = "Here you are: " + text
        case .textAfter: bad = text + " Is that all?"
        case .fenced: bad = "```json\n\(text)\n```"
        case .doubled: bad = text + text
        case .otherType:
            let others = ["null", "[]", "1", "\"x\"", "true", "{}", "NaN", "", "[\(text)]", "{\"reply\":\(text)}"]
            bad = others[random.index(below: others.count)]
        case .deepNesting: bad = String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)
        case .tenMegabytes: bad = text + Self.padding
        case .cutByLength: (bad, finish) = (text, .length)
        case .alienKey: bad = text.dropLast() + ",\"zeal\":1}"
        case .missingKey: bad = edited(good, call.schema, .missingKey, &random)?.text
        case .repeatedKey: bad = repeatedKey(good)
        case .wrongCount, .repeatedIndex: bad = edited(good, call.schema, way, &random)?.text
        case .wrongNumber:
            let tokens = [
                "NaN", "Infinity", "1e999", "99999999999999999999", "-1", "0.5", "1.0", "\"1\"", "true", "null", "01",
                "[1]",
            ]
            bad = marked(good, isNumber: true)?.text
                .replacing("\"@@\"", with: tokens[random.index(below: tokens.count)], maxReplacements: 1)
        case .wrongText:
            let tokens = [
                "5", "null", "[]", "{}", "NaN", "\"\\ud800\"", "\"\\x41\"", "\"a\nb\"", "'a'", "\"\(Self.long)\"",
            ]
            bad = marked(good, isNumber: false)?.text
                .replacing("\"@@\"", with: tokens[random.index(below: tokens.count)], maxReplacements: 1)
        }
        return bad.map { JudgeReply(text: $0, finish: finish) }
    }

    private static let long = String(repeating: "x", count: 400)

    /// The first member once more at the front.
    private func repeatedKey(_ good: JSONValue) -> String? {
        guard case .object(let members) = good, let first = members.keys.sorted().first else { return nil }
        return "{\"\(first)\":0," + good.text.dropFirst()
    }

    /// The value with its first number (or text) replaced by the text `@@`; nil without one.
    private func marked(_ value: JSONValue, isNumber: Bool) -> JSONValue? {
        switch value {
        case .int: return isNumber ? "@@" : nil
        case .string: return isNumber ? nil : "@@"
        case .array(var elements):
            for (place, element) in elements.enumerated() {
                if let changed = marked(element, isNumber: isNumber) {
                    elements[place] = changed
                    return .array(elements)
                }
            }
            return nil
        case .object(var members):
            for (key, member) in members.sorted(by: { $0.key < $1.key }) {
                if let changed = marked(member, isNumber: isNumber) {
                    members[key] = changed
                    return .object(members)
                }
            }
            return nil
        default: return nil
        }
    }

    /// The value with a key taken out, a list of another length than the schema's fixed one, or an index that stands twice.
    private func edited(
        _ value: JSONValue,
        _ schema: JSONValue,
        _ way: Spoiling,
        _ random: inout SeededRandom
    ) -> JSONValue? {
        switch value {
        case .object(var members):
            let keys = members.keys.sorted()
            if way == .missingKey {
                members[keys[random.index(below: keys.count)]] = nil
                return .object(members)
            }
            for key in keys {
                guard let member = members[key], let part = schema["properties"]?[key] else { continue }
                if let changed = edited(member, part, way, &random) {
                    members[key] = changed
                    return .object(members)
                }
            }
            return nil
        case .array(var elements):
            guard let last = elements.last, schema["minItems"] == schema["maxItems"] else { return nil }
            if way == .wrongCount {
                if random.index(below: 2) == 0 { elements.removeLast() } else { elements.append(last) }
                return .array(elements)
            }
            guard elements.count > 1, case .object(var entry) = last, entry["index"] != nil else { return nil }
            entry["index"] = 1
            elements[elements.count - 1] = .object(entry)
            return .array(elements)
        default: return nil
        }
    }
}
