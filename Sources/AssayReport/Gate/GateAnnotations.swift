package import AssayModel

/// Workflow commands of GitHub Actions: one annotation for each rule that does not hold, at its line of the pipeline file.
package struct GateAnnotations: GateRenderer {
    package static let name = "github"
    package static let summary = "Annotations for GitHub Actions."

    /// Creates the renderer.
    package init() {}

    package func render(_ report: GateReport, options: ReportOptions) throws -> String {
        let lines = report.rules.filter { $0.outcome != .passed }.map { rule in
            let fails = rule.outcome == .failed || (rule.outcome == .inconclusive && report.inconclusiveFails)
            let level =
                fails || rule.outcome == .refused ? "error" : rule.outcome == .inconclusive ? "warning" : "notice"
            var properties: [String] = []
            if let place = rule.place {
                properties.append("file=\(Self.property(place.file))")
                if let line = place.line { properties.append("line=\(line)") }
            }
            properties.append("title=\(Self.property("assay gate \(report.pipeline): \(rule.name)"))")
            return "::\(level) \(properties.joined(separator: ","))::\(Self.data(PrintableText.line(rule.sentence)))\n"
        }
        return lines.joined()
    }

    /// A message: `%` and line ends are escaped.
    static func data(_ text: String) -> String {
        text.replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
    }

    /// A property: as a message, and `:` and `,` too.
    static func property(_ text: String) -> String {
        data(PrintableText.line(text)).replacing(":", with: "%3A").replacing(",", with: "%2C")
    }
}
