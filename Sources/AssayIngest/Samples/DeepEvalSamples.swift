import AssayModel

extension SampleReader {
    /// DeepEval's test cases and goldens, in snake case or camel case.
    ///
    /// Fields: input, actual_output, expected_output, retrieval_context, context, tags, source_file, tools_called, expected_tools. In
    /// its CSV files a list is joined with '|'.
    package static let deepEval = SampleReader(
        name: "deepeval",
        summary: "DeepEval test cases: input, actual_output, expected_output, retrieval_context, context",
        recognises: { keys in
            keys.contains("input")
                && !keys.isDisjoint(with: [
                    "actual_output", "actualOutput", "expected_output", "expectedOutput", "retrieval_context",
                    "retrievalContext",
                ])
        },
        read: { row in
            var sample = ImportedSample(question: try row.required("input"))
            // Names of test cases need not be unique; only an id is one.
            sample.id = try row.id("id", "identifier")
            sample.answer = try row.text("actual_output", "actualOutput")
            sample.reference = try row.text("expected_output", "expectedOutput") ?? ""
            sample.contexts = try row.texts("retrieval_context", "retrievalContext", delimiter: "|")?.map {
                ImportedSample.Context(text: $0)
            }
            sample.referenceContexts = try row.texts("context", delimiter: "|") ?? []
            sample.tags = try row.texts("tags", delimiter: "|") ?? []
            sample.source = try row.text("source_file", "sourceFile")
            sample.referenceToolCalls = try row.toolCalls("expected_tools", "expectedTools")
            if let calls = try row.toolCalls("tools_called", "toolsCalled") {
                sample.dialogue = [
                    DialogueTurn(role: "user", content: sample.question),
                    DialogueTurn(role: "assistant", content: sample.answer ?? "", toolCalls: calls),
                ]
            }
            sample.latencyMs = try row.double("completion_time", "completionTime").map { $0 * 1_000 }
            return sample
        }
    )
}
