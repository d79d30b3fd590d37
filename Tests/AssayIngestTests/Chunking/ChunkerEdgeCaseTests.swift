import AssayIngest
import AssayModel
import Testing

/// Cases worked out by hand.
struct ChunkerEdgeCaseTests {
    private func texts(_ cutting: Cutting, _ text: String, _ tokenizer: (any TextTokenizer)? = nil) throws -> [String] {
        let document = Document(id: "d", text: text, headings: OddDocuments.headings(of: text))
        let chunks = try cutting.chunks(of: document, tokenizer)
        #expect(brokenLaw(chunks, of: document, cutting, tokenizer) == nil)
        return chunks.map(\.text)
    }

    @Test func placesRepeatedTextExactly() throws {
        let document = Document(id: "d", text: "chunk chunk chunk")
        let chunks = try Cutting(name: "recursive", unit: "characters", size: 5, overlap: 0).chunks(of: document, nil)
        #expect(chunks.map(\.range.start) == [0, 6, 12])
        #expect(chunks.map(\.id) == ["d#0-5", "d#6-11", "d#12-17"])
    }

    @Test func packsWholeSentences() throws {
        let cutting = Cutting(name: "sentences", unit: "characters", size: 30, overlap: 0)
        let text = "A bc. Dr. Who is here now. Short. This one is far too long for one chunk. End."
        #expect(
            try texts(cutting, text)
                == ["A bc. Dr. Who is here now.", "Short.", "This one is far too long for", "one chunk. End."]
        )
    }

    @Test func overlapsByWholeSentencesWhereTheyFit() throws {
        let cutting = Cutting(name: "sentences", unit: "characters", size: 25, overlap: 10)
        #expect(
            try texts(cutting, "One two three. Four. Five six. Seven.") == [
                "One two three. Four.", "Four. Five six. Seven.",
            ]
        )
    }

    @Test func prefersParagraphsThenLinesThenSentences() throws {
        let cutting = Cutting(name: "recursive", unit: "characters", size: 20, overlap: 0)
        #expect(try texts(cutting, "Aa bb cc.\n\nDd ee. Ff gg hh.") == ["Aa bb cc.", "Dd ee. Ff gg hh."])
        #expect(try texts(cutting, "Aa bb cc.\nDd ee. Ff gg hh.") == ["Aa bb cc.", "Dd ee. Ff gg hh."])
        #expect(try texts(cutting, "Aa bb cc. Dd ee. Ff gg hh.") == ["Aa bb cc. Dd ee.", "Ff gg hh."])
        // A paragraph that would fill less than a quarter goes with the next one.
        #expect(try texts(cutting, "Aa\n\nBb cc dd ee ff gg hh") == ["Aa\n\nBb cc dd ee ff", "gg hh"])
    }

    @Test(arguments: ["sentences", "recursive", "headings"], [0, 9])
    func keepsBlocksWhole(name: String, overlap: Int) throws {
        let cutting = Cutting(name: name, unit: "characters", size: 50, overlap: overlap)
        let code = "```\nlet a = 1.\n\nLet b = 2\n```"
        let table = "| a | b |\n|---|---|\n| 1. A | 2 |"
        for block in [code, table] {
            let found = try texts(
                cutting,
                "Some text before it, thirty chars\n\n\(block)\n\nAnd some text after the block of it."
            )
            #expect(found.contains { $0.contains(block) }, "\(found)")
        }
    }

    @Test func cutsCodeThatDoesNotFitAtItsLines() throws {
        let line = "let value = compute(1, 2)"
        let text = "```swift\n" + String(repeating: line + "\n", count: 10_000) + "```\n"
        let document = Document(id: "d", text: text)
        let cutting = Cutting(name: "recursive", unit: "characters", size: 2_000, overlap: 100)
        let chunks = try cutting.chunks(of: document, nil)
        #expect(brokenLaw(chunks, of: document, cutting, nil) == nil)
        #expect(chunks.dropLast().allSatisfy { $0.text.hasSuffix(line) })
        #expect(chunks.count < 150)
    }

    @Test func cutsGiantWordsBetweenCharactersOfTheReader() throws {
        let family = "👩‍👩‍👧"  // five scalars
        let cutting = Cutting(name: "tokens", unit: "characters", size: 12, overlap: 0)
        #expect(try texts(cutting, String(repeating: family, count: 5)) == [family + family, family + family, family])
        #expect(
            try texts(cutting, String(repeating: "e\u{301}", count: 7)) == [
                String(repeating: "e\u{301}", count: 6), "e\u{301}",
            ]
        )
        // A single character of the reader larger than a chunk is cut between scalars.
        #expect(try texts(cutting, "a" + String(repeating: "\u{301}", count: 20)).count == 2)
    }

    @Test func countsTokensOfCutWordsAnew() throws {
        // With words of over 10 scalars as one token, parts of a cut word have more tokens than the word.
        let tokenizer = PieceTokenizer(limit: 6, specialTokens: 2, longest: 10)
        let cutting = Cutting(name: "tokens", unit: "tokens", size: 6, overlap: 0)
        let text = "ab " + String(repeating: "x", count: 40) + " cd ef gh"
        #expect(try texts(cutting, text, tokenizer) == ["ab " + String(repeating: "x", count: 40) + " cd ef", "gh"])
        let other = Cutting(name: "tokens", unit: "characters", size: 10, overlap: 0)
        #expect(
            try texts(other, text, tokenizer) == [
                "ab", "xxxxxxxxxx", "xxxxxxxxxx", "xxxxxxxxxx", "xxxxxxxxxx", "cd ef gh",
            ]
        )
    }

    @Test func cutsAWordWhosePartsHaveMoreTokensThanItself() throws {
        // Alone the word is one token; its first 60 characters are 15, of which six fit.
        let tokenizer = PieceTokenizer(limit: 8, specialTokens: 2, longest: 100)
        let cutting = Cutting(name: "recursive", unit: "characters", size: 60, overlap: 0)
        let found = try texts(cutting, String(repeating: "x", count: 200), tokenizer)
        #expect(found.map(\.count) == [24, 24, 24, 24, 24, 24, 24, 24, 8])
    }

    // MARK: headings

    private let markdown = """
        Intro.

        # Guide

        ## Setup

        Install it.

        ## Use

        Run it.

        # Notes

        ## Empty

        # End

        Done.
        """

    private func headingChunks(_ text: String, size: Int = 60, merge: Bool = false) throws -> [Chunk] {
        let cutting = Cutting(name: "headings", unit: "tokens", size: size, overlap: 0, merge: merge)
        let document = Document(id: "d", text: text, headings: OddDocuments.headings(of: text))
        let chunks = try cutting.chunks(of: document, PieceTokenizer())
        #expect(brokenLaw(chunks, of: document, cutting, PieceTokenizer()) == nil)
        return chunks
    }

    @Test func keepsSectionsApartWithTheirPaths() throws {
        let chunks = try headingChunks(markdown)
        #expect(
            chunks.map(\.headingPath) == [[], ["Guide", "Setup"], ["Guide", "Use"], ["Notes", "Empty"], ["End"]]
        )
        #expect(
            chunks.map(\.text)
                == [
                    "Intro.", "# Guide\n\n## Setup\n\nInstall it.", "## Use\n\nRun it.", "# Notes\n\n## Empty",
                    "# End\n\nDone.",
                ]
        )
        #expect(chunks[2].embeddingText == "Guide > Use\n## Use\n\nRun it.")
    }

    @Test func mergesSiblingsOnlyWhenAsked() throws {
        let chunks = try headingChunks(markdown, merge: true)
        #expect(chunks.map(\.headingPath) == [[], ["Guide"], ["Notes", "Empty"], ["End"]])
        #expect(chunks[1].text == "# Guide\n\n## Setup\n\nInstall it.\n\n## Use\n\nRun it.")
        // No room for both.
        #expect(try headingChunks(markdown, size: 18, merge: true).map(\.headingPath).contains(["Guide", "Use"]))
    }

    @Test func dropsOuterTitlesThatTakeOverHalfOfTheSize() throws {
        let outer = String(repeating: "word ", count: 12).dropLast()
        let text = "# \(outer)\n\nA.\n\n## Inner\n\nText here."
        #expect(try headingChunks(text, size: 20).map(\.headingPath).last == ["Inner"])
        #expect(try headingChunks(text, size: 80).map(\.headingPath).last == [String(outer), "Inner"])
        // Even the innermost title can be too long.
        #expect(try headingChunks("# \(outer)\n\nA.", size: 12).allSatisfy { $0.headingPath.isEmpty })
    }

    @Test func givesPages() throws {
        var document = Document(id: "d", text: "one two three four")
        document.pages = [PageMark(number: 7, offset: 0), PageMark(number: 8, offset: 8)]
        let chunks = try Cutting(name: "tokens", unit: "characters", size: 7, overlap: 0).chunks(of: document, nil)
        #expect(chunks.map(\.page) == [7, 8, 8])
    }

    // MARK: the embedder's limit

    @Test func neverTruncatesSilently() throws {
        let document = Document(id: "manual.md", text: "one two six ten. Two more here.")
        let tokenizer = PieceTokenizer(limit: 6, specialTokens: 2)
        var cutting = Cutting(name: "recursive", unit: "characters", size: 100, overlap: 0)
        #expect(try cutting.chunks(of: document, tokenizer).map(\.text) == ["one two six", "ten.", "Two more here."])
        cutting.oversize = "truncate"
        let whole = try cutting.chunks(of: document, tokenizer)
        #expect(whole.map(\.tokens) == [11])
        #expect(whole.map(\.truncatedTokens) == [5])
        cutting.oversize = "error"
        let error = #expect(throws: AssayError.self) { try cutting.chunks(of: document, tokenizer) }
        #expect(error?.code == "chunk.oversize")
        #expect(error?.message.contains("bytes 0-31 of document 'manual.md' have 11 tokens") == true)
    }

    @Test func refusesACharacterThatNoCutMakesFit() throws {
        let cutting = Cutting(name: "tokens", unit: "characters", size: 10, overlap: 0)
        let error = #expect(throws: AssayError.self) {
            try cutting.chunks(of: Document(id: "d", text: "ok 👍"), ByteTokenizer(limit: 4, specialTokens: 1))
        }
        #expect(error?.code == "chunk.oversize")
    }
}
