import AssayModel

/// A score by criteria that the judge first turns into steps, weighted by the judge's own probabilities where it tells them.
struct GEval: Sendable {
    /// Least share of probability on the scale for a weighted score; below it the judge did not mean to give a score.
    static let leastMass = 0.1

    let criteria: String
    /// Steps of the file; empty when the judge writes them.
    let steps: [String]
    let range: ClosedRange<Int>
    let isWeighted: Bool
    let showsContext: Bool

    /// Options: `criteria`; `steps`, how to evaluate (made of the criteria by the judge, once); `lowest` (1), `highest` (5);
    /// `weighted`, by probabilities where the engine gives them (true); `context`, whether the judge sees the passages (false).
    init(_ options: inout OptionReader) throws {
        criteria = try options.string(
            "criteria",
            default: "The answer is right, answers the whole question, and says nothing beside it."
        )
        steps = try options.strings("steps")
        let lowest = try options.int("lowest", default: 1, in: 0...8)
        range = lowest...(try options.int("highest", default: max(5, lowest + 1), in: (lowest + 1)...9))
        isWeighted = try options.bool("weighted", default: true)
        showsContext = try options.bool("context", default: false)
    }

    var score: JudgedScoring {
        { sample, judge, _ in
            if sample.answer?.text.isBlank == true { return .blankAnswer }
            guard let passages = showsContext ? sample.contextTexts : [] else { return .contextMissing }
            // The same call for every row, so it is made once and kept in the journal.
            let steps =
                steps.isEmpty
                ? try await judge.ask(.evaluationSteps(criteria)) { reply throws(StrictJSON.Fault) in
                    try JudgeReplyParser.texts(reply, "steps")
                } : steps
            let prompt = JudgePrompt.scoreBySteps(self, steps, sample, passages: passages)
            let written: JSONValue = .array(steps.map { .string($0) })
            if isWeighted, let weighted = try await weighted(prompt, judge) {
                return MetricResult(
                    .scored(scaled(weighted)),
                    details: ["score": .double(weighted), "weighted": true, "steps": written]
                )
            }
            let score = try await judge.ask(prompt) { reply throws(StrictJSON.Fault) in
                try RagasReply.whole(reply["score"])
            }
            return MetricResult(
                .scored(scaled(Double(score))),
                details: ["score": .int(score), "weighted": false, "steps": written]
            )
        }
    }

    /// The expected score by the probabilities of the scale's digits; nil when the engine does not tell them, or when they are hardly
    /// on the scale.
    private func weighted(_ prompt: JudgePrompt, _ judge: JudgeSession) async throws -> Double? {
        var call = prompt.call
        call.prompt = "score-by-steps-token/1"
        call.messages[1].content +=
            "\n\nDo not write JSON this time: reply with the score alone, one digit from \(range.lowerBound) to \(range.upperBound)."
        call.choices = range.map { "\($0)" }
        call.maxTokens = 1
        guard let probabilities = try await judge.judge(call).probabilities else { return nil }
        return Self.expected(probabilities, range)
    }

    /// Sum of score times probability over the sum of probabilities.
    ///
    /// - Returns: nil when a probability is none, or their sum is below `leastMass`.
    static func expected(_ probabilities: [String: Double], _ range: ClosedRange<Int>) -> Double? {
        var sum = 0.0
        var mass = 0.0
        for score in range {
            let probability = probabilities["\(score)"] ?? 0
            guard (0...1).contains(probability) else { return nil }
            sum += Double(score) * probability
            mass += probability
        }
        return mass >= leastMass && mass <= 1 + 1e-6 ? sum / mass : nil
    }

    private func scaled(_ score: Double) -> Double {
        (score - Double(range.lowerBound)) / Double(range.upperBound - range.lowerBound)
    }
}

extension MetricEntry {
    static let gEval = judged(
        "g_eval",
        summary: "The answer's score by criteria in your own words, from 0 (lowest) to 1 (highest)",
        formula:
            "(s - lowest) / (highest - lowest), s = sum of score times its probability as first token / sum of these where the engine "
            + "gives at least \(GEval.leastMass) of probability to the scale, else the judge's score; G-Eval, arXiv 2303.16634; prompts "
            + "evaluation-steps/1, score-by-steps-token/1, score-by-steps/1",
        needs: [.answer, .judge]
    ) { options, _ in try GEval(&options).score }
}

extension JudgePrompt {
    /// Turns criteria into steps.
    static func evaluationSteps(_ criteria: String) -> JudgePrompt {
        JudgePrompt(
            id: "evaluation-steps/1",
            task: """
                Task: someone is to judge an answer to a question by the criteria. Write the steps of this examination, in order, each a \
                short instruction that says what to look at and what speaks for a high or a low score. Reply {"steps": [...]} with 3 to \
                6 steps.
                """,
            fields: fenced("criteria", criteria),
            schema: .mapping(["steps": .list(of: .text(maxLength: statementLength), count: 3...6)]),
            maxTokens: 640
        )
    }

    static func scoreBySteps(_ metric: GEval, _ steps: [String], _ sample: Sample, passages: [String]) -> JudgePrompt {
        let lines = steps.enumerated().map { "\($0 + 1). \($1)" }
        var fields = passages.enumerated().map { fenced("passage \($0 + 1)", $1) }
        fields.append(fenced("question", sample.question.question))
        if !sample.question.reference.isBlank { fields.append(fenced("reference answer", sample.question.reference)) }
        fields.append(fenced("answer", sample.answer?.text ?? ""))
        let range = metric.range
        return JudgePrompt(
            id: "score-by-steps/1",
            task: """
                Task: judge the answer by these criteria: \(metric.criteria)
                Go through these steps:
                \(lines.joined(separator: "\n"))
                Then give a score from \(range.lowerBound) (the criteria are not met at all) to \(range.upperBound) (they are met \
                entirely). Reply {"score": \(range.lowerBound) to \(range.upperBound)}.
                """,
            fields: fields.joined(separator: "\n"),
            schema: .mapping(["score": .index(range)]),
            maxTokens: 24
        )
    }
}
