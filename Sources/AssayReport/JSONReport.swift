package import AssayModel

/// The whole record as indented JSON with sorted keys.
package struct JSONReport: ReportRenderer {
    package static let name = "json"
    package static let summary = "The whole record, for programs."
    package static let fileExtension = "json"

    /// Creates the renderer.
    package init() {}

    package func render(_ record: RunRecord, options: ReportOptions) throws -> String {
        do {
            return try canonicalJSON(record, pretty: true) + "\n"
        } catch {
            throw AssayError(
                "report.encoding",
                "run \(PrintableText.line(record.id)) cannot be written as JSON: a number in it is not finite",
                remedy: "score the run again; the metric whose mean reads – in the other reports is to blame"
            )
        }
    }
}
