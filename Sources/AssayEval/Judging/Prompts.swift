import AssayModel

// The texts of the prompts. They are Assay's own. A checked-in digest fails a test when one changes without a new version.

extension JudgePrompt {
    /// Longest statement or question, longest reason, in characters.
    static let statementLength = 300
    static let reasonLength = 160
    /// Room for a verdict with the longest reason, in tokens: a small model that falls into a loop writes one character a token, and a
    /// reply cut by the limit is never scored.
    static let reasonedTokens = reasonLength + 32

    /// Splits a text (an answer, or a reference) into statements; asked once a text, whatever metric needs it.
    static func splitStatements(question: String, text: String, limit: Int) -> JudgePrompt {
        JudgePrompt(
            id: "split-statements/1",
            task: """
                Task: break the text into separate statements of fact. Each statement is one short sentence that can be understood \
                alone: replace pronouns by what they stand for, using the question where the text only makes sense with it. Keep the \
                meaning; add nothing and leave nothing out; write no statement twice. Leave out greetings, citation marks and remarks \
                that state no fact. Reply {"statements": [...]}, an empty list when the text states nothing.
                """,
            fields: fenced("question", question) + "\n" + fenced("text", text),
            schema: .mapping(["statements": .list(of: .text(maxLength: statementLength), count: 0...limit)]),
            maxTokens: 64 + 48 * limit
        )
    }

    /// Asks of each statement whether the passages support it; shared by faithfulness and context recall.
    static func verifyStatements(_ statements: [String], passages: [String], reasons: Bool) -> JudgePrompt {
        let context = passages.enumerated().map { fenced("passage \($0 + 1)", $1) }
        return JudgePrompt(
            id: reasons ? "verify-statements/2" : "verify-statements-short/1",
            task: """
                Task: for each numbered statement decide whether the passages support it. The verdict is 1 when the statement can be \
                directly inferred from the passages, and 0 when they contradict it, say only a part of it, or do not say it. Give one \
                entry a statement, in the order of the statements, with the statement's number as "index"\(reasons ? #", a "reason" of at most twenty words,"# : "") \
                and the "verdict". Reply {"verdicts": [...]}.
                """,
            fields: (context + [numbered("statements", statements)]).joined(separator: "\n"),
            schema: .mapping([
                "verdicts": .list(
                    of: .mapping(
                        verdict(reasons: reasons).merging(["index": .index(1...max(1, statements.count))]) { $1 }
                    ),
                    count: statements.count...statements.count
                )
            ]),
            maxTokens: 64 + (reasons ? reasonedTokens : 24) * statements.count
        )
    }

    /// Asks whether one passage helps to reach the reference answer.
    static func ratePassage(_ passage: String, question: String, reference: String, reasons: Bool) -> JudgePrompt {
        JudgePrompt(
            id: reasons ? "rate-passage/2" : "rate-passage-short/1",
            task: """
                Task: decide whether the passage is useful for answering the question as the reference answer does. The verdict is 1 \
                when the passage states something that the reference answer rests on, and 0 when it is about something else or only \
                about the same topic. Reply {\(reasons ? #""reason": at most twenty words, "# : "")"verdict": 0 or 1}.
                """,
            fields: fenced("question", question) + "\n" + fenced("reference answer", reference) + "\n"
                + fenced("passage", passage),
            schema: .mapping(verdict(reasons: reasons)),
            maxTokens: reasons ? reasonedTokens : 32
        )
    }

    /// Asks for the questions that an answer would answer.
    static func askBack(answer: String, count: Int) -> JudgePrompt {
        JudgePrompt(
            id: "ask-back/1",
            task: """
                Task: the text is an answer to an unknown question. Write \(count) questions, each in other words and as different as \
                the text allows, to which the text would be a direct answer. For each, "noncommittal" is 1 when the text evades the \
                question, says that it does not know or that it cannot tell, and 0 when it answers. Reply {"questions": [...]} with \
                \(count) entries of "noncommittal" and "question".
                """,
            fields: fenced("text", answer),
            schema: .mapping([
                "questions": .list(
                    of: .mapping(["noncommittal": .verdict, "question": .text(maxLength: statementLength)]),
                    count: count...count
                )
            ]),
            maxTokens: 64 + 96 * count
        )
    }

    private static func verdict(reasons: Bool) -> [String: ReplySchema] {
        reasons
            ? ["reason": .text(maxLength: reasonLength, optional: true), "verdict": .verdict] : ["verdict": .verdict]
    }
}
