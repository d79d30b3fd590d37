import AssayModel

/// Whether a summary answers questions about the text it sums up, and is short.
struct SummaryScore: Sendable {
    let mode: MetricMode
    /// Share of conciseness, from 0 to 1.
    let coefficient: Double
    let penalisesLength: Bool
    /// Key phrases at most.
    let limit: Int

    /// Options: `length_penalty` (true); `coefficient`, the share of conciseness (0.5); `keyphrases`, at most (24).
    init(_ options: inout OptionReader, _ mode: MetricMode) throws {
        self.mode = mode
        penalisesLength = try options.bool("length_penalty", default: true)
        coefficient = try options.double("coefficient", default: 0.5, in: 0...1)
        limit = try options.int("keyphrases", default: 24, in: 2...100)
    }

    var score: JudgedScoring {
        { sample, judge, _ in
            let summary = sample.answer?.text ?? ""
            if mode == .corrected, summary.isBlank { return .blankAnswer }
            let text = (sample.question.referenceContexts ?? []).joined(separator: "\n")
            let answered = try await mode == .corrected ? shares(text, summary, judge) : ragas(text, summary, judge)
            guard let share = answered.share else {
                return mode == .corrected
                    ? MetricResult(.notScored(reason: "the judge found no key phrase in the text"))
                    : .refusedByRagas("a reply without answers (a division by zero)")
            }
            return MetricResult(
                .scored(value(share, lengths: (summary.unicodeScalars.count, text.unicodeScalars.count))),
                details: ["answered": .array(answered.map { .int($0 ? 1 : 0) })]
            )
        }
    }

    /// The score of a share of questions answered and the lengths of summary and text.
    func value(_ share: Double, lengths: (summary: Int, text: Int)) -> Double {
        let epsilon = mode == .corrected ? 0 : 1e-10
        let shorter = Double(min(lengths.summary, lengths.text))
        let conciseness = 1 - shorter / (Double(lengths.text) + epsilon)
        switch (penalisesLength, mode) {
        case (false, .legacy): return share * (1 - coefficient)
        case (false, _): return share
        // Brevity is worth only as much as what is said: an empty claim to brevity earns nothing.
        case (true, .corrected): return share * (1 - coefficient + coefficient * conciseness)
        case (true, _): return share * (1 - coefficient) + conciseness * coefficient
        }
    }

    private func shares(_ text: String, _ summary: String, _ judge: JudgeSession) async throws -> [Bool] {
        let phrases = try await judge.ask(.keyphrases(text, limit: limit)) { reply throws(StrictJSON.Fault) in
            try JudgeReplyParser.texts(reply, "keyphrases")
        }
        guard phrases.count < limit else {
            throw JudgeSession.Refusal(reason: "the list of key phrases is full (\(limit)), so it may be cut")
        }
        guard !phrases.isEmpty else { return [] }
        let count = phrases.count...phrases.count
        let questions = try await judge.ask(.summaryQuestions(text, phrases, count: count)) {
            reply throws(StrictJSON.Fault) in try JudgeReplyParser.texts(reply, "questions")
        }
        return try await judge.ask(.summaryVerdicts(summary, questions)) { reply throws(StrictJSON.Fault) in
            try JudgeReplyParser.verdicts(reply).map(\.holds)
        }
    }

    private func ragas(_ text: String, _ summary: String, _ judge: JudgeSession) async throws -> [Bool] {
        let phrases = try await judge.ask(.keyphrases(text, limit: limit)) { reply throws(StrictJSON.Fault) in
            RagasReply.texts(reply, "keyphrases")
        }
        let questions = try await judge.ask(.summaryQuestions(text, phrases, count: JudgePrompt.looseCount)) {
            reply throws(StrictJSON.Fault) in RagasReply.texts(reply, "questions")
        }
        return try await judge.ask(.ragasSummaryAnswers(summary, questions)) { reply throws(StrictJSON.Fault) in
            RagasReply.texts(reply, "answers").map { $0 == "1" }
        }
    }
}

extension MetricEntry {
    static let summaryScore: MetricEntry = {
        let source = "; Ragas 0.4.3 SummaryScore; prompts keyphrases/1, summary-questions/1, ragas-summary-answers/1"
        let ragas = "qa (1 - c) + c conciseness, conciseness = 1 - min(lengths) / (length of the text + 1e-10); "
        return judged(
            "summary_score",
            summary: "Whether a summary of the reference contexts answers questions about them and is short",
            formula:
                "qa (1 - c + c conciseness), qa = questions about the key phrases that the summary answers / questions, conciseness = 1 - "
                + "min(lengths) / length of the text; Ragas SummaryScore, corrected (brevity alone earns nothing); prompts "
                + "keyphrases/1, summary-questions/1, summary-verdicts/1",
            compat: [
                .legacy: ragas + "without length penalty qa (1 - c)" + source,
                .collections: ragas + "without length penalty qa" + source,
            ],
            needs: [.answer, .referenceContexts, .judge]
        ) { options, mode in try SummaryScore(&options, mode).score }
    }()
}

extension JudgePrompt {
    static func keyphrases(_ text: String, limit: Int) -> JudgePrompt {
        JudgePrompt(
            id: "keyphrases/1",
            task: """
                Task: list the key phrases of the text: what a summary must not leave out. Each phrase once, in the words of the text. \
                Reply {"keyphrases": [...]}.
                """,
            fields: fenced("text", text),
            schema: .mapping(["keyphrases": .list(of: .text(maxLength: 100), count: 0...limit)]),
            maxTokens: 64 + 24 * limit
        )
    }

    static func summaryQuestions(_ text: String, _ phrases: [String], count: ClosedRange<Int>) -> JudgePrompt {
        JudgePrompt(
            id: "summary-questions/1",
            task: """
                Task: write for each numbered key phrase one question about it that can be answered with yes or no and that the text \
                answers with yes. Reply {"questions": [...]}, one question a key phrase, in their order.
                """,
            fields: fenced("text", text) + "\n" + numbered("key phrases", phrases),
            schema: .mapping(["questions": .list(of: .text(maxLength: statementLength), count: count)]),
            maxTokens: 64 + 48 * max(1, phrases.count)
        )
    }

    static func summaryVerdicts(_ summary: String, _ questions: [String]) -> JudgePrompt {
        JudgePrompt(
            id: "summary-verdicts/1",
            task: """
                Task: decide for each numbered question whether the text answers it with yes. The verdict is 1 when it does, and 0 when \
                it says no or does not say. Give one entry a question, in their order, with the question's number as "index" and the \
                "verdict". Reply {"verdicts": [...]}.
                """,
            fields: fenced("text", summary) + "\n" + numbered("questions", questions),
            schema: .verdictList(questions.count),
            maxTokens: 64 + 24 * questions.count
        )
    }

    static func ragasSummaryAnswers(_ summary: String, _ questions: [String]) -> JudgePrompt {
        JudgePrompt(
            id: "ragas-summary-answers/1",
            task: """
                Task: answer each numbered question by the text with "1" for yes and "0" for no. Reply {"answers": [...]}, one answer a \
                question, in their order.
                """,
            fields: fenced("text", summary) + "\n" + numbered("questions", questions),
            schema: .mapping(["answers": .list(of: .text(maxLength: 40), count: looseCount)]),
            maxTokens: 64 + 8 * max(1, questions.count)
        )
    }
}

extension ReplySchema {
    /// `{"verdicts": [{index, verdict}, …]}` with `count` entries.
    static func verdictList(_ count: Int) -> ReplySchema {
        .mapping([
            "verdicts": .list(
                of: .mapping(["index": .index(1...max(1, count)), "verdict": .verdict]),
                count: count...count
            )
        ])
    }
}
