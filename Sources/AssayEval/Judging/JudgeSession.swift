import AssayModel

/// Asks the judge and accepts only replies that are complete and of the shape asked for.
struct JudgeSession: Sendable {
    /// Why a row is not scored.
    struct Refusal: Error, Equatable {
        var reason: String
    }

    typealias Judge = @Sendable (JudgeCall) async throws -> JudgeReply

    let judge: Judge
    /// More judges, whose verdicts count beside the first one's; the first alone writes texts.
    let panel: [Judge]
    /// How verdicts are asked for.
    let asking: JudgeAsking
    /// Where a panel did not agree.
    let votes = PanelVotes()

    init(judge: @escaping Judge, panel: [Judge] = [], asking: JudgeAsking = .json) {
        self.judge = judge
        self.panel = panel
        self.asking = asking
    }

    /// Asks for a JSON reply: one judge, or for verdicts every judge of the panel, whose majority then counts.
    ///
    /// - Parameters:
    ///   - prompt: What to ask.
    ///   - read: Reads the checked reply; throws `StrictJSON.Fault` for what the schema cannot say.
    /// - Returns: What `read` returns.
    /// - Throws: `Refusal` after two refused replies of a judge; what the judge throws.
    func ask<Result>(
        _ prompt: JudgePrompt,
        read: (JSONValue) throws(StrictJSON.Fault) -> Result
    ) async throws -> Result {
        guard !panel.isEmpty, prompt.schema.holdsOnlyVerdicts else { return try await ask(judge, prompt, read) }
        var replies: [JSONValue] = []
        for member in [judge] + panel {
            // Each reply is read by itself first: a member who breaks a rule is asked again, as a single judge would be.
            replies.append(
                try await ask(member, prompt) { reply throws(StrictJSON.Fault) in
                    _ = try read(reply)
                    return reply
                }
            )
        }
        do {
            return try read(votes.majority(of: replies, prompt))
        } catch {
            throw Refusal(reason: "the panel's majority for \(prompt.id) cannot be read: \(error.message)")
        }
    }

    /// Asks one judge once, and once more with a note when the reply is refused.
    ///
    /// - Parameters:
    ///   - judge: Whom.
    ///   - prompt: What to ask.
    ///   - read: Reads the checked reply.
    /// - Returns: What `read` returns.
    /// - Throws: `Refusal` after two refused replies; what the judge throws.
    private func ask<Result>(
        _ judge: Judge,
        _ prompt: JudgePrompt,
        _ read: (JSONValue) throws(StrictJSON.Fault) -> Result
    ) async throws -> Result {
        do {
            return try accept(try await judge(prompt.call), prompt.schema, read)
        } catch let first as StrictJSON.Fault {
            do {
                return try accept(try await judge(prompt.repair(first.message)), prompt.schema, read)
            } catch let second as StrictJSON.Fault {
                throw Refusal(
                    reason: "the judge's replies to \(prompt.id) were refused: \(first.message); \(second.message)"
                )
            }
        }
    }

    private func accept<Result>(
        _ reply: JudgeReply,
        _ schema: ReplySchema,
        _ read: (JSONValue) throws(StrictJSON.Fault) -> Result
    ) throws(StrictJSON.Fault) -> Result {
        // A reply cut by the token limit is never scored, even where what arrived happens to be whole.
        guard reply.finish != .length else { throw StrictJSON.Fault(message: "it was cut by the limit of tokens") }
        let value = try StrictJSON.parse(reply.text)
        try schema.check(value)
        return try read(value)
    }
}

/// Reads replies whose shape has been checked.
enum JudgeReplyParser {
    /// The different texts of `{"KEY": [text, …]}`.
    static func texts(_ reply: JSONValue, _ key: String) throws(StrictJSON.Fault) -> [String] {
        try different((reply[key]?.arrayValue ?? []).compactMap(\.stringValue), key)
    }

    /// Verdicts with reasons of `{"verdicts": [{index, verdict, reason?}, …]}`, each index once and in order.
    static func verdicts(_ reply: JSONValue) throws(StrictJSON.Fault) -> [Verdict] {
        var verdicts: [Verdict] = []
        for entry in reply["verdicts"]?.arrayValue ?? [] {
            guard entry["index"]?.intValue == verdicts.count + 1 else {
                throw StrictJSON.Fault(message: "the indices do not run 1, 2, 3 …, each once")
            }
            verdicts.append(try verdict(entry))
        }
        return verdicts
    }

    /// The verdict of `{verdict, reason?}`.
    static func verdict(_ reply: JSONValue) throws(StrictJSON.Fault) -> Verdict {
        guard let verdict = reply["verdict"]?.intValue else { throw StrictJSON.Fault(message: "a verdict is missing") }
        return Verdict(holds: verdict == 1, reason: reply["reason"]?.stringValue)
    }

    /// Questions with flags of `{"questions": [{noncommittal, question}, …]}`, all questions different.
    static func questions(_ reply: JSONValue) throws(StrictJSON.Fault) -> [(text: String, noncommittal: Bool)] {
        let entries = reply["questions"]?.arrayValue ?? []
        let texts = try different(entries.compactMap { $0["question"]?.stringValue }, "questions")
        return zip(texts, entries).map { ($0, $1["noncommittal"]?.intValue == 1) }
    }

    private static func different(_ texts: [String], _ key: String) throws(StrictJSON.Fault) -> [String] {
        let plain = texts.map { $0.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ") }
        guard Set(plain).count == plain.count else { throw StrictJSON.Fault(message: "'\(key)' says one thing twice") }
        return texts
    }
}

/// A judge's word on one thing.
struct Verdict: Sendable, Equatable {
    var holds: Bool
    var reason: String?
    /// Probability that it holds, nil where the judge was not asked for one.
    var probability: Double?

    /// From 0 to 1: the probability, or the verdict itself.
    var value: Double { probability ?? (holds ? 1 : 0) }
}
