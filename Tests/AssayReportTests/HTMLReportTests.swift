import AssayModel
import FoundationEssentials
import Testing

@testable import AssayReport

struct HTMLReportTests {
    /// Apart from `#expect`, which would print the whole page.
    private func holds(_ page: String, _ text: String) -> Bool { page.utf8.firstRange(of: text.utf8) != nil }

    private func data(of page: String, id: String = "data") throws -> JSONValue {
        let start = try #require(page.firstRange(of: "id=\"\(id)\">")).upperBound
        let end = try #require(page[start...].firstRange(of: "</script>")).lowerBound
        return try JSONValue(parsing: String(page[start..<end]))
    }

    @Test func writesThePage() throws {
        let page = try HTMLReport().render(SampleRecords.small, options: ReportOptions())
        // Style and script are files of their own; the golden file holds the rest.
        let style = String(decoding: PackageResources.report_css, as: UTF8.self)
        let script = String(decoding: PackageResources.report_js, as: UTF8.self)
        var text = page.replacing(style, with: "(style)").replacing(script, with: "(script)")
        for policy in ["style-src 'sha256-", "script-src 'sha256-"] {
            let start = try #require(text.firstRange(of: policy)).upperBound
            let end = try #require(text[start...].firstRange(of: "'")).lowerBound
            text.replaceSubrange(start..<end, with: "…")
        }
        assertSnapshot(text.replacing(",{\"id\"", with: ",\n{\"id\""), named: "report.html")
    }

    @Test func isWellFormedWhateverTheTextsHold() throws {
        let page = try HTMLReport().render(SampleRecords.small, options: ReportOptions())
        #expect(try HTMLCheck.elements(of: page)["script"] == 3)
        #expect(try HTMLCheck.elements(of: page)["img"] == nil)
        #expect(holds(page, "<script>alert") == false)
        #expect(holds(page, "onerror=alert(1)>") == false)
        for hidden in ["\u{2028}", "\u{202E}", "\u{1B}"] { #expect(holds(page, hidden) == false) }
    }

    @Test func imagesAndMarkupInAnswersAreInert() throws {
        var record = SampleRecords.small
        let attack =
            "![x](https://exfil.example/a?q=1) <img src=https://exfil.example/b onerror=alert(1)> "
            + "<svg onload=alert(1)></svg></script><iframe src=//exfil.example> <a href=javascript:alert(1)>x</a>"
        for index in record.results.questions.indices {
            record.results.questions[index].sample.answer?.text = attack
            record.results.questions[index].sample.question.question = attack
        }
        let page = try HTMLReport().render(record, options: ReportOptions())
        let elements = try HTMLCheck.elements(of: page)
        #expect(elements["img"] == nil && elements["iframe"] == nil && elements["script"] == 3)
        #expect(!holds(page, "<img") && !holds(page, "<iframe") && !holds(page, "onload=alert(1)></svg>"))
        #expect(holds(page, "default-src 'none'") && holds(page, "img-src data:"))
        // The script makes text of texts only.
        let script = String(decoding: PackageResources.report_js, as: UTF8.self)
        for sink in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"] {
            #expect(!script.contains(sink), "\(sink)")
        }
    }

    @Test func asksTheNetworkForNothing() throws {
        let page = try HTMLReport().render(SampleRecords.large(questions: 5), options: ReportOptions())
        for address in ["http:", "https:", "src=", "@import", "url(", "fetch(", "XMLHttpRequest", "innerHTML", "eval("]
        {
            #expect(holds(page, address) == false, "\(address)")
        }
        #expect(holds(page, "default-src 'none'") == true)
    }

    @Test func allowsOnlyItsOwnScriptAndStyle() throws {
        let page = try HTMLReport().render(SampleRecords.small, options: ReportOptions())
        for (element, policy) in [("<script>", "script-src"), ("<style>", "style-src")] {
            let start = try #require(page.firstRange(of: element)).upperBound
            let end = try #require(page[start...].firstRange(of: "</")).lowerBound
            var digest = SHA256()
            digest.update(page[start..<end].utf8)
            let hash = Data(digest.finalize()).base64EncodedString()
            #expect(holds(page, "\(policy) 'sha256-\(hash)'") == true)
        }
    }

    @Test func embedsTextsExactly() throws {
        let page = try HTMLReport().render(SampleRecords.small, options: ReportOptions())
        let rows = try data(of: page, id: "rows")["rows"]
        #expect(try data(of: page)["rows"]?.intValue == 5)
        #expect(rows?["1"]?["result"]?["sample"]?["question"]?["question"]?.stringValue == SampleRecords.hostile)
        #expect(rows?["2"]?["result"]?["failure"]?.stringValue?.contains("\u{1B}[2J") == true)
    }

    /// A column leads from numbers to its distinct values, of which each is exact to four decimals.
    @Test func writesScoresInColumns() throws {
        let page = try HTMLReport().render(SampleRecords.small, options: ReportOptions())
        let scores = try #require(try data(of: page)["columns"]?["scores"]?.arrayValue)
        func score(_ metric: Int, _ row: Int) throws -> JSONValue? {
            let codes = try #require(Data(base64Encoded: scores[metric]["data"]?.stringValue ?? ""))
            #expect(scores[metric]["width"]?.intValue == 1)
            return scores[metric]["values"]?.arrayValue?[Int(codes[row])]
        }
        #expect(try score(2, 0)?.doubleValue == 0.6154)
        #expect(try score(3, 1) == ["?", "the judge's reply was cut"])
        #expect(try score(0, 3) == ["-", "the question is unanswerable"])
        #expect(try score(2, 3) == .null)
    }

    @Test func staysSmallForTwoThousandQuestions() throws {
        let record = SampleRecords.large(questions: 2_000, depth: 30)
        let page = try HTMLReport().render(record, options: ReportOptions())
        #expect(page.utf8.count < 20_000_000, "\(page.utf8.count) bytes")
    }

    /// The list takes at most 200 bytes a question when there are many, and only the worst are in the page whole.
    @Test func boundsTheListOfManyQuestions() throws {
        let input = ReportInput(SampleRecords.large(questions: 5_000, depth: 3))
        let list = QuestionList(input).json.bytes.count
        #expect(list <= 5_000 * QuestionList.rowBytes, "\(list / 5_000) bytes a question")
        #expect(input.rows.count == ReportInput.fullRows)
        let failed = input.cards.indices.filter { input.cards[$0].outcome == .failed }
        #expect(failed.allSatisfy { input.rows[$0] != nil })
    }

    @Test func dropsTheDeepestPassagesFirstWhenThePageGetsTooLarge() throws {
        let input = ReportInput(SampleRecords.large(questions: 30, depth: 20))
        let limits = QuestionDetails.Limits(ranks: 10, textBytes: 200, passageBytes: 30 * 210, rowBytes: 1_000_000)
        let details = try QuestionDetails(input.rows, limits: limits)
        #expect(details.droppedPassages > 0)
        let json = try JSONValue(parsing: details.text)
        for number in 0..<30 {
            let sample = json["rows"]?["\(number)"]?["result"]?["sample"]
            let best = try #require(sample?["retrieved"]?.arrayValue?.first?["id"]?.stringValue)
            #expect(json["texts"]?[best]?.stringValue?.hasSuffix("…") == true)
        }
        #expect(holds(HTMLReport().page(input, details: details), "left out to keep this page small"))
    }

    @Test func comparesWithABaselineAndRefusesAnotherEvalset() throws {
        let old = SampleRecords.large(questions: 60, depth: 5)
        var new = old
        for number in new.results.questions.indices where number.isMultiple(of: 2) {
            new.results.questions[number].scores["token_f1"] = MetricResult(.scored(1))
        }
        var input = ReportInput(new)
        let comparison = try ReportComparison(baseline: ReportInput(old), of: input)
        let line = try #require(comparison.lines.first { $0.metric == "token_f1" })
        #expect(line.wins > 0)
        #expect(line.losses == 0)
        #expect(line.verdict == "better")
        #expect(comparison.lines.first { $0.metric == "mrr" }?.difference == 0)
        input.comparison = comparison
        let page = try HTMLReport().render(input, options: ReportOptions())
        #expect(holds(page, "id=\"comparison\""))
        #expect(try data(of: page)["columns"]?["before"]?.arrayValue?.count == input.metrics.count)
        new.results.evalset?.fingerprint = "other"
        let error = #expect(throws: AssayError.self) {
            try ReportComparison(baseline: ReportInput(old), of: ReportInput(new))
        }
        #expect(error?.code == "report.baseline")
    }

    @Test func drawsTheHistory() throws {
        var input = ReportInput(SampleRecords.small)
        let metrics = input.record.results.metrics
        input.history = (1...4).map {
            HistoryPoint(run: "r\($0)", started: "2026-11-0\($0)", specHash: $0 < 3 ? "old" : "new", metrics: metrics)
        }
        let page = try HTMLReport().render(input, options: ReportOptions())
        #expect(holds(page, "4 runs since 2026-11-01"))
        #expect(holds(page, "class=\"trend\""))
        _ = try HTMLCheck.elements(of: page)
    }

    @Test(arguments: [
        ("a\u{2028}b</script>", #""a\u2028b\u003c/script\u003e""#), ("\"\\\n\t&", #""\"\\\n\u0009\u0026""#),
        ("\u{0}\u{85}", "\"␀\u{FFFD}\""),
    ])
    func escapesForScripts(text: String, json: String) {
        var writer = ScriptJSON()
        writer.string(text)
        #expect(writer.text == json)
    }

    @Test(arguments: [
        (0.5, "0.5"), (1, "1"), (-0.25, "-0.25"), (0.615_384_6, "0.6154"), (1.0001, "1.0001"), (-0.00001, "0"),
        (.nan, "null"), (1e12, "1000000000000.0"),
    ])
    func writesNumbers(value: Double, json: String) {
        var writer = ScriptJSON()
        writer.double(value)
        #expect(writer.text == json)
    }

    @Test func escapesMarkup() {
        let text = "<a href='x'>\"&\u{1B}"
        let markup: Markup = "<b>\(text)</b>\([markup("x"), markup("<")])"
        #expect(markup.html == "<b>&lt;a href=&#39;x&#39;&gt;&quot;&amp;␛</b><i>x</i><i>&lt;</i>")
    }

    private func markup(_ text: String) -> Markup { "<i>\(text)</i>" }
}

/// Reads a page strictly: every element closed in order, every attribute quoted.
enum HTMLCheck {
    struct Fault: Error {
        var message: String
    }

    private static let void: Set<String> = ["meta", "br", "wbr"]

    /// Counts of elements by name.
    static func elements(of page: String) throws -> [String: Int] {
        var counts: [String: Int] = [:]
        var open: [String] = []
        var rest = Substring(page)
        while let start = rest.firstIndex(of: "<") {
            rest = rest[rest.index(after: start)...]
            if rest.hasPrefix("!doctype") { continue }
            let (tag, after) = try tag(rest)
            rest = after
            if tag.hasPrefix("/") {
                guard open.popLast() == String(tag.dropFirst()) else { throw Fault(message: "<\(tag)> closes nothing") }
            } else {
                counts[tag.hasSuffix("/") ? String(tag.dropLast()) : tag, default: 0] += 1
                if tag.hasSuffix("/") || void.contains(tag) { continue }
                open.append(tag)
                if tag == "script" || tag == "style" {
                    guard let end = rest.firstRange(of: "</\(tag)>") else { throw Fault(message: "<\(tag)> is open") }
                    rest = rest[end.lowerBound...]
                }
            }
        }
        guard open.isEmpty else { throw Fault(message: "open at the end: \(open)") }
        return counts
    }

    /// The tag's name, with the slash of a closing or self-closing tag, and what follows the tag.
    private static func tag(_ text: Substring) throws -> (String, Substring) {
        var quoted = false
        var index = text.startIndex
        while index < text.endIndex {
            let character = text[index]
            if character == "\"" { quoted.toggle() }
            if !quoted, character == "<" || character == "'" { throw Fault(message: "\(character) within a tag") }
            if !quoted, character == ">" { break }
            index = text.index(after: index)
        }
        guard index < text.endIndex else { throw Fault(message: "a tag without end") }
        let body = text[..<index]
        let name = body.prefix { !$0.isWhitespace }
        guard name.drop(while: { $0 == "/" }).first?.isLetter == true else {
            throw Fault(message: "<\(name)> has no name")
        }
        let closed = body.hasSuffix("/") && !name.hasSuffix("/") ? "/" : ""
        return (String(name) + closed, text[text.index(after: index)...])
    }
}
