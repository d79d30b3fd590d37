import AssayModel

extension MetricEntry {
    /// Average precision of the prompt's passages against the answer that was given, where there is no reference.
    static let contextUtilization = judged(
        "context_utilization",
        summary: "Whether the passages that the answer rests on stand before the others",
        formula:
            "sum over used passages of used share up to its rank / used passages, 0 with none; abstentions: not applicable; "
            + "Ragas ContextPrecision without reference, corrected; prompt rate-passage-for-answer/2",
        compat: PassageRatings.compat,
        needs: [.answer, .judge],
        refine: MetricDefinition.widening(.collections)
    ) { options, mode in
        let reasons = try options.bool("reasons", default: true)
        return { sample, judge, _ in
            let answer = sample.answer?.text ?? ""
            guard mode == .corrected else {
                return try await PassageRatings.ragas(sample, against: answer, mode, judge)
            }
            if sample.answer?.abstained == true { return .abstains }
            if answer.isBlank { return .blankAnswer }
            guard let passages = sample.contextTexts else { return .contextMissing }
            var verdicts: [Verdict] = []
            for passage in passages {
                let prompt = JudgePrompt.ratePassageForAnswer(
                    passage,
                    question: sample.question.question,
                    answer: answer,
                    reasons: reasons
                )
                let token = TokenPrompt.ratePassageForAnswer(
                    passage,
                    question: sample.question.question,
                    answer: answer
                )
                verdicts.append(try await judge.verdict(prompt, token: token))
            }
            return MetricResult(
                .scored(PassageRatings.averagePrecision(verdicts.map(\.value))),
                details: ["passages": .array(zip(sample.context, verdicts).map { $1.json(["chunk": .string($0.id)]) })]
            )
        }
    }
}

extension TokenPrompt {
    /// Asks whether an answer rests on a passage.
    static func ratePassageForAnswer(_ passage: String, question: String, answer: String) -> TokenPrompt {
        TokenPrompt(
            id: "rate-passage-for-answer-token/1",
            task: """
                Task: decide whether the passage was useful for giving the answer to the question. The verdict is yes when the passage \
                states something that the answer says, and no when it is about something else or only about the same topic.
                """,
            fields: JudgePrompt.fenced("question", question) + "\n" + JudgePrompt.fenced("answer", answer) + "\n"
                + JudgePrompt.fenced("passage", passage),
            question: "Was the passage useful for giving the answer? Answer yes or no."
        )
    }
}

extension JudgePrompt {
    /// Asks whether an answer rests on a passage.
    static func ratePassageForAnswer(_ passage: String, question: String, answer: String, reasons: Bool) -> JudgePrompt
    {
        JudgePrompt(
            id: reasons ? "rate-passage-for-answer/2" : "rate-passage-for-answer-short/1",
            task: """
                Task: decide whether the passage was useful for giving the answer to the question. The verdict is 1 when the passage \
                states something that the answer says, and 0 when it is about something else or only about the same topic. Reply \
                {\(reasons ? #""reason": at most twenty words, "# : "")"verdict": 0 or 1}.
                """,
            fields: fenced("question", question) + "\n" + fenced("answer", answer) + "\n" + fenced("passage", passage),
            schema: .mapping(judgement(reasons: reasons)),
            maxTokens: reasons ? reasonedTokens : 32
        )
    }

    /// A verdict, with its reason where one is wanted.
    static func judgement(reasons: Bool) -> [String: ReplySchema] {
        reasons
            ? ["reason": .text(maxLength: reasonLength, optional: true), "verdict": .verdict] : ["verdict": .verdict]
    }
}
