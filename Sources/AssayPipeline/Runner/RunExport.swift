package import AssayModel
import AssayReport
import FoundationEssentials

/// A run as files: the record, its deterministic part, and the reports.
package enum RunExport {
    /// Writes `record.json`, `results.json`, `report.html` and `report.md` into a folder.
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
        try put("record.json", try canonicalJSON(record, pretty: true))
        try put("results.json", try canonicalJSON(record.results, pretty: true))
        try put("report.md", try ReportRenderers.builtin.renderer("markdown").render(record, options: ReportOptions()))
        try put("report.html", try ReportRenderers.builtin.renderer("html").render(record, options: ReportOptions()))
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
