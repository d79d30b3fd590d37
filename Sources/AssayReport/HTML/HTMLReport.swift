package import AssayModel
import FoundationEssentials

/// One file that opens anywhere: summary, plots, and a table of questions to sort, filter and open, without a server.
///
/// The page asks the network for nothing, and its content security policy allows only the one style sheet and the one
/// script that are in it, by their SHA-256: text from documents could not run even if it were not escaped.
package struct HTMLReport: ReportRenderer {
    package static let name = "html"
    package static let summary = "One self-contained page with every question."
    package static let fileExtension = "html"

    /// Creates the renderer.
    package init() {}

    package func render(_ record: RunRecord, options: ReportOptions) throws -> String {
        page(record, payload: QuestionPayload(record)).html
    }

    func page(_ record: RunRecord, payload: QuestionPayload) -> Markup {
        let style = PackageResources.report_css
        let script = PackageResources.report_js
        let facts = RunFacts(record)
        let sections = HTMLSections(record: record, facts: facts)
        // Digests and keywords only, so the quotation marks may stand as they are.
        let policy = Markup(
            trusted: "default-src 'none'; style-src 'sha256-\(Self.base64Digest(style))'; "
                + "script-src 'sha256-\(Self.base64Digest(script))'; img-src data:; base-uri 'none'; form-action 'none'"
        )
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="\(policy)">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="referrer" content="no-referrer">
            <title>\(PrintableText.line(record.results.pipeline)) · Assay</title>
            <style>\(Markup(trusted: String(decoding: style, as: UTF8.self)))</style>
            </head>
            <body>
            \(sections.header)
            <main>
            \(sections.readouts)
            \(sections.notes)
            \(sections.metrics)
            \(sections.slices)
            \(sections.stages)
            \(sections.leftOut)
            \(sections.sources)
            \(sections.questions(payload))
            </main>
            \(sections.footer)
            <script type="application/json" id="data">\(Markup(trusted: payload.json.text))</script>
            <script>\(Markup(trusted: String(decoding: script, as: UTF8.self)))</script>
            </body>
            </html>

            """
    }

    private static func base64Digest(_ bytes: [UInt8]) -> String {
        var digest = SHA256()
        digest.update(bytes)
        return Data(digest.finalize()).base64EncodedString()
    }
}
