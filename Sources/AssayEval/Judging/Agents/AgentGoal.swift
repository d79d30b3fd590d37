import AssayModel

extension MetricEntry {
    static let agentGoalAccuracy = agentGoal(
        "agent_goal_accuracy",
        withReference: false,
        summary: "Whether the conversation ends where the user wanted it to"
    )
    static let agentGoalAccuracyWithReference = agentGoal(
        "agent_goal_accuracy_with_reference",
        withReference: true,
        summary: "Whether the conversation ends where the reference says it should"
    )

    private static func agentGoal(_ name: String, withReference: Bool, summary: String) -> MetricEntry {
        let wanted = withReference ? "the reference" : "the goal that it finds in the conversation"
        return judged(
            name,
            summary: summary,
            formula:
                "1 if the judge finds that the end of the conversation meets \(wanted), else 0; Ragas AgentGoalAccuracy, corrected; "
                + "prompts goal-and-end/2, compare-outcome/2",
            compat: [
                .collections:
                    "the judge's verdict as it is, whether the end of the conversation meets \(wanted); Ragas 0.4.3 collections "
                    + "AgentGoalAccuracy; prompts goal-and-end/2, ragas-compare-outcome/2"
            ],
            needs: withReference ? [.dialogue, .reference, .judge] : [.dialogue, .judge],
            refine: MetricDefinition.widening(.collections)
        ) { _, mode in
            { sample, judge, _ in
                let talk = (sample.dialogue ?? []).map(\.line).joined(separator: "\n")
                let (goal, end) = try await judge.ask(.goalAndEnd(talk)) { reply throws(StrictJSON.Fault) in
                    (reply["user_goal"]?.stringValue ?? "", reply["end_state"]?.stringValue ?? "")
                }
                let prompt = JudgePrompt.compareOutcome(wanted: withReference ? sample.question.reference : goal, end)
                let schema: ReplySchema = .mapping([
                    "reason": .text(maxLength: JudgePrompt.reasonLength, optional: true), "verdict": .loose,
                ])
                let asked = mode == .corrected ? prompt : prompt.loosened(schema)
                let verdict = try await judge.ask(asked) { reply throws(StrictJSON.Fault) in
                    try RagasReply.whole(reply["verdict"])
                }
                return MetricResult(
                    .scored(Double(verdict)),
                    details: ["user_goal": .string(goal), "end_state": .string(end)]
                )
            }
        }
    }
}

extension JudgePrompt {
    static func goalAndEnd(_ talk: String) -> JudgePrompt {
        JudgePrompt(
            id: "goal-and-end/2",
            task: """
                Task: say in one sentence each what the user of the conversation wants to be done ("user_goal"), and what has been done at \
                its end ("end_state"). Reply {"end_state": ..., "user_goal": ...}.
                """,
            fields: fenced("conversation", talk),
            schema: .mapping([
                "end_state": .text(maxLength: statementLength), "user_goal": .text(maxLength: statementLength),
            ]),
            maxTokens: 2 * statementLength + 32
        )
    }

    static func compareOutcome(wanted: String, _ end: String) -> JudgePrompt {
        JudgePrompt(
            id: "compare-outcome/2",
            task: """
                Task: decide whether the outcome is the one that was wanted. The verdict is 1 when everything that was wanted has been \
                done, and 0 when something is missing or something else was done. Reply {"reason": at most twenty words, "verdict": 0 \
                or 1}.
                """,
            fields: fenced("wanted", wanted) + "\n" + fenced("outcome", end),
            schema: .mapping(judgement(reasons: true)),
            maxTokens: reasonedTokens
        )
    }
}
