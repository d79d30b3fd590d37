package import AssayModel

/// The gate's report as JSON with a sentence a rule.
package struct GateJSON: GateRenderer {
    package static let name = "json"
    package static let summary = "Every figure, for programs."

    private struct Output: Encodable {
        var report: GateReport
        var open: Bool
        var headline: String
        var sentences: [String: String]
    }

    /// Creates the renderer.
    package init() {}

    package func render(_ report: GateReport, options: ReportOptions) throws -> String {
        let sentences = Dictionary(report.rules.map { ($0.name, $0.sentence) }) { first, _ in first }
        let output = Output(report: report, open: report.isOpen, headline: report.headline, sentences: sentences)
        return JSONReport.escapingHidden(try canonicalJSON(output, pretty: true)) + "\n"
    }
}
