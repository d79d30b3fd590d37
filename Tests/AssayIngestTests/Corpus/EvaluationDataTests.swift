import AssayModel
import FoundationEssentials
import Testing

@testable import AssayIngest

private let sharedData = ProcessInfo.processInfo.environment["ASSAY_SHARED_DATA"]

struct BEIRFolderTests {
    private func folder(
        corpus: String =
            "{\"_id\":\"d1\",\"title\":\"T\",\"text\":\"One\"}\n{\"_id\":\"d2\",\"title\":\"\",\"text\":\"Two\",\"metadata\":{}}\n",
        queries: String =
            "{\"_id\":\"q2\",\"text\":\"second?\"}\n{\"_id\":\"q1\",\"text\":\"first?\"}\n{\"_id\":\"q3\",\"text\":\"unused\"}\n",
        qrels: String = "query-id\tcorpus-id\tscore\nq1\td1\t2\r\nq1\td2\t0\nq2\td2\t1\n"
    ) throws -> CorpusFolder {
        let folder = try CorpusFolder()
        try folder.write("corpus.jsonl", corpus)
        try folder.write("queries.jsonl", queries)
        try folder.write("qrels/test.tsv", qrels)
        try folder.write("qrels/dev.tsv", "q1\td1\t1\n")
        return folder
    }

    @Test func readsDocumentsAndQuestions() throws {
        let files = try folder()
        let data = try BEIRFolder(opening: files.path)
        var documents: [Document] = []
        try data.documents { documents.append($0) }
        #expect(documents.map(\.id) == ["d1", "d2"])
        #expect(documents.map(\.text) == ["T\nOne", "Two"])
        #expect(documents.map(\.title) == ["T", ""])
        for document in documents { expectLaws(document) }
        #expect(data.splits == ["dev", "test"])
        let questions = try data.questions(split: "test")
        #expect(questions.map(\.id) == ["q2", "q1"])
        #expect(questions[1] == Question(id: "q1", question: "first?", qrels: ["d1": 2, "d2": 0], split: "test"))
        #expect(try data.questions(split: "dev").map(\.id) == ["q1"])
    }

    @Test func namesTheLine() throws {
        func failure(corpus: String) throws -> String {
            let files = try folder(corpus: corpus)
            do {
                try BEIRFolder(opening: files.path).documents { _ in }
                return ""
            } catch { return String("\(error)".dropFirst(files.path.count + 1)) }
        }
        let good = "{\"_id\":\"a\",\"text\":\"x\"}\n"
        #expect(try failure(corpus: good + "\n{}") == "corpus.jsonl:3: '_id' must be a text that is not empty")
        #expect(try failure(corpus: good + "\n{\"_id\":\"b\"}") == "corpus.jsonl:3: 'text' must be a text")
        #expect(try failure(corpus: good + good) == "corpus.jsonl:2: the document id 'a' stands twice")
        #expect(
            try failure(corpus: good + "{\"_id\":\"b\"")
                == "corpus.jsonl:2: this is not JSON: ',' or '}' is missing (column 11)"
        )
        func failure(queries: String? = nil, qrels: String) throws -> String {
            let files = try queries.map { try folder(queries: $0, qrels: qrels) } ?? folder(qrels: qrels)
            do {
                _ = try BEIRFolder(opening: files.path).questions(split: "test")
                return ""
            } catch { return String("\(error)".dropFirst(files.path.count + 1)) }
        }
        #expect(
            try failure(qrels: "q1\td1\t1\nq9\td1\t1\n")
                == "qrels/test.tsv:2: there is no query 'q9' in queries.jsonl (1 such queries)"
        )
        #expect(
            try failure(qrels: "q1\td1\t1\nq1\td1\t2\n")
                == "qrels/test.tsv:2: query 'q1' and document 'd1' have two scores, 1 and 2"
        )
        #expect(try failure(qrels: "q1 d1 1\n").hasPrefix("qrels/test.tsv:1: a line has query-id, corpus-id"))
        #expect(
            try failure(queries: "{\"_id\":\"q1\",\"text\":\" \"}", qrels: "q1\td\t1").hasPrefix(
                "queries.jsonl:1: the query is empty"
            )
        )
        let files = try folder()
        #expect(errorCode { _ = try BEIRFolder(opening: files.path).questions(split: "tset") } == "beir.split")
        try FileManager.default.removeItem(atPath: files.path + "/queries.jsonl")
        #expect(errorCode { _ = try BEIRFolder(opening: files.path) } == "beir.missing")
    }

    @Test(.enabled(if: sharedData != nil))
    func readsSciFact() throws {
        let path = try #require(sharedData) + "/data/scifact/beir"
        guard let data = try? BEIRFolder(opening: path) else { return }
        var count = 0
        try data.documents { _ in count += 1 }
        #expect(count == 5183)
        #expect(try data.questions(split: "test").count == 300)
    }
}

struct EvalsetFileTests {
    private func check(_ text: String) throws -> (questions: [Question], errors: [String]) {
        let folder = try CorpusFolder()
        let file = try folder.write("questions.jsonl", text)
        let found = try EvalsetFile.check(file.path)
        if let first = found.errors.first { #expect(throws: first) { _ = try EvalsetFile(reading: file.path) } }
        return (found.file.questions, found.errors.map { String($0.description.dropFirst(folder.path.count + 1)) })
    }

    @Test func readsQuestions() throws {
        let found = try check(
            """
            {"id": "q1", "question": "Why?", "reference": "Because.", "gold": [{"document": "a.md", "quote": "x y", "occurrence": 2}], "tags": ["hard"], "split": "test"}

            {"id": "q2", "question": "What?"}
            {"id": "q3", "question": "How?", "reference_contexts": ["a b"], "rubric": {"1": "bad", "2": "good"}}
            """
        )
        #expect(found.errors == [])
        #expect(
            found.questions == [
                Question(
                    id: "q1",
                    question: "Why?",
                    reference: "Because.",
                    gold: [GoldQuote(document: "a.md", quote: "x y", occurrence: 2)],
                    tags: ["hard"],
                    split: "test"
                ), Question(id: "q2", question: "What?"),
                Question(id: "q3", question: "How?", referenceContexts: ["a b"], rubric: ["1": "bad", "2": "good"]),
            ]
        )
    }

    @Test(arguments: [
        (
            "{\"id\":\"a\",\"question\":\"b\",\"golds\":[]}",
            "a question has an unknown key 'golds' (did you mean 'gold'?); known: id, question, reference, gold, tags, split, "
                + "review, reasons, made, reference_contexts, rubric, attack, history"
        ),
        ("{\"question\":\"b\"}", "a question has no 'id', which must be there"),
        ("{\"id\":1,\"question\":\"b\"}", "'id' of a question must be a text"),
        ("{\"id\":\"a\",\"question\":\" \"}", "'question' of a question is empty"),
        ("{\"id\":\"a\",\"question\":\"b\",\"tags\":\"x\"}", "'tags' of a question must be a list"),
        ("{\"id\":\"a\",\"question\":\"b\",\"tags\":[1]}", "'tags' of a question must be a list of texts"),
        ("{\"id\":\"a\",\"question\":\"b\",\"split\":\"train\"}", "'split' of a question must be 'dev' or 'test'"),
        ("{\"id\":\"a\",\"question\":\"b\",\"reference\":null}", "'reference' of a question must be a text"),
        ("{\"id\":\"a\",\"question\":\"b\",\"gold\":[\"x\"]}", "a gold label must be a JSON object"),
        (
            "{\"id\":\"a\",\"question\":\"b\",\"gold\":[{\"document\":\"d\"}]}",
            "a gold label has no 'quote', which must be there"
        ),
        (
            "{\"id\":\"a\",\"question\":\"b\",\"gold\":[{\"document\":\"d\",\"quote\":\"q\",\"occurrence\":0}]}",
            "'occurrence' of a gold label must be a whole number from 1"
        ),
        (
            "{\"id\":\"a\",\"question\":\"b\",\"reference_contexts\":[\"\"]}",
            "'reference_contexts' of a question must be a list of texts that are not empty"
        ),
        (
            "{\"id\":\"a\",\"question\":\"b\",\"rubric\":{\"1\":\"x\"}}",
            "'rubric' of a question must be a mapping of at least two scores to what they mean"
        ),
        ("{\"id\":\"first\",\"question\":\"b\"}", "the id 'first' stands in line 1 already"),
        ("[]", "a question must be a JSON object"),
        ("nonsense", "this is not JSON: 'null' is expected (column 2)"),
    ])
    func refuses(row: String, message: String) throws {
        let found = try check("{\"id\":\"first\",\"question\":\"b\"}\n\(row)\n{\"id\":\"last\",\"question\":\"b\"}")
        #expect(found.errors == ["questions.jsonl:2: " + message])
        #expect(found.questions.map(\.id) == ["first", "last"])
    }

    @Test func refusesAnEmptyFile() throws {
        let folder = try CorpusFolder()
        let file = try folder.write("q.jsonl", "\n")
        #expect(errorCode { _ = try EvalsetFile(reading: file.path) } == "evalset.empty")
    }
}

struct GoldAnchorTests {
    private let document = Document(
        id: "d.md",
        text: "# A\n\nOne two\n  three. One\u{A0}two three.\tÉtude é 漢字\n\none two three"
    )

    @Test(arguments: [
        ("One two three.", 1, "One two\n  three."), ("One two three.", 2, "One\u{A0}two three."),
        ("  three.\n", 2, "three."),
        ("three. One", 1, "three. One"), ("one\r\ntwo three", 1, "one two three"), ("Étude\n\né\t漢字", 1, "Étude é 漢字"),
        ("# A", 1, "# A"), ("漢字 one", 1, "漢字\n\none"), ("t\u{200B}wo three", 3, "two three"), ("e", 1, "e"),
    ])
    func findsQuotes(quote: String, occurrence: Int, expected: String) throws {
        let span = try GoldAnchor.anchor(
            GoldQuote(document: "d.md", quote: quote, occurrence: occurrence),
            in: document
        ).get()
        #expect(document.text.slice(bytes: span.start..<span.end) == expected)
        #expect(span.document == "d.md")
    }

    @Test(arguments: [
        ("four", 1, "the quote \"four\" is not in the document ('d.md'); copy the quote from the extracted text"),
        ("One two three.", 3, "the quote \"One two three.\" is there 2 times, not 3 ('d.md'); correct the occurrence"),
        (" \n", 1, "the quote \"\" is empty ('d.md'); copy the quote from the extracted text"),
        (
            String(repeating: "long ", count: 50), 1,
            "the quote \"\(String(repeating: "long ", count: 12))…\" is not in the document ('d.md'); copy the quote from the extracted text"
        ),
    ])
    func saysWhyNot(quote: String, occurrence: Int, message: String) {
        let found = GoldAnchor(document).anchor(GoldQuote(document: "d.md", quote: quote, occurrence: occurrence))
        #expect(throws: AssayError.self) { _ = try found.get() }
        if case .failure(let error) = found { #expect(error.description == message && error.code == "evalset.quote") }
    }

    /// A quote cut anywhere, with its white space changed, is found where it was cut.
    @Test func findsWhatWasCut() throws {
        for seed in UInt64(0)..<40 {
            var random = SeededRandom(seed: seed)
            let words = ["alpha", "é", "beta.", "漢字", "c", "a\u{301}", "alphabet"]
            let spaces = [" ", "\n", "  ", "\n\n", "\t", "\u{A0}", "\u{3000} ", "\u{2003}"]
            var text = ""
            for _ in 0..<80 {
                text += words[random.index(below: words.count)] + spaces[random.index(below: spaces.count)]
            }
            let anchor = GoldAnchor(Document(id: "d", text: text))
            let scalars = Array(text.unicodeScalars)
            for _ in 0..<20 {
                let low = random.index(below: scalars.count - 1)
                let high = low + 1 + random.index(below: min(60, scalars.count - low - 1) + 1)
                let cut = scalars[low..<min(high, scalars.count)].drop { $0.properties.isWhitespace }
                guard let last = cut.lastIndex(where: { !$0.properties.isWhitespace }) else { continue }
                let quoted = cut[...last]
                let start = String(String.UnicodeScalarView(scalars[..<cut.startIndex])).utf8.count
                let exact = String(String.UnicodeScalarView(quoted))
                var changed = ""
                for scalar in quoted { changed += scalar.properties.isWhitespace ? "\n " : String(Character(scalar)) }
                var found = false
                for occurrence in 1...200 {
                    guard
                        case .success(let span) = anchor.anchor(
                            GoldQuote(document: "d", quote: changed, occurrence: occurrence)
                        )
                    else { break }
                    let text = text.slice(bytes: span.start..<span.end)
                    #expect(collapsed(text) == collapsed(exact), "seed \(seed)")
                    if span.start <= start && start < span.end { found = true }
                }
                #expect(found, "seed \(seed): \(exact)")
            }
        }
    }

    private func collapsed(_ text: String) -> [String] {
        text.unicodeScalars.split { $0.properties.isWhitespace }.map { String(String.UnicodeScalarView($0)) }
    }

    @Test func countsInLongDocuments() throws {
        let text = String(repeating: "The quick brown fox\njumps over the lazy dog.\n", count: 5000)
        let anchor = GoldAnchor(Document(id: "d", text: text + "needle in the hay"))
        let needle = try anchor.anchor(GoldQuote(document: "d", quote: "needle in\nthe hay")).get()
        #expect(needle.start == text.utf8.count)
        let last = try anchor.anchor(GoldQuote(document: "d", quote: "brown fox jumps", occurrence: 5000)).get()
        #expect(text.slice(bytes: last.start..<text.utf8.count) == "brown fox\njumps over the lazy dog.\n")
    }
}
