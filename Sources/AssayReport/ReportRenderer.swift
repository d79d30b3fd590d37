package import AssayModel

/// Turns a run record into a report.
///
/// Law: a pure function of the input and the options; equal input gives equal bytes. Text that comes from documents,
/// questions or engines reaches the output escaped for its format, never as markup or as a control sequence.
package protocol ReportRenderer: Sendable {
    /// Name on the command line.
    static var name: String { get }
    /// One sentence for listings.
    static var summary: String { get }
    /// Ending of a file that holds such a report, without the dot.
    static var fileExtension: String { get }

    /// Renders a run.
    ///
    /// - Parameters:
    ///   - input: The run.
    ///   - options: What the place of output can show.
    /// - Returns: The report with a line end at its end.
    /// - Throws: `AssayError` when the record cannot be written in this format.
    func render(_ input: ReportInput, options: ReportOptions) throws -> String
}

extension ReportRenderer {
    /// Renders a whole record.
    package func render(_ record: RunRecord, options: ReportOptions) throws -> String {
        try render(ReportInput(record), options: options)
    }
}

/// What the place of output can show; only `terminal` looks at it.
package struct ReportOptions: Sendable, Equatable {
    /// Columns of the terminal; less than 40 counts as 40.
    package var width: Int
    /// Whether ANSI colours may be used.
    package var color: Bool
    /// Whether characters beyond ASCII may be used for lines and plots; text is shown as it is.
    package var unicode: Bool

    /// Creates options; the defaults suit a file or a pipe.
    package init(width: Int = 100, color: Bool = false, unicode: Bool = true) {
        self.width = max(40, width)
        self.color = color
        self.unicode = unicode
    }
}

/// The table of renderers by name.
package struct ReportRenderers: Sendable {
    /// The renderers in the order of listings.
    package let entries: [any ReportRenderer]

    /// Creates a table; two renderers of one name are a programmer's error.
    package init(_ entries: [any ReportRenderer]) {
        precondition(Set(entries.map { type(of: $0).name }).count == entries.count, "two renderers have one name")
        self.entries = entries
    }

    /// All renderers of Assay.
    package static let builtin = ReportRenderers([
        TerminalReport(),
        JSONReport(),
        MarkdownReport(),
        HTMLReport(),
    ])

    /// Names in the order of the table.
    package var names: [String] { entries.map { type(of: $0).name } }

    /// The renderer of that name.
    ///
    /// - Parameter name: As in `names`.
    /// - Returns: The renderer.
    /// - Throws: `AssayError` "report.unknown-renderer" with the known names.
    package func renderer(_ name: String) throws -> any ReportRenderer {
        if let found = entries.first(where: { type(of: $0).name == name }) { return found }
        let near = nearestName(to: name, among: names).map { " (did you mean '\($0)'?)" } ?? ""
        throw AssayError(
            "report.unknown-renderer",
            "unknown report format '\(PrintableText.line(name))'\(near); known: \(names.joined(separator: ", "))"
        )
    }
}
