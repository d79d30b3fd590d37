import AssayModel
import FoundationEssentials

/// One file that opens anywhere: summary, plots, and a table of questions to sort, filter and open, without a server.
///
/// The page asks the network for nothing, and its content security policy allows only the one style sheet and the one
/// script that are in it, by their SHA-256, and, where rows are in files beside the page, scripts of its own place: text from
/// documents could not run even if it were not escaped.
package struct HTMLReport: ReportRenderer {
    package static let name = "html"
    package static let summary = "One self-contained page with every question."
    package static let fileExtension = "html"

    /// Creates the renderer.
    package init() {}

    package func render(_ input: ReportInput, options: ReportOptions) throws -> String {
        try page(input, details: QuestionDetails(input.rows))
    }

    func page(_ input: ReportInput, details: QuestionDetails) -> String {
        let style = PackageResources.report_css
        let script = PackageResources.report_js
        let sections = HTMLSections(input: input, facts: RunFacts(input))
        let beside = input.details == nil ? "" : " 'self'"
        // Digests and keywords only, so the quotation marks may stand as they are.
        let policy = Markup(
            trusted: "default-src 'none'; style-src 'sha256-\(Self.base64Digest(style))'; "
                + "script-src 'sha256-\(Self.base64Digest(script))'\(beside); img-src data:; base-uri 'none'; form-action 'none'"
        )
        let head: Markup = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="\(policy)">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="referrer" content="no-referrer">
            <title>\(PrintableText.line(input.record.results.pipeline)) · Assay</title>
            <style>\(Markup(trusted: String(decoding: style, as: UTF8.self)))</style>
            </head>
            <body>
            <a class="skip" href="#list">To the questions</a>
            \(sections.header)
            <main>
            \(sections.readouts)
            \(sections.notes)
            \(sections.metrics)
            \(sections.comparison)
            \(sections.places)
            \(sections.slices)
            \(sections.judges)
            \(sections.history)
            \(sections.questions(details))
            \(sections.stages)
            \(sections.leftOut)
            \(sections.sources)
            </main>
            \(sections.footer)

            """
        // Put together in one text: with 200,000 questions each copy would be tens of megabytes.
        var page = head.html
        page += "<script type=\"application/json\" id=\"data\">"
        page += QuestionList(input).json.text
        page += "</script>\n<script type=\"application/json\" id=\"rows\">"
        page += details.text
        page += "</script>\n<script>"
        page += String(decoding: script, as: UTF8.self)
        page += "</script>\n</body>\n</html>\n"
        return page
    }

    private static func base64Digest(_ bytes: [UInt8]) -> String {
        var digest = SHA256()
        digest.update(bytes)
        return Data(digest.finalize()).base64EncodedString()
    }
}
