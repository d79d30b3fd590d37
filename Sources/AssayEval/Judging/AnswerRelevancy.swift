import AssayModel

/// How close the question is to questions that the answer would answer.
///
/// One call asks for all questions with the list's length fixed: the judge sees those it wrote and makes the next one different,
/// where separate calls at temperature 0 give one question several times.
struct AnswerRelevancy: Sendable {
    let count: Int
    let mode: MetricMode

    /// Option: `questions`, how many the judge makes of the answer (3).
    init(_ options: inout OptionReader, _ mode: MetricMode) throws {
        self.mode = mode
        count = try options.int("questions", default: 3, in: 1...10)
    }

    var score: JudgedScoring {
        { sample, judge, tools in
            guard mode == .corrected else { return try await ragas(sample, judge, tools) }
            let answer = sample.answer?.text ?? ""
            if sample.answer?.abstained == true {
                return MetricResult(
                    sample.question.isUnanswerable
                        ? .notApplicable(reason: "the answer rightly abstains") : .scored(0)
                )
            }
            guard !answer.allSatisfy(\.isWhitespace) else {
                return MetricResult(.notScored(reason: "the answer is blank"))
            }
            let questions = try await judge.ask(.askBack(answer: answer, count: count)) {
                reply throws(StrictJSON.Fault) in try JudgeReplyParser.questions(reply)
            }
            let texts = [sample.question.question] + questions.map(\.text)
            guard let cosines = try await tools.cosines(of: texts) else {
                return MetricResult(.notScored(reason: "the embedder gave no usable vectors"))
            }
            let isNoncommittal = questions.allSatisfy(\.noncommittal)
            let mean = cosines.reduce(0, +) / Double(cosines.count)
            let details = zip(questions, cosines).map { question, cosine -> JSONValue in
                [
                    "question": .string(question.text), "noncommittal": .int(question.noncommittal ? 1 : 0),
                    "cosine": .double(cosine),
                ]
            }
            return MetricResult(.scored(isNoncommittal ? 0 : mean), details: ["questions": .array(details)])
        }
    }
}

extension AnswerRelevancy {
    /// As Ragas asks and scores: one call a question; collections leaves empty questions out, legacy does not.
    private func ragas(_ sample: Sample, _ judge: JudgeSession, _ tools: MetricTools) async throws -> MetricResult {
        var asked: [(text: String, noncommittal: Int)] = []
        for number in 0..<count {
            var prompt = JudgePrompt.ragasAskBack(answer: sample.answer?.text ?? "")
            prompt.replicate = number
            asked.append(
                try await judge.ask(prompt) { reply throws(StrictJSON.Fault) in
                    (reply["question"]?.stringValue ?? "", try RagasReply.whole(reply["noncommittal"]))
                }
            )
        }
        if mode == .collections { asked.removeAll { $0.text.isEmpty } }
        if asked.allSatisfy({ $0.text.isEmpty }) {
            return mode == .legacy ? .ragasNaN("every generated question is empty") : MetricResult(.scored(0))
        }
        let texts = [sample.question.question] + asked.map(\.text)
        guard let cosines = try await tools.cosines(of: texts) else {
            return .ragasNaN("a question has no usable vector")
        }
        let mean = cosines.reduce(0, +) / Double(cosines.count)
        return MetricResult(.scored(asked.allSatisfy { $0.noncommittal != 0 } ? 0 : mean))
    }
}

extension JudgePrompt {
    /// Asks for one question that an answer would answer.
    static func ragasAskBack(answer: String) -> JudgePrompt {
        JudgePrompt(
            id: "ragas-ask-back/2",
            task: """
                Task: the text is an answer to an unknown question. Write one question to which the text would be a direct answer. \
                "noncommittal" is 1 when the text evades the question, says that it does not know or that it cannot tell, and 0 when it \
                answers. Reply {"noncommittal": 0 or 1, "question": ...}.
                """,
            fields: fenced("text", answer),
            schema: .mapping(["noncommittal": .loose, "question": .text(maxLength: statementLength, optional: true)]),
            maxTokens: statementLength + 32
        )
    }
}
