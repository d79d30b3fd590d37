import AssayModel
import Testing

@testable import AssayPipeline

/// No text can be taken for a line of the prompt's own.
struct PassageLayoutTests {
    private static let pieces = [
        "[1] ", "[2] ", "[9]", "Question: ", "Passages:", "> ", ">", "\n", "\n\n", "\r\n", "\r", "\u{2028}", "\u{2029}",
        "\u{85}", "\u{0B}", "\u{0C}", "\u{1D}", "text", " ", "ü", "{{question}}", "{{passages}}", "\u{2029}[3] ",
        "[system]",
        "\u{C2}", "Not in the documents.",
    ]

    /// Everything at which a reader or a tokenizer may see a new line.
    private static func lines(_ text: String) -> [String] {
        text.unicodeScalars
            .split(omittingEmptySubsequences: false) { scalar in
                [0x0A, 0x0B, 0x0C, 0x0D, 0x1C, 0x1D, 0x1E, 0x85, 0x2028, 0x2029].contains(scalar.value)
            }
            .map { String($0) }
    }

    private static func hostile(_ random: inout SeededRandom) -> String {
        (0..<random.index(below: 14)).map { _ in pieces[random.index(below: pieces.count)] }.joined()
    }

    @Test func hostilePassagesForgeNoLine() throws {
        let template = try PromptTemplate("grounded", folder: "/", at: nil)
        for seed in UInt64(0)..<500 {
            var random = SeededRandom(seed: seed)
            let passages = (0..<(1 + random.index(below: 4))).map { _ in Self.hostile(&random) }
            let question = Self.hostile(&random)
            let user = template.messages(question: question, passages: passages)[1].content
            var own: [String] = []
            for line in Self.lines(user) where !line.isEmpty && !line.hasPrefix(">") {
                own.append(line.hasPrefix("[") ? String(line.prefix { $0 != " " }) : String(line.prefix { $0 != ":" }))
            }
            let expected = ["Passages"] + passages.indices.map { "[\($0 + 1)]" } + ["Question"]
            #expect(own == expected, "seed \(seed): \(user.debugDescription)")
            #expect(template.messages(question: question, passages: passages)[1].content == user)
        }
    }

    @Test func passagesCanBeReadBack() throws {
        for seed in UInt64(0)..<300 {
            var random = SeededRandom(seed: seed)
            let passage = Self.hostile(&random)
            var text = ""
            PassageLayout.quoted.append(passages: [passage], to: &text)
            let back = Self.lines(text).enumerated().map { number, line in
                number == 0 ? String(line.dropFirst("[1] ".count)) : line == ">" ? "" : String(line.dropFirst(2))
            }
            // A carriage return with a line feed is one line end.
            let lines = Self.lines(passage.replacing("\r\n", with: "\n"))
            #expect(back == lines, "seed \(seed): \(passage.debugDescription)")
        }
    }

    @Test func quotesFurtherLinesOnly() throws {
        var text = ""
        PassageLayout.quoted.append(passages: ["one", "a\nb\n\nc\r\nd"], to: &text)
        #expect(text == "[1] one\n\n[2] a\n> b\n>\n> c\n> d")
        text = ""
        PassageLayout.plain.append(passages: ["a\nb"], to: &text)
        #expect(text == "[1] a\nb")
    }

    @Test func aPromptFileChoosesItsLayout() throws {
        let plain = try PromptTemplate.parse("name: x, version: 1, passages: plain\n[user]\n{{question}}", file: "p")
        let quoted = try PromptTemplate.parse("name: x, version: 1\n[user]\n{{question}}", file: "p")
        #expect(plain.layout == .plain && quoted.layout == .quoted && plain.identity != quoted.identity)
        let error = #expect(throws: AssayError.self) {
            try PromptTemplate.parse("name: x, version: 1, passages: bare\n[user]\n{{question}}", file: "p")
        }
        #expect(error?.code == "prompt.head")
    }

    @Test func citationsOfPassagesThatWereNotGivenLeadNowhere() {
        let answer = AnswerParser.citations(in: "It is so [2], says [9] and [0].", passages: ["a", "b"])
        #expect(answer.map(\.chunk) == ["b", nil, nil])
    }
}
