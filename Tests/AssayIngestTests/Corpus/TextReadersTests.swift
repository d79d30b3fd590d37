import AssayModel
import FoundationEssentials
import Testing

@testable import AssayIngest

struct TextReadersTests {
    private func read(_ name: String, _ text: String) throws -> Document {
        let folder = try CorpusFolder()
        let document = try corpusReader(name).document(folder.write("file.md", text))
        expectLaws(document)
        return document
    }

    @Test func keepsTextAsItIs() throws {
        let text = "  Ünïcode e\u{301} 👩  \n\n\tx  \n"
        let document = try read("text", "\u{FEFF}" + text.split(separator: "x").joined(separator: "\u{200D}x"))
        #expect(Array(document.text.utf8) == Array(text.utf8))
        // The mark at the start of the file belongs to its encoding and is not counted.
        #expect(document.stripped.zeroWidth == 1)
    }

    @Test func countsStrippedCharacters() throws {
        let text =
            "a\u{E0041}\u{E007F}b\u{FE0F}\u{E0100}c\u{200B}\u{2066}\u{AD}\u{FEFF}\u{2064}d\u{1}\u{7F}\u{85}\u{C}e\tf"
        let document = try read("text", text)
        #expect(document.text == "abcde\tf")
        #expect(document.stripped.tags == 2)
        #expect(document.stripped.variationSelectors == 2)
        #expect(document.stripped.zeroWidth == 5)
        #expect(document.stripped.controls == 4)
    }

    /// Each byte of the text is the byte of the file that its run leads to, and the run tells that byte's line.
    @Test(arguments: ["text", "markdown"])
    func leadsToTheFile(reader: String) throws {
        let pieces = [
            "word", " ", "\n", "\r\n", "\r", "é", "漢字", "👍🏽", "\u{200B}", "\u{E0049}", "\u{FE0F}", "\u{1}", "\u{85}",
            "# Head",
            "```", "---", "\t", "a|b", "\u{FEFF}", "long text of more than eight bytes ", "\n\n", "\n# ", "<!--", "=",
            "\u{A0}",
        ]
        let folder = try CorpusFolder()
        for seed in UInt64(0)..<150 {
            var random = SeededRandom(seed: seed)
            var source = random.index(below: 3) == 0 ? "---\ntitle: T\r\n---\n" : ""
            if random.index(below: 4) == 0 { source = "\u{FEFF}" + source }
            for _ in 0..<random.index(below: 120) { source += pieces[random.index(below: pieces.count)] }
            source += "x"
            let file = Array(source.utf8)
            let document = try corpusReader(reader).document(folder.write("file", file))
            expectLaws(document, "seed \(seed)")
            let text = Array(document.text.utf8)
            var line = 1
            var counted = 0
            for offset in text.indices {
                let run = try #require(document.sourceMap.run(at: offset), "seed \(seed)")
                let byte = try #require(run.byte) + offset - run.text
                let isSame = text[offset] == file[byte] || (text[offset] == 0x0A && file[byte] == 0x0D)
                for index in counted..<max(counted, byte) {
                    if file[index] == 0x0A || (file[index] == 0x0D && file[index + 1] != 0x0A) { line += 1 }
                }
                counted = max(counted, byte)
                if !isSame || run.line != line {
                    Issue.record(
                        "seed \(seed): byte \(offset) leads to byte \(byte), line \(run.line), not line \(line)"
                    )
                    return
                }
            }
            for heading in document.headings {
                #expect(heading.offset == 0 || text[heading.offset - 1] == 0x0A, "seed \(seed)")
                // The title is the line without its markup: the same characters in the same order.
                var rest = Array(document.text.slice(bytes: heading.offset..<text.count).unicodeScalars)[...]
                for scalar in heading.title.unicodeScalars where scalar != " " {
                    rest = rest.drop { $0 != scalar }
                    #expect(!rest.isEmpty, "seed \(seed): \(heading)")
                    rest = rest.dropFirst()
                }
            }
        }
    }

    @Test func findsMarkdownHeadings() throws {
        let document = try read(
            "markdown",
            """
            ---
            title: "Front"
            lang: en
            tags: [a]
            ---
            # The `code` and **bold** [link](x) #

            Text
            with two lines
            ---
            ```sh
            # not a heading
            ```
            ## Snake_case *and* \\* star {#anchor}
            - item
            ---
            ~~~~
            ~~~
            # no
            ~~~~
                # code
            <!--
            # hidden
            -->
            #hashtag
            ####### seven
            a | b
            --- | ---
            ###### Six ## x ##
            Setext _title_
            ===
            #
            """
        )
        let expected: [(Int, String)] = [
            (1, "The code and bold link"), (2, "Text with two lines"), (2, "Snake_case and * star"), (6, "Six ## x"),
            (1, "Setext title"),
        ]
        #expect(document.headings.map(\.level) == expected.map(\.0))
        #expect(document.headings.map(\.title) == expected.map(\.1))
        #expect(document.title == "The code and bold link")
        #expect(document.metadata == ["title": "Front", "lang": "en", "tags": "[a]"])
        #expect(document.text.hasPrefix("# The `code`"))
        #expect(document.sourceMap.run(at: 0) == SourceMap.Run(text: 0, line: 6, byte: 42))
        #expect(document.headingPath(at: document.text.utf8.count) == ["Setext title"])
        #expect(try read("markdown", "---\ntitle: Only front\n---\ntext").title == "Only front")
        #expect(try read("markdown", "---\nno end\n").text == "---\nno end\n")
    }

    @Test func readsOtherEncodings() throws {
        let folder = try CorpusFolder()
        let text = "Zeile é 👍\r\nzwei"
        for isBig in [false, true] {
            var bytes: [UInt8] = isBig ? [0xFE, 0xFF] : [0xFF, 0xFE]
            for unit in text.utf16 {
                let pair = [UInt8(unit >> 8), UInt8(unit & 0xFF)]
                bytes += isBig ? pair : pair.reversed()
            }
            let document = try corpusReader("text").document(folder.write("wide.txt", bytes))
            #expect(document.text == "Zeile é 👍\nzwei")
            #expect(
                document.sourceMap.runs.map(\.line) == [1, 2] && document.sourceMap.runs.allSatisfy { $0.byte == nil }
            )
            #expect(
                errorCode { _ = try corpusReader("text").documents(folder.write("w", bytes.dropLast())) }
                    == "corpus.encoding"
            )
        }
        let latin = Array("caf".utf8) + [0xE9, 0x20, 0x93, 0x81]
        let reader = try corpusReader("text", ["encoding": .string("windows-1252")])
        let document = try reader.document(folder.write("latin.txt", latin))
        #expect(document.text == "café “")
        #expect(document.stripped.controls == 1)
        #expect(try reader.document(folder.write("utf8.txt", "café")).text == "café")
        do {
            _ = try corpusReader("text").documents(folder.write("latin.txt", latin))
            Issue.record("read as UTF-8")
        } catch let error as AssayError {
            #expect(error.code == "corpus.encoding" && error.message.contains("byte 3"))
        }
    }

    @Test(
        arguments: [
            [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0x80],
            [0xF8, 0x88, 0x80, 0x80, 0x80],
            [0xE0, 0x80, 0x80], [0xF0, 0x80, 0x80, 0x80], [0xFF], [0xC3, 0x28],
        ] as [[UInt8]]
    )
    func refusesInvalidUTF8(bytes: [UInt8]) throws {
        let folder = try CorpusFolder()
        let file = try folder.write("bad.txt", Array("0123456789".utf8) + bytes)
        #expect(throws: encodingError(10, path: file.path)) { _ = try corpusReader("text").documents(file) }
    }

    @Test func readsRows() throws {
        let folder = try CorpusFolder()
        let file = try folder.write(
            "rows.jsonl",
            """
            {"_id": "a", "title": "T\\u200b", "text": "One\\r\\ntwo", "year": 1999, "ok": true, "metadata": {"url": "u"}, "list": [1]}

            {"id": 7, "text": "seven \\ud83d\\udc4d"}
            {"id": "b"}
            {"id": "c", "text": "x", "text": "y"}
            {"text": "no id"}
            {"id": "d", "text": 5}
            {"id": "e", "text": " \\n"}
            [1]
            {"id": "f", "text": "last"
            {"id": "g", "text": "good"}
            """
        )
        var documents: [Document] = []
        var leftOut: [LeftOut] = []
        let reader = try #require(try corpusReader("jsonl") as? any PartialCorpusReader)
        try reader.read(file, emit: { documents.append($0) }, leftOut: { leftOut.append($0) })
        for document in documents { expectLaws(document) }
        #expect(documents.map(\.id) == ["a", "7", "g"])
        #expect(documents[0].text == "One\ntwo" && documents[0].title == "T" && documents[0].stripped.zeroWidth == 1)
        #expect(documents[0].metadata == ["year": "1999", "ok": "true", "url": "u"])
        #expect(documents[1].text == "seven 👍")
        #expect(documents.map { $0.sourceMap.run(at: 0)?.line } == [1, 3, 11])
        #expect(leftOut.map(\.code) == ["row", "json.syntax", "row", "row", "empty", "row", "json.syntax"])
        #expect(leftOut[0].reason == "rows.jsonl: line 4: the row has no field 'text'; it has: id")
        #expect(leftOut[1].reason.contains("line 5: this is not JSON: a key stands twice (column 26)"))
        let named = try corpusReader(
            "jsonl",
            ["id_field": .string("k"), "text_field": .string("body"), "title_field": .string("h")]
        )
        let other = try named.document(
            folder.write("o.jsonl", "{\"k\":\"1\",\"body\":\"B\",\"h\":\"H\",\"id\":\"x\"}\r\n")
        )
        #expect(other.id == "1" && other.text == "B" && other.title == "H" && other.metadata == ["id": "x"])
        #expect(
            errorCode { _ = try corpusReader("jsonl").documents(folder.write("e.jsonl", "\n \n")) } == "corpus.empty"
        )
        #expect(errorCode { _ = try corpusReader("jsonl").documents(file) } == "corpus.row")
    }

    @Test(arguments: [
        "", "{", "[1,]", "{\"a\":1,}", "01", "1.", "-", "\"a", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "tru", "1 2",
        "{\"a\" 1}", "'a'",
        "\"\u{1}\"", "1e999", "{a:1}", "nan", String(repeating: "[", count: 100_000),
    ])
    func refusesWhatIsNotJSON(line: String) {
        #expect(errorCode { _ = try JSONLine.parse(Array(line.utf8)[...], at: Place(file: "f")) } == "json.syntax")
    }

    @Test(arguments: [
        "{\"a\":[1,-2.5,true,false,null,{\"b\":\"c\\n\\\"\\\\\\/\"}],\"é\":\"👍\"}", "[]", "{}", " 12 ", "\"\"", "-0",
        "1e3", "123456789012345678901",
    ])
    func agreesWithTheSystemsJSON(line: String) throws {
        let value = try JSONLine.parse(Array(line.utf8)[...], at: Place(file: "f"))
        #expect(value.text == (try JSONValue(parsing: line)).text)
    }

    @Test func readsLinesAcrossPieces() throws {
        let folder = try CorpusFolder()
        let long = String(repeating: "x", count: 300_000)
        let file = try folder.write("lines", "\u{FEFF}one\r\n\n\(long)\nlast")
        var lines = try LineReader(opening: file.path)
        var found: [Int] = []
        while let line = try lines.next() { found.append(line.count) }
        #expect(found == [3, 0, 300_000, 4])
        #expect(lines.line == 4)
        var short = try LineReader(opening: file.path, limit: 1000)
        var code = ""
        do { while try short.next() != nil {} } catch let error as AssayError { code = error.description }
        #expect(code.contains(":3: the line is over the limit of 1000 bytes"))
    }

    @Test(.timeLimit(.minutes(1)))
    func reads50MB() throws {
        let folder = try CorpusFolder()
        let sentence = "The quick brown fox jumps over the lazy dog, as it has done 1,000 times before; é."
        func repeated(_ end: String) -> [UInt8] {
            var block = Array((sentence + end).utf8)
            while block.count < 2_500_000 { block += block }
            var bytes: [UInt8] = []
            while bytes.count < 50_000_000 { bytes += block }
            return bytes
        }
        let text = repeated("\n")
        #expect(text.count > 50_000_000)
        let scanner = try folder.scanner(maximumFileBytes: 100 << 20)
        let clock = ContinuousClock()
        var count = 0
        let file = try folder.write("big.txt", text)
        let textTime = try clock.measure {
            try scanner.read(
                file,
                emit: { document in
                    count = document.text.utf8.count
                    #expect(document.sourceMap.runs.count == text.count / (sentence.utf8.count + 1))
                },
                leftOut: { Issue.record("\($0)") }
            )
        }
        #expect(count == text.count)
        let body = repeated(" ")
        let start = Array("{\"id\":\"a\",\"text\":\"".utf8)
        let rows = try folder.write("big.jsonl", start + body + Array("\"}\n{\"id\":\"b\",\"text\":\"x\"}".utf8))
        count = 0
        let rowTime = try clock.measure {
            try scanner.read(rows, emit: { count += $0.text.utf8.count }, leftOut: { Issue.record("\($0)") })
        }
        #expect(count == body.count + 1)
        print("50 MB: text", textTime, "row", rowTime)
    }
}
