import AssayModel

/// Reads replies of the compat modes: whatever came counts, and numbers are taken as Ragas's parser takes them.
enum RagasReply {
    /// The number that `1`, `"1"` and `true` stand for.
    static func whole(_ value: JSONValue?) throws(StrictJSON.Fault) -> Int {
        guard let number = value.flatMap(ReplySchema.coerced) else {
            throw StrictJSON.Fault(message: "a whole number is missing")
        }
        return number
    }

    /// The numbers `key` of the entries of `list`.
    static func wholes(_ reply: JSONValue, _ list: String, _ key: String) throws(StrictJSON.Fault) -> [Int] {
        var numbers: [Int] = []
        for entry in reply[list]?.arrayValue ?? [] { numbers.append(try whole(entry[key])) }
        return numbers
    }

    /// The texts of `list`, equal ones too.
    static func texts(_ reply: JSONValue, _ list: String) -> [String] {
        (reply[list]?.arrayValue ?? []).compactMap(\.stringValue)
    }
}

// The prompts that only compat modes ask. The words are Assay's, the replies have Ragas's fields.

extension JudgePrompt {
    /// Most entries of a list whose length Ragas leaves open.
    static let looseCount = 0...100

    /// A prompt whose reply may hold any number where the corrected mode takes a verdict.
    func loosened(_ schema: ReplySchema) -> JudgePrompt {
        JudgePrompt(id: "ragas-\(id)", task: task, fields: fields, schema: schema, maxTokens: maxTokens)
    }

    /// Asks of each statement whether the context supports it; the statements are echoed.
    static func ragasNLI(_ statements: [String], context: String) -> JudgePrompt {
        JudgePrompt(
            id: "ragas-nli/1",
            task: """
                Task: for each numbered statement decide whether the context supports it. The verdict is 1 when the statement can be \
                directly inferred from the context, and 0 when it cannot. Give one entry a statement, in their order: a "reason" of at \
                most twenty words, the "statement" and the "verdict". Reply {"statements": [...]}.
                """,
            fields: fenced("context", context) + "\n" + numbered("statements", statements),
            schema: .mapping([
                "statements": .list(
                    of: .mapping([
                        "reason": .text(maxLength: reasonLength, optional: true),
                        "statement": .text(maxLength: statementLength, optional: true), "verdict": .loose,
                    ]),
                    count: looseCount
                )
            ]),
            maxTokens: 64 + 192 * statements.count
        )
    }

    /// Splits the reference and judges its statements in one reply.
    static func ragasAttribute(question: String, passages: [String], reference: String, limit: Int) -> JudgePrompt {
        JudgePrompt(
            id: "ragas-attribute/1",
            task: """
                Task: break the reference answer into separate statements and decide for each whether it can be attributed to the \
                context. "attributed" is 1 when it can, and 0 when it cannot. Give one entry a statement: "attributed", a "reason" of at \
                most twenty words, and the "statement". Reply {"classifications": [...]}.
                """,
            fields: fenced("context", passages.joined(separator: "\n")) + "\n" + fenced("question", question) + "\n"
                + fenced("reference answer", reference),
            schema: .mapping([
                "classifications": .list(
                    of: .mapping([
                        "attributed": .loose, "reason": .text(maxLength: reasonLength, optional: true),
                        "statement": .text(maxLength: statementLength, optional: true),
                    ]),
                    count: looseCount
                )
            ]),
            maxTokens: 64 + 144 * limit
        )
    }

    /// Lists the claims of a text.
    static func ragasClaims(_ text: String, limit: Int) -> JudgePrompt {
        JudgePrompt(
            id: "ragas-claims/1",
            task: """
                Task: list the claims that the text makes. Each claim is one short sentence that states one fact and can be understood \
                alone. Reply {"claims": [...]}, an empty list when the text claims nothing.
                """,
            fields: fenced("text", text),
            schema: .mapping(["claims": .list(of: .text(maxLength: statementLength), count: looseCount)]),
            maxTokens: 64 + 48 * limit
        )
    }
}
