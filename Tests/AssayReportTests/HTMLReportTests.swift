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

    /// The page shows the comparison that was computed for it, and nothing of its own.
    @Test func showsAComparisonWithItsVerdicts() throws {
        let old = SampleRecords.large(questions: 60, depth: 5)
        var new = old
        for number in new.results.questions.indices where number.isMultiple(of: 2) {
            new.results.questions[number].scores["token_f1"] = MetricResult(.scored(1))
        }
        var input = ReportInput(new)
        let changes = new.results.questions.prefix(20).enumerated().map { number, row in
            MetricComparison.Change(
                question: row.sample.question.id,
                before: 0.25,
                after: number < 4 ? 1 : 0.25,
                cluster: number
            )
        }
        let metric = MetricComparison(
            definition: old.results.metrics.first { $0.definition.name == "token_f1" }?.definition
                ?? SampleRecords.metrics[2],
            n: 20,
            clusters: 20,
            baselineMean: 0.25,
            candidateMean: 0.4,
            difference: 0.15,
            low: 0.02,
            high: 0.28,
            pValue: 0.004,
            flips: 9_999,
            holm: 0.012,
            wins: 4,
            ties: 16,
            losses: 0,
            detectableEffect: 0.11,
            baselineCoverage: 1,
            candidateCoverage: 1,
            verdict: .better,
            changes: changes
        )
        let compared = PairedComparison(
            baseline: .init(name: "old", pipeline: "p", specHash: "a"),
            candidate: .init(name: "new", pipeline: "p", specHash: "b"),
            evalset: try #require(new.results.evalset),
            level: 0.05,
            metrics: [metric],
            warnings: ["a warning <b>"]
        )
        input.comparison = ReportComparison(
            baseline: old.results,
            named: "old",
            of: input,
            .success(compared),
            notes: ["Not compared: mrr was computed by two definitions."]
        )
        let page = try HTMLReport().render(input, options: ReportOptions())
        for text in [
            "id=\"comparison\"", "<span class=\"tag good\">better</span>", "0.0120", "0.0040", "4/16/0", "0.110",
            "+0.020 to +0.280",
            "a warning &lt;b&gt;", "Not compared: mrr was computed by two definitions.", "9,999 random patterns",
            "Changed most",
            "href=\"#q=\(changes[0].question)\"", "0.250 → 1.000",
        ] {
            #expect(holds(page, text), "\(text)")
        }
        _ = try HTMLCheck.elements(of: page)
        let before = try #require(try data(of: page)["columns"]?["before"]?.arrayValue)
        #expect(before.count == input.metrics.count)
        #expect(input.comparison?.compared?.metrics[0].changes.isEmpty == true, "the page keeps only what it shows")
        // Only what was compared has values of the baseline.
        for (name, values) in zip(input.metrics, input.comparison?.before ?? []) {
            #expect(values.contains { $0 != nil } == (name == "token_f1"), "\(name)")
        }
    }

    @Test func saysWhyTwoRunsAreNotCompared() throws {
        var input = ReportInput(SampleRecords.small)
        let error = AssayError(
            "compare.evalset",
            "the evalsets differ: a and <b>",
            remedy: "name a run over the same questions"
        )
        input.comparison = ReportComparison(
            baseline: SampleRecords.small.results,
            named: "old",
            of: input,
            .failure(error)
        )
        let page = try HTMLReport().render(input, options: ReportOptions())
        #expect(holds(page, "not compared"))
        #expect(holds(page, "the evalsets differ: a and &lt;b&gt;; name a run over the same questions"))
        #expect(try data(of: page)["columns"]?["before"] == nil)
        _ = try HTMLCheck.elements(of: page)
    }

    @Test func drawsTheHistoryWithItsChanges() throws {
        var input = ReportInput(SampleRecords.small)
        let name = input.record.results.metrics[0].definition.name
        let runs = (1...8).map { night in
            MetricHistory.Run(
                identity: RunIdentity(
                    run: "r\(night)",
                    pipeline: "p",
                    specHash: night < 3 ? "old" : "new",
                    started: "2026-11-0\(night)T03:00:00Z",
                    corpus: "c",
                    corpusFingerprint: "f"
                )
            )
        }
        let points = (0..<8).map {
            MetricHistory.Point(run: $0, mean: $0 < 4 ? 0.8 : 0.5, low: 0.4, high: 0.9, epoch: 0)
        }
        let change = MetricHistory.Change(point: 4, before: 0.8, after: 0.5, causes: ["commit: aaa → <bbb>"])
        let history = MetricHistory(
            pipeline: "p",
            runs: runs,
            series: [.init(metric: name, higherIsBetter: true, points: points, changes: [change])]
        )
        input.history = history
        let page = try HTMLReport().render(input, options: ReportOptions())
        #expect(holds(page, "8 runs since 2026-11-01"))
        #expect(page.ranges(of: "class=\"level worse\"").count == 1)
        #expect(page.ranges(of: "class=\"point other\"").count == 2, "runs of another specification are hollow")
        #expect(holds(page, "0.800 → 0.500 from 2026-11-05T03:00:00Z on, run r5: commit: aaa → &lt;bbb&gt;"))
        // The very shapes of the picture that `assay history` writes.
        #expect(HistoryPlot.svg(history).ranges(of: "class=\"level worse\"").count == 1)
        _ = try HTMLCheck.elements(of: page)
    }

    @Test func showsWhoJudgedAndHowFarThatCanBeTrusted() throws {
        var record = SampleRecords.small
        let number = try #require(record.results.metrics.firstIndex { $0.definition.name == "faithfulness" })
        record.results.metrics[number].judgeStanding = .unvalidated
        record.results.metrics[number].standingReason = "there is no calibration record of this metric"
        record.results.metrics[number].flipRate = 0.125
        record.results.metrics[number].orderConsistency = 0.75
        // Answered, with a verdict of this judge.
        record.results.questions[0].attribution = .usedWrong
        let member = EngineIdentity(name: "second", model: "other", modelHash: nil, mode: "remote", contextTokens: 0)
        record.results.panel = [member]
        let page = try HTMLReport().render(record, options: ReportOptions())
        for text in [
            "A panel of 2.", "<dt>member 1</dt><dd>judge: a-remote-model", "<dt>member 2</dt><dd>second: other",
            "title=\"there is no calibration record of this metric\"",
            "panel of 2, 12.5 % flips, 75 % same in both orders",
            "same in both orders</th>",
        ] {
            #expect(holds(page, text), "\(text)")
        }
        #expect(holds(page, "by an unvalidated judge"), "a failure in the sample rests on this judge")
        let markdown = try MarkdownReport().render(record, options: ReportOptions())
        #expect(markdown.contains("| by an unvalidated judge |"), "\(markdown)")
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
