import AssayModel
import Testing

@testable import AssayPipeline

struct PromptTests {
    private let grounded = try? PromptTemplate("grounded", folder: "/", at: nil)

    @Test func passagesAreNumberedAndFieldsReplacedOnce() throws {
        let template = try #require(grounded)
        let messages = template.messages(question: "Why {{passages}}?", passages: ["A {{question}}", "B"])
        #expect(messages.map(\.role) == ["system", "user"])
        // A field's text is data: braces in it are not looked at again.
        #expect(messages[1].content.contains("[1] A {{question}}\n\n[2] B"))
        #expect(messages[1].content.hasSuffix("Question: Why {{passages}}?"))
    }

    @Test func malformedPromptFilesAreRefusedWithTheirLine() throws {
        let bad = [
            ("[user]\n{{question}}", "prompt.head"),
            ("name: x, version: 1\n[system]\nHi", "prompt.user"),
            ("name: x, version: 1\n[user]\n{{question}} {{pasages}}", "prompt.field"),
        ]
        for (text, code) in bad {
            let error = #expect(throws: AssayError.self) { try PromptTemplate.parse(text, file: "p.md") }
            #expect(error?.code.rawValue == code)
            #expect(error?.place?.file == "p.md")
        }
    }

    @Test func textAndVersionDecideTheIdentity() throws {
        let one = try PromptTemplate.parse("name: x, version: 1\n[user]\n{{question}}", file: "p")
        let two = try PromptTemplate.parse("name: x, version: 2\n[user]\n{{question}}", file: "p")
        let three = try PromptTemplate.parse("name: x, version: 1\n[user]\n{{question}}!", file: "p")
        #expect(Set([one.identity, two.identity, three.identity]).count == 3)
    }
}

struct AnswerParserTests {
    private func reply(_ text: String) -> ChatReply {
        ChatReply(
            text: text,
            finish: .stop,
            usage: Usage(promptTokens: 1, completionTokens: 1),
            timings: CallTimings(totalMs: 1)
        )
    }

    @Test func citationsLeadToChunks() {
        let text = "  Red [1]. Blue [2, 3]; see [7] and [x] and [12345]. "
        let answer = AnswerParser.answer(reply(text), passages: ["a", "b", "c"])
        #expect(answer.citations.map(\.number) == [1, 2, 3, 7])
        #expect(answer.citations.map(\.chunk) == ["a", "b", "c", nil])
        let bytes = Array(answer.text.utf8)
        for citation in answer.citations {
            #expect(bytes[citation.start] == UInt8(ascii: "[") && bytes[citation.end - 1] == UInt8(ascii: "]"))
        }
    }

    @Test(arguments: [
        ("Not in the documents.", true), ("The documents do not answer the question.", true),
        ("I don\u{2019}t know.", true), ("It is 42 [1].", false), ("", false),
    ])
    func abstentionIsRecognised(text: String, abstains: Bool) {
        #expect(AnswerParser.answer(reply(text), passages: []).abstained == abstains)
    }

    @Test func bracketsWithoutEndAreNoCitations() {
        let texts = ["[", "[[[[1", "[1", "[" + String(repeating: "1", count: 5_000) + "]", "[]", "[,]", "[ 1 ]"]
        #expect(texts.map { AnswerParser.citations(in: $0, passages: []).count } == [0, 0, 0, 0, 0, 0, 1])
    }
}
