import AssayModel

// One yes or no a sample: the cheapest thing that can be asked of a judge, and the form in which people's labels are given.

extension MetricEntry {
    static let faithfulnessVerdict = verdict(
        "faithfulness_verdict",
        summary: "Whether a judge says that the passages of the prompt support the whole answer",
        formula: "1 if the judge says that the passages support everything the answer says, else 0; abstentions: not applicable; "
            + "prompt faithful-answer/1",
        needs: [.answer, .judge]
    ) { .faithfulAnswer($0, passages: $1) }

    static let contextRelevanceVerdict = verdict(
        "context_relevance_verdict",
        summary: "Whether a judge says that the passages of the prompt hold what is needed to answer the question",
        formula: "1 if the judge says that the passages hold what is needed to answer the question, else 0; prompt relevant-context/1",
        needs: [.judge],
        ofAnswer: false
    ) { .relevantContext($0, passages: $1) }

    static let answerRelevanceVerdict = verdict(
        "answer_relevance_verdict",
        summary: "Whether a judge says that the answer answers the question",
        formula: "1 if the judge says that the answer answers the question, right or wrong, else 0; abstentions: not applicable; "
            + "prompt relevant-answer/1",
        needs: [.answer, .judge]
    ) { sample, _ in .relevantAnswer(sample) }

    private static func verdict(
        _ name: String,
        summary: String,
        formula: String,
        needs: Set<MetricNeed>,
        ofAnswer: Bool = true,
        prompt: @escaping @Sendable (Sample, [String]) -> JudgePrompt
    ) -> MetricEntry {
        judged(name, summary: summary, formula: formula, needs: needs) { _ in
            { sample, judge, _ in
                if ofAnswer, sample.answer?.abstained == true {
                    return MetricResult(.notApplicable(reason: "the answer abstains"))
                }
                if ofAnswer, sample.answer?.text.allSatisfy(\.isWhitespace) ?? true {
                    return MetricResult(.notScored(reason: "the answer is blank"))
                }
                guard let passages = sample.contextTexts else { return .contextMissing }
                guard !passages.isEmpty else {
                    return MetricResult(.notApplicable(reason: "there are no passages in the prompt"))
                }
                let verdict = try await judge.ask(prompt(sample, passages)) { reply throws(StrictJSON.Fault) in
                    try JudgeReplyParser.verdict(reply)
                }
                return MetricResult(.scored(verdict.holds ? 1 : 0), details: verdict.json())
            }
        }
    }
}

extension JudgePrompt {
    /// Asks whether the passages support the whole answer.
    static func faithfulAnswer(_ sample: Sample, passages: [String]) -> JudgePrompt {
        yesOrNo(
            "faithful-answer/1",
            passages: passages,
            fenced("answer", sample.answer?.text ?? ""),
            ask: "Do the passages support everything that the answer says? The verdict is 1 for yes. It is 0 when the passages "
                + "contradict a part of the answer or do not say it."
        )
    }

    /// Asks whether the passages hold what is needed.
    static func relevantContext(_ sample: Sample, passages: [String]) -> JudgePrompt {
        yesOrNo(
            "relevant-context/1",
            passages: passages,
            fenced("question", sample.question.question),
            ask: "Do the passages hold what is needed to answer the question? The verdict is 1 for yes. It is 0 when they are about "
                + "something else or only about the same topic."
        )
    }

    /// Asks whether the answer answers the question.
    static func relevantAnswer(_ sample: Sample) -> JudgePrompt {
        yesOrNo(
            "relevant-answer/1",
            passages: [],
            fenced("question", sample.question.question) + "\n" + fenced("answer", sample.answer?.text ?? ""),
            ask: "Does the answer answer the question, whether it is right or wrong? The verdict is 1 for yes. It is 0 when it "
                + "evades the question, answers another one, or says that it does not know."
        )
    }

    /// Passages, then what is asked of them: prompts of one sample share the passages at their start, so prefix caches hit.
    private static func yesOrNo(_ id: String, passages: [String], _ rest: String, ask: String) -> JudgePrompt {
        let context = passages.enumerated().map { fenced("passage \($0 + 1)", $1) }
        return JudgePrompt(
            id: id,
            task: #"Task: decide what is asked after the texts. Reply {"verdict": 1} or {"verdict": 0}."#,
            fields: (context + [rest, ask]).joined(separator: "\n"),
            schema: .mapping(["verdict": .verdict]),
            maxTokens: 32
        )
    }
}
