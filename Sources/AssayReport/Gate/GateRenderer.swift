package import AssayModel

/// Turns a gate's report into a text.
///
/// Law: a pure function of the report and the options; equal input gives equal bytes. Text from evalsets and files reaches the output
/// escaped for its format.
package protocol GateRenderer: Sendable {
    /// Name on the command line.
    static var name: String { get }
    /// One sentence for listings.
    static var summary: String { get }

    /// Renders a report.
    ///
    /// - Parameters:
    ///   - report: What the gate said.
    ///   - options: What the place of output can show.
    /// - Returns: The text with a line end at its end.
    /// - Throws: What the encoder throws for figures that a format cannot hold.
    func render(_ report: GateReport, options: ReportOptions) throws -> String
}

/// The table of gate renderers by name.
package struct GateRenderers: Sendable {
    /// The renderers in the order of listings.
    package let entries: [any GateRenderer]

    /// Creates a table; two renderers of one name are a programmer's error.
    package init(_ entries: [any GateRenderer]) {
        precondition(Set(entries.map { type(of: $0).name }).count == entries.count, "two renderers have one name")
        self.entries = entries
    }

    /// All renderers of Assay.
    package static let builtin = GateRenderers([
        GateTerminal(),
        GateJSON(),
        GateMarkdown(),
        GateJUnit(),
        GateSARIF(),
        GateAnnotations(),
    ])

    /// The renderer of that name.
    ///
    /// - Parameter name: As in the table.
    /// - Returns: The renderer.
    /// - Throws: `AssayError` "report.unknown-renderer" with the known names.
    package func renderer(_ name: String) throws -> any GateRenderer {
        if let found = entries.first(where: { type(of: $0).name == name }) { return found }
        let names = entries.map { type(of: $0).name }
        let near = nearestName(to: name, among: names).map { " (did you mean '\($0)'?)" } ?? ""
        throw AssayError(
            "report.unknown-renderer",
            "unknown gate format '\(PrintableText.line(name))'\(near); known: \(names.joined(separator: ", "))"
        )
    }
}
