package import AssayModel
import AssayReport
import FoundationEssentials

/// A run as files: the record, its deterministic part, and the reports.
package enum RunExport {
    /// Questions above which they are exported as lines, not as part of one JSON text.
    package static let wholeRecords = 2_000

    /// Writes `record.json`, `results.json`, `report.html` and `report.md` into a folder.
    ///
    /// With more than `wholeRecords` questions the two records are `run.json`, without questions, and `questions.jsonl`, one line a
    /// question with its result and times; the HTML report then has a folder `report.details` beside it.
    ///
    /// - Parameters:
    ///   - record: The run.
    ///   - folder: The folder; made when missing.
    /// - Returns: Path of the HTML report.
    /// - Throws: `AssayError` "file.write".
    @discardableResult
    package static func write(_ record: RunRecord, to folder: String) throws -> String {
        func put(_ name: String, _ text: String) throws {
            try writeAtomically(Data(text.utf8), to: folder + "/" + name)
        }
        var input = ReportInput(record)
        if record.results.questions.count <= wholeRecords {
            try put("record.json", try canonicalJSON(record, pretty: true))
            try put("results.json", try canonicalJSON(record.results, pretty: true))
        } else {
            var head = record
            head.results.questions = []
            head.timings.questions = [:]
            try put("run.json", try canonicalJSON(head, pretty: true))
            let lines = try LineFile(folder + "/questions.jsonl")
            var sidecar = try DetailFiles(besidePage: folder + "/report.html")
            for (number, question) in record.results.questions.enumerated() {
                let row = RunRow(question, timing: record.timings.questions[question.sample.question.id])
                let line = Data(try canonicalJSON(row).utf8)
                try lines.append(line)
                try sidecar.add(number, line)
            }
            try sidecar.finish()
            input.details = DetailFiles.folder(besidePage: folder + "/report.html")
        }
        try put("report.md", try ReportRenderers.builtin.renderer("markdown").render(input, options: ReportOptions()))
        try put("report.html", try ReportRenderers.builtin.renderer("html").render(input, options: ReportOptions()))
        return folder + "/report.html"
    }

    /// Writes a report's text to a file, whole or not at all; missing folders are made.
    ///
    /// - Throws: `AssayError` "file.write".
    package static func write(_ text: String, to path: String) throws {
        try writeAtomically(Data(text.utf8), to: absolutePath(path))
    }

    /// Adds text to the end of a file that others write to as well.
    ///
    /// - Throws: `AssayError` "file.write".
    package static func append(_ text: String, to path: String) throws {
        let old = FileManager.default.contents(atPath: path) ?? Data()
        try writeAtomically(old + Data(text.utf8), to: absolutePath(path))
    }
}
