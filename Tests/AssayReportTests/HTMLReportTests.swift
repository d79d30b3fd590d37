import AssayModel
import FoundationEssentials
import Testing

@testable import AssayReport

struct HTMLReportTests {
    /// Apart from `#expect`, which would print the whole page.
    private func holds(_ page: String, _ text: String) -> Bool { page.utf8.firstRange(of: text.utf8) != nil }

    private func data(of page: String) throws -> JSONValue {
        let start = try #require(page.firstRange(of: "id=\"data\">")).upperBound
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
        #expect(try HTMLCheck.elements(of: page)["script"] == 2)
        #expect(try HTMLCheck.elements(of: page)["img"] == nil)
        #expect(holds(page, "<script>alert") == false)
        #expect(holds(page, "onerror=alert(1)>") == false)
        for hidden in ["\u{2028}", "\u{202E}", "\u{1B}"] { #expect(holds(page, hidden) == false) }
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
        let questions = try #require(try data(of: page)["questions"]?.arrayValue)
        #expect(questions.count == 5)
        #expect(questions[1]["text"]?.stringValue == PrintableText.visible(SampleRecords.hostile))
        #expect(questions[2]["failure"]?.stringValue?.contains("␛[2J") == true)
        #expect(questions[0]["scores"]?.arrayValue?[2].doubleValue == 0.6154)
        #expect(questions[1]["scores"]?.arrayValue?[3] == ["?", "the judge's reply was cut"])
        #expect(questions[3]["scores"]?.arrayValue?[0] == ["-", "the question is unanswerable"])
        #expect(questions[3]["scores"]?.arrayValue?[2] == .null)
    }

    /// A script counts in UTF-16 units, the record in UTF-8 bytes: umlauts and an emoji stand before the mark.
    @Test func marksEvidenceAndCitationsInUTF16() throws {
        let json = try data(of: try HTMLReport().render(SampleRecords.small, options: ReportOptions()))
        let first = try #require(json["questions"]?.arrayValue?.first)
        let passage = try #require(first["passages"]?.arrayValue?.first?.arrayValue)
        let chunk = try #require(passage[1].intValue)
        let text = Array(try #require(json["chunks"]?.arrayValue?[chunk].arrayValue?[4].stringValue).utf16)
        let start = try #require(passage[3].intValue)
        let end = try #require(passage[4].intValue)
        #expect(String(decoding: text[start..<end], as: UTF16.self) == "The cache grows by 0.5 MiB a token.")
        let answer = Array(try #require(first["answer"]?["text"]?.stringValue).utf16)
        let citations = try #require(first["answer"]?["citations"]?.arrayValue).map {
            $0.arrayValue?.compactMap(\.intValue) ?? []
        }
        #expect(citations.map { String(decoding: answer[$0[1]..<$0[2]], as: UTF16.self) } == ["[1]", "[9]"])
        #expect(citations.map { $0[3] } == [1, 0])
    }

    @Test func staysSmallForTwoThousandQuestions() throws {
        let record = SampleRecords.large(questions: 2_000, depth: 30)
        let page = try HTMLReport().render(record, options: ReportOptions())
        #expect(page.utf8.count < 10_000_000, "\(page.utf8.count) bytes")
    }

    @Test func dropsTheDeepestPassagesFirstWhenThePageGetsTooLarge() throws {
        let record = SampleRecords.large(questions: 30, depth: 20)
        let limits = QuestionPayload.Limits(ranks: 10, textBytes: 200, passageBytes: 30 * 210, detailBytes: 1_000)
        let payload = QuestionPayload(record, limits: limits)
        #expect(payload.droppedPassages > 0)
        #expect(payload.droppedDetails > 0)
        let json = try JSONValue(parsing: payload.json.text)
        for question in try #require(json["questions"]?.arrayValue) {
            let best = try #require(question["passages"]?.arrayValue?.first?.arrayValue?[1].intValue)
            let text = try #require(json["chunks"]?.arrayValue?[best].arrayValue?[4].stringValue)
            #expect(text.hasSuffix(" […]"))
        }
        #expect(holds(HTMLReport().page(record, payload: payload).html, "left out to keep this page small"))
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
