import AssayModel

extension SampleReader {
    /// promptfoo: the results of `promptfoo eval -o FILE.json` (or .jsonl), and test tables with `__expected` columns.
    ///
    /// The question is the variable question, query, input, user_input or prompt, else the prompt as it was sent; contexts and
    /// reference are variables too, the reference otherwise what an assertion compares with. Outputs of one test are one cluster.
    package static let promptfoo = SampleReader(
        name: "promptfoo",
        summary: "promptfoo results (eval -o FILE.json) and test tables with __expected",
        recognises: { keys in
            (keys.contains("testCase") && !keys.isDisjoint(with: ["response", "vars", "promptIdx"]))
                || keys.contains { $0.hasPrefix("__expected") }
        },
        read: { row in
            row.members["testCase"] == nil ? try row.promptfooTest() : try row.promptfooResult()
        }
    )
}

extension SampleFields {
    private static let referenceNames = [
        "reference", "expected", "expected_output", "expected_answer", "ground_truth", "reference_answer",
    ]

    /// One output of an evaluation.
    fileprivate func promptfooResult() throws -> ImportedSample {
        let test = try mapping("testCase")
        guard let variables = try mapping("vars") ?? test?.mapping("vars") else {
            throw fault("samples.missing", "the result has no 'vars'")
        }
        var sample = try promptfooQuestion(variables, sent: try mapping("prompt")?.text("raw"))
        let output = try mapping("response")?.found(["output"])?.value
        switch output {
        case .string(let text): sample.answer = try limited(text, "output")
        case .some(let value): sample.answer = value.text
        case nil: sample.failure = (try text("error")).map { String($0.prefix(200)) } ?? "the result has no output"
        }
        for case let assertion? in try test?.list("assert")?.map({ try? self.element($0, of: "assert") }) ?? [] {
            if sample.reference.isEmpty, let text = try assertion.promptfooReference() { sample.reference = text }
        }
        if let index = try int("testIdx") {
            sample.id = "test-\(index)/\(try int("promptIdx") ?? 0)"
            sample.source = "test-\(index)"
        } else {
            sample.id = try id("id")
        }
        if case .string(let provider)? = found(["provider"])?.value {
            sample.tags = ["provider:\(provider)"]
        } else if let provider = try mapping("provider"), let name = try provider.text("label", "id") {
            sample.tags = ["provider:\(name)"]
        }
        sample.latencyMs = try double("latencyMs")
        if let usage = try mapping("response")?.mapping("tokenUsage") {
            let tokens = (try usage.int("prompt") ?? 0, try usage.int("completion") ?? 0)
            sample.usage = Usage(promptTokens: max(0, tokens.0), completionTokens: max(0, tokens.1))
        }
        return sample
    }

    /// A row of a table of tests; an answer is there only when a column is called output, answer or response.
    fileprivate func promptfooTest() throws -> ImportedSample {
        var sample = try promptfooQuestion(self, sent: nil)
        sample.answer = try text("output", "answer", "response")
        let expected = try members.keys.filter { $0.hasPrefix("__expected") }.sorted().compactMap { try text($0) }
        for assertion in expected where sample.reference.isEmpty {
            // A bare text is an 'equals'; other assertions name their kind before a colon.
            let kind = assertion.prefix { $0.isLetter || $0 == "-" }
            let rest = assertion.dropFirst(kind.count)
            if let colon = rest.firstIndex(of: ":"), rest[..<colon].allSatisfy({ "()0123456789. ".contains($0) }) {
                if Self.comparing.contains(String(kind)) {
                    sample.reference = rest[rest.index(after: colon)...].trimmed
                }
            } else {
                sample.reference = assertion
            }
        }
        if let description = try text("__description") { sample.tags = [description] }
        return sample
    }

    private func promptfooQuestion(_ variables: SampleFields, sent: String?) throws -> ImportedSample {
        let named = try variables.text("question", "query", "user_input", "input", "prompt")
        guard let question = named ?? sent, !question.allSatisfy(\.isWhitespace) else {
            throw fault("samples.missing", "no variable is called question, query, user_input, input or prompt")
        }
        var sample = ImportedSample(question: question)
        sample.contexts = try variables.texts("contexts", "context", "documents", "retrieved_contexts")?.map {
            ImportedSample.Context(text: $0)
        }
        sample.reference = try variables.text(Self.referenceNames) ?? ""
        return sample
    }

    /// Assertions whose value is a correct answer.
    private static let comparing: Set<String> = [
        "equals", "iequals", "similar", "factuality", "model-graded-factuality", "rouge-n", "bleu", "levenshtein",
    ]

    private func promptfooReference() throws -> String? {
        guard let type = try text("type"), Self.comparing.contains(type) else { return nil }
        guard case .string(let value)? = members["value"] else { return nil }
        return value
    }
}
