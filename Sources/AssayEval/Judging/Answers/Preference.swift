import AssayModel

/// Which of two answers is better, asked in both orders.
enum Preference {
    /// What a judge said of two answers.
    enum Choice: Int, Sendable {
        case neither = 0
        case first = 1
        case second = 2
    }

    /// Worth of an answer from the choice with it in front and the choice with it behind: 1 when both are for it, 0 when both are for
    /// the other, one half when the judge sees no difference or changes its mind with the order.
    static func value(inFront: Choice, behind: Choice) -> Double {
        switch (inFront, behind) {
        case (.first, .second): 1
        case (.second, .first): 0
        default: 0.5
        }
    }

    /// Whether both orders led to the same verdict.
    static func isConsistent(inFront: Choice, behind: Choice) -> Bool {
        switch (inFront, behind) {
        case (.first, .second), (.second, .first), (.neither, .neither): true
        default: false
        }
    }
}

extension MetricEntry {
    static let preference = judged(
        "preference",
        summary: "Whether the judge prefers the answer to the reference, not knowing which is which",
        formula:
            "1 if the answer is preferred in both orders, 0 if the reference is, else 0.5; equal texts 0.5; prompt prefer/1",
        needs: [.answer, .reference, .judge]
    ) { _, _ in
        { sample, judge, _ in
            let (answer, reference) = (sample.answer?.text ?? "", sample.question.reference)
            if answer.isBlank { return .blankAnswer }
            if answer == reference { return MetricResult(.scored(0.5)) }
            func ask(_ first: String, _ second: String) async throws -> Preference.Choice {
                let prompt = JudgePrompt.prefer(question: sample.question.question, first, second)
                return try await judge.ask(prompt) { reply throws(StrictJSON.Fault) in
                    guard let choice = reply["choice"]?.intValue.flatMap(Preference.Choice.init) else {
                        throw StrictJSON.Fault(message: "'choice' is missing")
                    }
                    return choice
                }
            }
            let inFront = try await ask(answer, reference)
            let behind = try await ask(reference, answer)
            return MetricResult(
                .scored(Preference.value(inFront: inFront, behind: behind)),
                details: [
                    "in_front": .int(inFront.rawValue), "behind": .int(behind.rawValue),
                    "consistent": .bool(Preference.isConsistent(inFront: inFront, behind: behind)),
                ]
            )
        }
    }
}

extension JudgePrompt {
    /// Asks which of two answers is better.
    static func prefer(question: String, _ first: String, _ second: String) -> JudgePrompt {
        JudgePrompt(
            id: "prefer/1",
            task: """
                Task: decide which answer to the question is better: right first, then complete, then clear. Length, style and the \
                order in which they stand do not count. The choice is 1 for the first answer, 2 for the second, 0 when neither is \
                better. Reply {"choice": 0, 1 or 2}.
                """,
            fields: fenced("question", question) + "\n" + fenced("answer 1", first) + "\n" + fenced("answer 2", second),
            schema: .mapping(["choice": .index(0...2)]),
            maxTokens: 24
        )
    }
}
