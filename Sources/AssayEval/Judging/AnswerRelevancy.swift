import AssayModel

/// How close the question is to questions that the answer would answer.
///
/// One call asks for all questions with the list's length fixed: the judge sees those it wrote and makes the next one different,
/// where separate calls at temperature 0 give one question several times.
struct AnswerRelevancy: Sendable {
    let count: Int

    /// Option: `questions`, how many the judge makes of the answer (3).
    init(_ options: inout OptionReader) throws {
        count = try options.int("questions", default: 3, in: 1...10)
    }

    var score: JudgedScoring {
        { sample, judge, tools in
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
