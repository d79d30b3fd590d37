import AssayModel

// One yes or no a sample: the cheapest thing that can be asked of a judge, and the form in which people's labels are given.

extension MetricEntry {
    static let faithfulnessVerdict = verdict(
        "faithfulness_verdict",
        summary: "Whether a judge says that the passages of the prompt support the whole answer",
        formula:
            "1 if the judge says that the passages support everything the answer says, else 0; abstentions: not applicable; "
            + "prompt faithful-answer/1",
        needs: [.answer, .judge]
    ) { .faithfulAnswer($0, passages: $1) }

    static let contextRelevanceVerdict = verdict(
        "context_relevance_verdict",
        summary: "Whether a judge says that the passages of the prompt hold what is needed to answer the question",
        formula:
            "1 if the judge says that the passages hold what is needed to answer the question, else 0; prompt relevant-context/1",
        needs: [.judge],
        ofAnswer: false
    ) { .relevantContext($0, passages: $1) }

    static let answerRelevanceVerdict = verdict(
        "answer_relevance_verdict",
        summary: "Whether a judge says that the answer answers the question",
        formula:
            "1 if the judge says that the answer answers the question, right or wrong, else 0; abstentions: not applicable; "
            + "prompt relevant-answer/1",
        needs: [.answer, .judge]
    ) { .relevantAnswer($0, passages: $1) }

    private static func verdict(
        _ name: String,
        summary: String,
        formula: String,
        needs: Set<MetricNeed>,
        ofAnswer: Bool = true,
        question: @escaping @Sendable (Sample, [String]) -> VerdictQuestion
    ) -> MetricEntry {
        judged(name, summary: summary, formula: formula, needs: needs) { _, _ in
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
                let question = question(sample, passages)
                let verdict = try await judge.verdict(question.json, token: question.token)
                return MetricResult(.scored(verdict.value), details: verdict.json())
            }
        }
    }
}

/// A yes or no that can be asked in either way, with the passages first, so that the questions about one sample share their start.
struct VerdictQuestion: Sendable {
    /// Name of the prompt.
    let name: String
    /// What is to be examined.
    let fields: String
    /// The question, put so that yes is the good answer.
    let question: String
    /// When the answer is no.
    let otherwise: String

    /// Asks for `{"verdict": 0 or 1}`.
    var json: JudgePrompt {
        JudgePrompt(
            id: name + "/1",
            task:
                #"Task: answer the question that stands after the texts. Reply {"verdict": 1} for yes or {"verdict": 0} for no."#,
            fields: "\(fields)\n\(question) The verdict is 1 for yes. It is 0 when \(otherwise).",
            schema: .mapping(["verdict": .verdict]),
            maxTokens: 32
        )
    }

    /// Asks for one word.
    var token: TokenPrompt {
        TokenPrompt(
            id: name + "-token/1",
            task: "Task: answer the question that stands after the texts.",
            fields: fields,
            question: "\(question) The answer is no when \(otherwise). Answer yes or no."
        )
    }

    /// Whether the passages support the whole answer.
    static func faithfulAnswer(_ sample: Sample, passages: [String]) -> VerdictQuestion {
        VerdictQuestion(
            name: "faithful-answer",
            fields: fenced(passages) + JudgePrompt.fenced("answer", sample.answer?.text ?? ""),
            question: "Do the passages support everything that the answer says?",
            otherwise: "the passages contradict a part of the answer or do not say it"
        )
    }

    /// Whether the passages hold what is needed.
    static func relevantContext(_ sample: Sample, passages: [String]) -> VerdictQuestion {
        VerdictQuestion(
            name: "relevant-context",
            fields: fenced(passages) + JudgePrompt.fenced("question", sample.question.question),
            question: "Do the passages hold what is needed to answer the question?",
            otherwise: "they are about something else or only about the same topic"
        )
    }

    /// Whether the answer answers the question.
    static func relevantAnswer(_ sample: Sample, passages _: [String]) -> VerdictQuestion {
        VerdictQuestion(
            name: "relevant-answer",
            fields: JudgePrompt.fenced("question", sample.question.question) + "\n"
                + JudgePrompt.fenced("answer", sample.answer?.text ?? ""),
            question: "Does the answer answer the question, whether it is right or wrong?",
            otherwise: "it evades the question, answers another one, or says that it does not know"
        )
    }

    private static func fenced(_ passages: [String]) -> String {
        passages.enumerated().map { JudgePrompt.fenced("passage \($0 + 1)", $1) + "\n" }.joined()
    }
}
