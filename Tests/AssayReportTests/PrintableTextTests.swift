import AssayModel
import Testing

@testable import AssayReport

struct PrintableTextTests {
    @Test(arguments: [
        ("plain text", "plain text"),
        ("\u{1B}[31mred\u{1B}[0m", "red"),
        ("\u{1B}]0;owned\u{07}title", "title"),
        ("\u{1B}]8;;https://evil.example\u{1B}\\link\u{1B}]8;;\u{1B}\\", "link"),
        ("\u{9B}2Jgone", "gone"),
        ("\u{1B}(Bcharset", "charset"),
        ("a\u{1B}", "a"),
        ("\u{1B}]no end of this one", "]no end of this one"),
        ("tab\there\r\nand\u{2028}there", "tab here and there"),
        ("  edges  ", "edges"),
        ("bell\u{07} nul\u{0} del\u{7F}", "bell nul del"),
        ("\u{202E}reversed\u{202C} zero\u{200B}width \u{E0041}tag", "reversed zerowidth tag"),
    ])
    func leavesNothingThatActsOnATerminal(text: String, line: String) {
        #expect(PrintableText.line(text) == line)
    }

    @Test func neverEmitsAControlCharacterWhateverTheInput() {
        var random = SeededRandom(seed: 11)
        let alphabet: [Unicode.Scalar] = [
            "\u{1B}", "[", "]", "m", "3", ";", "\u{07}", "\u{9B}", "\u{9D}", "\u{9C}", "\\", "a", " ", "\n", "\u{202E}",
            "é", "日",
        ]
        for _ in 0..<2_000 {
            var text = String.UnicodeScalarView()
            for _ in 0..<random.index(below: 12) { text.append(alphabet[random.index(below: alphabet.count)]) }
            let line = PrintableText.line(String(text))
            #expect(
                !line.unicodeScalars.contains {
                    $0.value < 0x20 || (0x7F...0x9F).contains($0.value) || $0.value == 0x202E
                }
            )
            let visible = PrintableText.visible(String(text))
            #expect(visible.utf16.count == String(text).utf16.count, "offsets moved in \(Array(text))")
        }
    }

    @Test func keepsOffsetsOfCharactersBeyondTheBasicPlane() {
        let text = "a\u{E0041}b🧮c\u{1B}"
        #expect(PrintableText.visible(text) == "a\u{FFFD}\u{FFFD}b🧮c␛")
    }

    @Test func countsColumns() {
        #expect(PrintableText.width("abc") == 3)
        #expect(PrintableText.width("日本") == 4)
        #expect(PrintableText.width("e\u{301}") == 1)
        #expect(PrintableText.fit("日本語", width: 5) == "日本…")
        #expect(PrintableText.fit("日本語", width: 4) == "日…")
        #expect(PrintableText.fit("abc", width: 3) == "abc")
        #expect(PrintableText.wrap("one two three", width: 7) == ["one two", "three"])
    }
}
