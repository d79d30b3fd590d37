import Testing

@testable import AssayIngest

struct SentenceScannerTests {
    static let cases: [(String, [String])] = [
        ("", []),
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("Dr. Smith met Mr. Jones at St. Mary. They spoke.", ["Dr. Smith met Mr. Jones at St. Mary.", "They spoke."]),
        ("It costs 3.50 or v1.2.3 of example.com. Fine.", ["It costs 3.50 or v1.2.3 of example.com.", "Fine."]),
        ("See Fig. 3 and vol. 12. The answer is no. Next.", ["See Fig. 3 and vol. 12.", "The answer is no.", "Next."]),
        ("He said \"stop.\" Then (he left.) He ran.", ["He said \"stop.\"", "Then (he left.)", "He ran."]),
        ("\"Why?\" he asked. Wait... what? No... Yes.", ["\"Why?\" he asked.", "Wait... what?", "No...", "Yes."]),
        ("J. R. Smith, U.S. Army, i.e. him. End.", ["J. R. Smith, U.S. Army, i.e. him.", "End."]),
        ("検索は簡単です。「本当？」はい！終わり", ["検索は簡単です。", "「本当？」", "はい！", "終わり"]),
        ("यह एक है। दूसरा। अंत", ["यह एक है।", "दूसरा।", "अंत"]),
        ("A title\n\nBody goes\non here. End", ["A title", "Body goes\non here.", "End"]),
        (
            "Items:\n- one\n- two words\n* three\n1. Four\n2) five",
            ["Items:", "- one", "- two words", "* three", "1. Four", "2) five"]
        ),
        (
            "# Heading\nText of it.\n| a | b |\n| c | d |\nMore",
            ["# Heading", "Text of it.", "| a | b |", "| c | d |", "More"]
        ),
        ("Really?! Yes!! *Bold end.* Next.", ["Really?!", "Yes!!", "*Bold end.*", "Next."]),
        ("Smith et al. 2020 found it. We agree.", ["Smith et al. 2020 found it.", "We agree."]),
        ("Am 3. Mai kam Nr. 5, z.B. hier. Ende.", ["Am 3.", "Mai kam Nr. 5, z.B. hier.", "Ende."]),
    ]

    @Test(arguments: cases)
    func splitsSentences(text: String, expected: [String]) {
        #expect(forward(text) == expected)
        #expect(backward(text) == expected)
    }

    @Test func doesNotLookLongAtRuledLines() {
        let text = String(repeating: ".", count: 200_000) + "\n" + String(repeating: "\n", count: 200_000)
        #expect(forward(text).count == 1)
        TextBytes.lend(text) { bytes in
            let scanner = SentenceScanner(text: bytes)
            #expect(scanner.lastStart(after: 300_000, reach: bytes.count, next: bytes.count) == nil)
        }
    }

    private func forward(_ text: String) -> [String] {
        TextBytes.lend(text) { bytes in SentenceScanner(text: bytes).sentences().map { bytes.string($0) } }
    }

    /// Sentences as the cutter finds them, from the end.
    private func backward(_ text: String) -> [String] {
        TextBytes.lend(text) { bytes in
            var found: [String] = []
            var end = bytes.trimWhite(from: bytes.count, downTo: 0)
            while end > 0 {
                let before = bytes.scalarStart(atOrBefore: end - 1)
                let start = SentenceScanner(text: bytes).lastStart(after: 0, reach: before, next: before) ?? 0
                found.append(bytes.string(start..<end))
                end = bytes.trimWhite(from: start, downTo: 0)
            }
            return found.reversed()
        }
    }
}
