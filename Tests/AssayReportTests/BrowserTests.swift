import AssayModel
import AssayTestProcess
import FoundationEssentials
import Testing

@testable import AssayReport

/// The page in headless Chromium: filter, sort, keys, dark, narrow, print.
///
/// Skipped where Chromium or Python is missing.
struct BrowserTests {
    private static var isThere: Bool {
        let folders = ["/usr/bin", "/usr/local/bin", "/snap/bin"]
        func has(_ names: [String]) -> Bool {
            folders.contains { folder in
                names.contains { FileManager.default.isExecutableFile(atPath: "\(folder)/\($0)") }
            }
        }
        return has(["chromium", "chromium-browser", "google-chrome"]) && has(["python3"])
    }

    private func folder() throws -> String {
        let folder = FileManager.default.temporaryDirectory.path() + "/assay-page-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }

    private func check(_ page: String) async throws {
        let script = String(#filePath.dropLast("BrowserTests.swift".count)) + "Browser/check.py"
        let status = try await offPool {
            try ChildCommand(["python3", script, page], in: "/", output: page + ".out", errors: page + ".err").wait()
        }
        let said = [".out", ".err"].map { (try? String(contentsOfFile: page + $0, encoding: .utf8)) ?? "" }
        #expect(status == 0, "\(said.joined())")
    }

    @Test(.enabled(if: isThere, "Chromium or python3 is missing"), .timeLimit(.minutes(3)))
    func thePageWorksInABrowser() async throws {
        let folder = try folder()
        let page = try HTMLReport().render(SampleRecords.large(questions: 400, depth: 20), options: ReportOptions())
        try Data(page.utf8).write(to: URL(filePath: folder + "/report.html"))
        try await check(folder + "/report.html")
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// More questions than a page holds whole: the others come from the files beside it.
    @Test(.enabled(if: isThere, "Chromium or python3 is missing"), .timeLimit(.minutes(3)))
    func rowsComeFromTheFilesBesideThePage() async throws {
        let folder = try folder()
        let record = SampleRecords.large(questions: 3_000, depth: 12)
        var input = ReportInput(record)
        input.rows = [:]
        var files = try DetailFiles(besidePage: folder + "/report.html")
        for (number, question) in record.results.questions.enumerated() {
            try files.add(number, Data(try canonicalJSON(RunRow(question, timing: nil)).utf8))
        }
        try files.finish()
        input.details = DetailFiles.folder(besidePage: folder + "/report.html")
        let page = try HTMLReport().render(input, options: ReportOptions())
        try Data(page.utf8).write(to: URL(filePath: folder + "/report.html"))
        try await check(folder + "/report.html")
        try? FileManager.default.removeItem(atPath: folder)
    }
}
