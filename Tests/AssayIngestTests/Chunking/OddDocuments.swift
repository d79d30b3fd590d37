import AssayModel

/// Documents that have broken chunkers before, ours or others'.
enum OddDocuments {
    static let all: [Document] = texts.map { Document(id: $0.0, title: "", text: $0.1, headings: headings(of: $0.1)) }

    /// ATX headings outside of fences, as the Markdown reader finds them.
    static func headings(of text: String) -> [Heading] {
        var found: [Heading] = []
        var offset = 0
        var isFenced = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") { isFenced.toggle() }
            let level = line.prefix { $0 == "#" }.count
            if !isFenced, (1...6).contains(level), line.dropFirst(level).first == " " {
                found.append(Heading(level: level, title: String(line.dropFirst(level + 1)), offset: offset))
            }
            offset += line.utf8.count + 1
        }
        return found
    }

    static let prose = """
        Retrieval finds passages, e.g. in manuals. It needs chunks of 2.5 kB or less; see Fig. 3 for details! Does it? It does.
        Dr. Smith said: "Cut at sentences." Then he left… and came back.

        A second paragraph follows here. It has three sentences of unequal length, which is what paragraphs have. Short one.

        """

    private static let texts: [(String, String)] = [
        ("empty", ""),
        ("white", " \n\t\u{3000}\u{a0}\n\n  "),
        ("one", "x"),
        ("padded", "\n\n \u{2003} word \u{2029}\n\n"),
        ("giant-word", String(repeating: "abcdefghij", count: 120)),
        ("giant-word-in-prose", prose + String(repeating: "x", count: 800) + " " + prose),
        ("emoji", String(repeating: "👩‍👩‍👧‍👦🇩🇪👍🏽 ok ", count: 20) + String(repeating: "👩‍👩‍👧‍👦", count: 30)),
        (
            "combining",
            String(repeating: "e\u{301}\u{323}a\u{308}", count: 80) + " z" + String(repeating: "\u{301}", count: 250)
        ),
        ("cjk", String(repeating: "検索は文書を見つける。「本当に？」はい、そうです！長い文も短い文もある", count: 12)),
        ("thai", String(repeating: "ภาษาไทยไม่มีช่องว่างระหว่างคำ", count: 15)),
        ("korean", String(repeating: "검색은 문서를 찾습니다. 정말로? ", count: 20)),
        (
            "code",
            "Before.\n\n```swift\n" + String(repeating: "let value = compute(1, 2)\n", count: 150) + "```\n\nAfter."
        ),
        ("small-code", prose + "```\nlet a = 1\n\nlet b = 2. And\n```\n" + prose),
        ("table", prose + String(repeating: "| a. B | c |\n", count: 12) + "\n" + prose),
        ("open-fence", prose + "```\n" + prose),
        ("headings-only", "# A\n## B\n### C\n## D\n# E"),
        ("headings-without-text", "# A\n\n# B\n\nText of b.\n\n## C\n\n## D\n\nText of d.\n"),
        (
            "markdown",
            "Preamble.\n\n# One\n\n" + prose + "## Two\n\n" + prose + prose
                + "### Three\n\nShort.\n\n### Four\n\nShort too.\n"
        ),
        ("long-heading", "# " + String(repeating: "very long title ", count: 60) + "\n\n## Inner\n\n" + prose),
        ("lists", String(repeating: "- item one has text\n- item two\n  1. Nested thing\n", count: 30)),
        ("lines", String(repeating: "\n", count: 200) + "a" + String(repeating: "\n", count: 200) + "b"),
        ("dots", String(repeating: ".", count: 600) + " " + String(repeating: "! ? ", count: 60)),
        ("spaces", String(repeating: "a" + String(repeating: " ", count: 97), count: 30)),
        ("prose", String(repeating: prose, count: 4)),
    ]
}
