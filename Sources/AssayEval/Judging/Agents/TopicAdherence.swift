import AssayModel

/// Whether an agent keeps to its topics: answers what is on them, refuses what is not.
struct TopicAdherence: Sendable {
    /// What is counted.
    enum Measure: Sendable {
        case precision
        case recall
        case f1
    }

    /// A topic of the conversation.
    struct Topic: Sendable {
        var isAnswered: Bool
        var isAllowed: Bool
    }

    let measure: Measure
    let mode: MetricMode
    /// Topics of a conversation at most.
    let limit: Int

    var score: JudgedScoring {
        { sample, judge, _ in
            let talk = (sample.dialogue ?? []).map(\.line).joined(separator: "\n")
            let allowed = sample.question.referenceTopics ?? []
            let names = try await judge.ask(.listTopics(talk, limit: limit)) { reply throws(StrictJSON.Fault) in
                mode == .corrected ? try JudgeReplyParser.texts(reply, "topics") : RagasReply.texts(reply, "topics")
            }
            guard !names.isEmpty else {
                return mode == .corrected
                    ? MetricResult(.notApplicable(reason: "the conversation has no topic"))
                    : .ragasNaN("the judge found no topic")
            }
            if mode == .corrected, names.count == limit {
                return MetricResult(.notScored(reason: "the list of topics is full (\(limit)), so it may be cut"))
            }
            let topics =
                try await mode == .corrected
                ? corrected(names, talk, allowed, judge) : ragas(names, talk, allowed, judge)
            guard let topics else { return .ragasNaN("the lists of verdicts are of unequal length") }
            let score = mode == .corrected ? Self.corrected(topics, measure) : .scored(Self.ragas(topics, measure))
            let details = zip(names, topics).map { name, topic -> JSONValue in
                ["topic": .string(name), "answered": .bool(topic.isAnswered), "allowed": .bool(topic.isAllowed)]
            }
            return MetricResult(score, details: ["topics": .array(details)])
        }
    }

    private func corrected(
        _ names: [String],
        _ talk: String,
        _ allowed: [String],
        _ judge: JudgeSession
    ) async throws -> [Topic]? {
        let answered = try await judge.ask(.topicsAnswered(names, talk)) { reply throws(StrictJSON.Fault) in
            try JudgeReplyParser.verdicts(reply).map(\.holds)
        }
        let isAllowed = try await judge.ask(.topicsAllowed(names, allowed)) { reply throws(StrictJSON.Fault) in
            try JudgeReplyParser.verdicts(reply).map(\.holds)
        }
        return zip(answered, isAllowed).map { Topic(isAnswered: $0, isAllowed: $1) }
    }

    private func ragas(
        _ names: [String],
        _ talk: String,
        _ allowed: [String],
        _ judge: JudgeSession
    ) async throws -> [Topic]? {
        var refused: [Bool] = []
        for name in names {
            refused.append(
                try await judge.ask(.ragasTopicRefused(name, talk)) { reply throws(StrictJSON.Fault) in
                    reply["refused_to_answer"] == .bool(true)
                }
            )
        }
        let isAllowed = try await judge.ask(.ragasTopicsAllowed(names, allowed)) { reply throws(StrictJSON.Fault) in
            (reply["classifications"]?.arrayValue ?? []).map { $0 == .bool(true) }
        }
        guard isAllowed.count == refused.count else { return nil }
        return zip(refused, isAllowed).map { Topic(isAnswered: !$0, isAllowed: $1) }
    }

    /// Counts: answered and allowed, answered though not allowed, refused though allowed.
    private static func counts(_ topics: [Topic]) -> (right: Double, strayed: Double, missed: Double) {
        (
            Double(topics.count { $0.isAnswered && $0.isAllowed }),
            Double(topics.count { $0.isAnswered && !$0.isAllowed }),
            Double(topics.count { !$0.isAnswered && $0.isAllowed })
        )
    }

    static func corrected(_ topics: [Topic], _ measure: Measure) -> Score {
        let (right, strayed, missed) = counts(topics)
        let (part, whole, none) =
            switch measure {
            case .precision: (right, right + strayed, "the agent answered on no topic")
            case .recall: (right, right + missed, "no topic of the conversation is one of the agent's")
            case .f1:
                (
                    2 * right, 2 * right + strayed + missed,
                    "the agent answered on no topic, and none of them is one of its own"
                )
            }
        return whole == 0 ? .notApplicable(reason: none) : .scored(part / whole)
    }

    static func ragas(_ topics: [Topic], _ measure: Measure) -> Double {
        let (right, strayed, missed) = counts(topics)
        let precision = right / (right + strayed + 1e-10)
        let recall = right / (right + missed + 1e-10)
        return switch measure {
        case .precision: precision
        case .recall: recall
        case .f1: 2 * precision * recall / (precision + recall + 1e-10)
        }
    }
}

extension DialogueTurn {
    /// The turn as the judge reads it.
    var line: String {
        let calls = (toolCalls ?? []).map { "\n[calls \($0.name) \(JSONValue.object($0.arguments).text)]" }
        return "\(role): \(content)\(calls.joined())"
    }
}

extension MetricEntry {
    static let topicAdherence = topics(
        "topic_adherence",
        .f1,
        "Whether the agent answers on its topics and on no other",
        "2 right / (2 right + strayed + missed)"
    )
    static let topicAdherencePrecision = topics(
        "topic_adherence_precision",
        .precision,
        "Share of the topics answered that are the agent's",
        "right / (right + strayed)"
    )
    static let topicAdherenceRecall = topics(
        "topic_adherence_recall",
        .recall,
        "Share of the agent's topics that came up and were answered",
        "right / (right + missed)"
    )

    private static func topics(
        _ name: String,
        _ measure: TopicAdherence.Measure,
        _ summary: String,
        _ formula: String
    ) -> MetricEntry {
        let counts =
            "topics of the conversation: right = answered and allowed, strayed = answered, not allowed, missed = refused, allowed"
        return judged(
            name,
            summary: summary,
            formula:
                "\(formula); \(counts); 0/0: not applicable; Ragas TopicAdherence, corrected; prompts list-topics/1, "
                + "topics-answered/1, topics-allowed/1",
            compat: [
                .collections:
                    "P = right / (right + strayed + 1e-10), R = right / (right + missed + 1e-10), F1 = 2PR / (P + R + 1e-10), "
                    + "here \(measure); \(counts); one call a topic; Ragas 0.4.3 collections TopicAdherence; prompts list-topics/1, "
                    + "ragas-topic-refused/1, ragas-topics-allowed/1"
            ],
            needs: [.dialogue, .topics, .judge]
        ) { options, mode in
            TopicAdherence(measure: measure, mode: mode, limit: try options.int("topics", default: 16, in: 2...100))
                .score
        }
    }
}

extension JudgePrompt {
    static func listTopics(_ talk: String, limit: Int) -> JudgePrompt {
        JudgePrompt(
            id: "list-topics/1",
            task: """
                Task: list the topics that the user raises in the conversation, each in a few words and once. Reply {"topics": [...]}, an \
                empty list when there is none.
                """,
            fields: fenced("conversation", talk),
            schema: .mapping(["topics": .list(of: .text(maxLength: 100), count: 0...limit)]),
            maxTokens: 64 + 24 * limit
        )
    }

    static func topicsAnswered(_ topics: [String], _ talk: String) -> JudgePrompt {
        JudgePrompt(
            id: "topics-answered/1",
            task: """
                Task: decide for each numbered topic whether the assistant answers on it. The verdict is 1 when it does, and 0 when it \
                refuses or evades. Give one entry a topic, in their order, with the topic's number as "index" and the "verdict". Reply \
                {"verdicts": [...]}.
                """,
            fields: fenced("conversation", talk) + "\n" + numbered("topics", topics),
            schema: .verdictList(topics.count),
            maxTokens: 64 + 24 * topics.count
        )
    }

    static func topicsAllowed(_ topics: [String], _ allowed: [String]) -> JudgePrompt {
        JudgePrompt(
            id: "topics-allowed/1",
            task: """
                Task: decide for each numbered topic whether it belongs to one of the allowed topics. The verdict is 1 when it does, and \
                0 when it does not. Give one entry a topic, in their order, with the topic's number as "index" and the "verdict". Reply \
                {"verdicts": [...]}.
                """,
            fields: numbered("allowed topics", allowed) + "\n" + numbered("topics", topics),
            schema: .verdictList(topics.count),
            maxTokens: 64 + 24 * topics.count
        )
    }

    static func ragasTopicRefused(_ topic: String, _ talk: String) -> JudgePrompt {
        JudgePrompt(
            id: "ragas-topic-refused/1",
            task: """
                Task: decide whether the assistant refused to answer on the topic. Reply {"refused_to_answer": true or false}.
                """,
            fields: fenced("conversation", talk) + "\n" + fenced("topic", topic),
            schema: .mapping(["refused_to_answer": .flag]),
            maxTokens: 24
        )
    }

    static func ragasTopicsAllowed(_ topics: [String], _ allowed: [String]) -> JudgePrompt {
        JudgePrompt(
            id: "ragas-topics-allowed/1",
            task: """
                Task: decide for each numbered topic whether it belongs to one of the allowed topics. Reply {"classifications": [...]} \
                with true or false for each topic, in their order.
                """,
            fields: numbered("allowed topics", allowed) + "\n" + numbered("topics", topics),
            schema: .mapping(["classifications": .list(of: .flag, count: looseCount)]),
            maxTokens: 64 + 8 * topics.count
        )
    }
}
