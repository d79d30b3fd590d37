import AssayModel
import Synchronization

/// Counts the verdicts of a panel of judges and remembers where they differed.
final class PanelVotes: Sendable {
    private struct State {
        var judges = 0
        var verdicts = 0
        var splits: [JSONValue] = []
    }

    private let state = Mutex(State())

    /// The reply that holds the majority's verdicts; a tie counts as 0, since it was not shown to hold.
    ///
    /// Ratings become the lower median; a reason is taken from the first judge who is with the majority.
    ///
    /// - Parameters:
    ///   - replies: One checked reply a judge, the first judge's first.
    ///   - prompt: What was asked.
    /// - Returns: A reply of the same shape.
    func majority(of replies: [JSONValue], _ prompt: JudgePrompt) -> JSONValue {
        guard let first = replies.first else { return .null }
        return merged(prompt.schema, first, replies, prompt.id)
    }

    /// Whether most of the probabilities are at least one half.
    func majority(of shares: [Double], _ prompt: String) -> Bool {
        let holds = shares.count { $0 >= 0.5 } * 2 > shares.count
        note(
            prompt,
            votes: shares.map { .double($0) },
            isSplit: Set(shares.map { $0 >= 0.5 }).count > 1,
            judges: shares.count
        )
        return holds
    }

    /// What is to be written beside the score; nil when no panel was asked.
    var details: JSONValue? {
        state.withLock { state in
            guard state.verdicts > 0 else { return nil }
            return [
                "judges": .int(state.judges), "verdicts": .int(state.verdicts), "split": .array(state.splits),
                "disagreement": .double(Double(state.splits.count) / Double(state.verdicts)),
            ]
        }
    }

    private func note(_ prompt: String, votes: [JSONValue], isSplit: Bool, judges: Int) {
        state.withLock { state in
            state.judges = judges
            state.verdicts += 1
            if isSplit {
                state.splits.append(
                    ["prompt": .string(prompt), "verdict": .int(state.verdicts), "votes": .array(votes)]
                )
            }
        }
    }

    private func merged(
        _ schema: ReplySchema,
        _ first: JSONValue,
        _ replies: [JSONValue],
        _ prompt: String
    ) -> JSONValue {
        switch schema {
        case .verdict:
            let votes = replies.compactMap(\.intValue)
            note(prompt, votes: votes.map { .int($0) }, isSplit: Set(votes).count > 1, judges: replies.count)
            return .int(votes.count { $0 == 1 } * 2 > replies.count ? 1 : 0)
        case .index:
            let values = replies.compactMap(\.intValue).sorted()
            return values.isEmpty ? first : .int(values[(values.count - 1) / 2])
        case .list(let element, _):
            let lists = replies.map { $0.arrayValue ?? [] }
            let count = lists.map(\.count).min() ?? 0
            return .array(
                (0..<count).map { place in merged(element, lists[0][place], lists.map { $0[place] }, prompt) }
            )
        case .mapping(let members):
            var result: [String: JSONValue] = [:]
            for (key, member) in members.sorted(by: { $0.key < $1.key }) {
                guard let own = first[key] else { continue }
                result[key] = merged(member, own, replies.compactMap { $0[key] }, prompt)
            }
            // The reason of someone who is with the majority.
            if let verdict = result["verdict"], result["reason"] != nil,
                let reason = replies.first(where: { $0["verdict"] == verdict })?["reason"]
            {
                result["reason"] = reason
            }
            return .object(result)
        default: return first
        }
    }
}

extension ReplySchema {
    /// Whether several judges' replies of this shape can be put to the vote: verdicts or ratings in lists of fixed length, and no text
    /// but reasons.
    var holdsOnlyVerdicts: Bool { hasVerdict && isVotable }

    private var hasVerdict: Bool {
        switch self {
        case .verdict: true
        case .list(let element, _): element.hasVerdict
        case .mapping(let members): members.values.contains { $0.hasVerdict }
        default: false
        }
    }

    private var isVotable: Bool {
        switch self {
        case .verdict, .index: true
        case .list(let element, let count): count.count == 1 && element.isVotable
        case .mapping(let members): members.values.allSatisfy { $0.isVotable }
        default: if case .text(_, optional: true) = self { true } else { false }
        }
    }
}

extension MetricResult {
    /// This result with what a panel of judges disagreed on, where one was asked.
    func adding(_ votes: PanelVotes) -> MetricResult {
        guard let panel = votes.details else { return self }
        var result = self
        switch details {
        case nil: result.details = ["panel": panel]
        case .object(var members):
            members["panel"] = panel
            result.details = .object(members)
        default: break
        }
        return result
    }
}
