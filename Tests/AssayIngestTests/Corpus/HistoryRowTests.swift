import AssayModel
import Testing

@testable import AssayIngest

/// Rows of an evalset that follow a conversation.
struct HistoryRowTests {
    private func rows(_ lines: String...) throws -> (questions: [Question], errors: [String]) {
        let folder = try CorpusFolder()
        try folder.write("questions.jsonl", lines.joined(separator: "\n") + "\n")
        let checked = try EvalsetFile.check(folder.path + "/questions.jsonl")
        return (checked.file.questions, checked.errors.map { String("\($0)".dropFirst(folder.path.count + 1)) })
    }

    private func row(history: String) -> String { #"{"id":"a","question":"And on AMD?","history":\#(history)}"# }

    @Test func turnsAreRead() throws {
        let (questions, errors) = try rows(
            row(history: #"[{"role":"user","text":"And CUDA?"},{"role":"assistant","text":"Yes."}]"#)
        )
        #expect(errors.isEmpty)
        #expect(questions.first?.history == [Turn(.user, "And CUDA?"), Turn(.assistant, "Yes.")])
    }

    /// Files without it have the canonical form, and so the fingerprint, that they had.
    @Test func aRowWithoutHistoryKeepsItsBytes() throws {
        let text = try canonicalJSON(Question(id: "a", question: "What?"))
        #expect(text == #"{"gold":[],"id":"a","question":"What?","reference":"","split":"dev","tags":[]}"#)
    }

    @Test(arguments: [
        (#""x""#, "'history' of a question must be a list"), ("[]", "'history' has no turns"),
        (#"[{"role":"user","text":"x"}]"#, "'history' is no conversation: the roles 'user' and 'assistant' alternate"),
        (
            #"[{"role":"assistant","text":"x"},{"role":"assistant","text":"y"}]"#,
            "'history' is no conversation: the roles 'user' and 'assistant' alternate"
        ),
        (#"[{"role":"system","text":"x"}]"#, "'role' of a turn of 'history' must be 'user' or 'assistant'"),
        (#"[{"role":"assistant"}]"#, "a turn of 'history' has no 'text', which must be there"),
        (#"[{"role":"assistant","text":" "}]"#, "'text' of a turn of 'history' is empty"),
        (
            #"[{"role":"assistant","content":"x"}]"#,
            "a turn of 'history' has an unknown key 'content'"
        ),
    ])
    func whatIsWrongIsSaidWithItsLine(history: String, problem: String) throws {
        let (_, errors) = try rows(#"{"id":"b","question":"x"}"#, row(history: history))
        #expect(errors.count == 1)
        #expect(errors.first?.hasPrefix("questions.jsonl:2: \(problem)") == true, "\(errors)")
    }

    @Test func conversationsHaveLimits() {
        let turn = [Turn(.user, "x"), Turn(.assistant, "y")]
        let long = (0..<40).flatMap { _ in turn }
        #expect(Turn.problem(of: long)?.contains("at most 63") == true)
        #expect(Turn.problem(of: [Turn(.assistant, String(repeating: "x", count: 100_001))])?.contains("bytes") == true)
        #expect(Turn.problem(of: turn) == nil)
        #expect(Turn.problem(of: [Turn(.assistant, "Hello, what do you want to know?")]) == nil)
        #expect(Turn.problem(of: []) == nil)
    }
}
