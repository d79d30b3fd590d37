import AssayModel
import FoundationEssentials
import Testing

@testable import AssayReport

struct ReportTests {
    @Test func writesTheTerminalReport() throws {
        for width in [60, 100] {
            let text = try TerminalReport().render(SampleRecords.small, options: ReportOptions(width: width))
            assertSnapshot(text, named: "terminal-\(width).txt")
        }
    }

    @Test func writesTheTerminalReportInASCIIWithColors() throws {
        let options = ReportOptions(width: 80, color: true, unicode: false)
        let text = try TerminalReport().render(SampleRecords.small, options: options)
        assertSnapshot(text, named: "terminal-color.txt")
    }

    @Test func writesTheMarkdownReport() throws {
        assertSnapshot(try MarkdownReport().render(SampleRecords.small, options: ReportOptions()), named: "report.md")
    }

    @Test func writesTheJSONReport() throws {
        let text = try JSONReport().render(SampleRecords.small, options: ReportOptions())
        assertSnapshot(text, named: "report.json")
        let back = try JSONDecoder().decode(RunRecord.self, from: Data(text.utf8))
        #expect(back == SampleRecords.small)
    }

    /// Every character that must not reach a terminal raw is found by the fast path, and the JSON stays the same.
    @Test func escapesHiddenCharactersInJSON() throws {
        var hidden = String.UnicodeScalarView()
        for value in Array(UInt32(0)...0xFFFF) + Array(0xE0000...0xE0FFF) {
            if let scalar = Unicode.Scalar(value), PrintableText.isHidden(scalar) { hidden.append(scalar) }
        }
        var record = SampleRecords.small
        record.results.questions = []
        record.results.pipeline = "é日🧮" + String(hidden)
        let text = try JSONReport().render(record, options: ReportOptions())
        let raw = text.unicodeScalars.filter { $0 != "\n" && PrintableText.isHidden($0) }.map(\.value)
        #expect(raw.isEmpty)
        #expect(
            try JSONDecoder().decode(RunRecord.self, from: Data(text.utf8)).results.pipeline == record.results.pipeline
        )
    }

    @Test func refusesNumbersThatJSONCannotHold() {
        var record = SampleRecords.small
        record.results.metrics[0].mean = .nan
        let error = #expect(throws: AssayError.self) { try JSONReport().render(record, options: ReportOptions()) }
        #expect(error?.code == "report.encoding")
    }

    @Test(arguments: ReportRenderers.builtin.names)
    func keepsTheLawOfRenderers(name: String) throws {
        let renderer = try ReportRenderers.builtin.renderer(name)
        let options = ReportOptions()
        let bare = RunRecord(
            id: "",
            status: .started,
            results: RunResults(
                pipeline: "",
                specHash: "",
                spec: nil,
                corpus: CorpusSummary(name: "", fingerprint: "", documents: 0, chunks: 0, bytes: 0, tokens: 0)
            ),
            environment: RunEnvironment(
                assay: "",
                started: "",
                processor: "",
                cores: 1,
                memoryGiB: 1,
                system: "",
                libraries: [:]
            ),
            timings: RunTimings()
        )
        for record in [bare, SampleRecords.small] {
            let text = try renderer.render(record, options: options)
            // Compared apart from `#expect`, which would print both reports.
            let isSame = text == (try renderer.render(record, options: options))
            #expect(isSame)
            let endsALine = text.hasSuffix("\n")
            #expect(endsALine)
            // Hostile text never brings a control sequence or a reordering of what is read.
            let hidden = text.unicodeScalars.filter { $0 != "\n" && PrintableText.isHidden($0) }.map(\.value)
            #expect(hidden.isEmpty)
        }
    }

    @Test func namesTheKnownRenderersForAnUnknownOne() {
        let error = #expect(throws: AssayError.self) { try ReportRenderers.builtin.renderer("htlm") }
        #expect(
            error?.message
                == "unknown report format 'htlm' (did you mean 'html'?); known: terminal, json, markdown, html"
        )
    }

    @Test(arguments: [40, 60, 80, 100, 140, 200])
    func staysWithinTheWidth(width: Int) throws {
        for unicode in [true, false] {
            let options = ReportOptions(width: width, unicode: unicode)
            let text = try TerminalReport().render(SampleRecords.small, options: options)
            for line in text.split(separator: "\n") {
                #expect(PrintableText.width(String(line)) <= width, "\(line)")
                #expect(!line.hasSuffix(" "), "\(line)")
            }
        }
    }

    /// `ASSAY_REPORT_PREVIEW=FOLDER swift test --filter writesPreviews` writes pages to look at.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["ASSAY_REPORT_PREVIEW"] != nil))
    func writesPreviews() throws {
        let folder = URL(filePath: ProcessInfo.processInfo.environment["ASSAY_REPORT_PREVIEW"] ?? ".")
        for (name, record) in [("small", SampleRecords.small), ("large", SampleRecords.large(questions: 240))] {
            let page = try HTMLReport().render(record, options: ReportOptions())
            try Data(page.utf8).write(to: folder.appending(path: "\(name).html"))
            let text = try TerminalReport().render(record, options: ReportOptions(width: 110, color: true))
            try Data(text.utf8).write(to: folder.appending(path: "\(name).txt"))
            let markdown = try MarkdownReport().render(record, options: ReportOptions())
            try Data(markdown.utf8).write(to: folder.appending(path: "\(name).md"))
        }
    }
}
