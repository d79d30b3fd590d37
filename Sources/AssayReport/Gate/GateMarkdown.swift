package import AssayModel

/// The gate in GitHub Markdown, also for a step summary.
package struct GateMarkdown: GateRenderer {
    package static let name = "markdown"
    package static let summary = "A page for pull requests and step summaries."

    /// Creates the renderer.
    package init() {}

    package func render(_ report: GateReport, options: ReportOptions) throws -> String {
        let mark = report.verdict == .passed ? "✅" : report.isOpen ? "⚠️" : "❌"
        var lines = [
            "## \(mark) Gate of \(MarkdownText.inline(report.pipeline))", "",
            MarkdownText.inline(report.headline) + ".", "",
        ]
        lines += table(report).markdown()
        func section(_ title: String, _ items: [String]) {
            guard !items.isEmpty else { return }
            lines += ["", "### \(title)", ""] + items.map { "- " + $0 }
        }
        section(
            "Rules that do not hold",
            report.rules.filter { $0.outcome != .passed }.map { rule in
                (rule.place.map { MarkdownText.code("\($0)") + ": " } ?? "")
                    + MarkdownText.inline(rule.sentence, limit: 800)
            }
        )
        section(
            "Questions that broke",
            report.broken.map {
                "\(MarkdownText.code($0.id)) \(MarkdownText.code($0.metric)) \(Format.metric($0.before)) → "
                    + "\(Format.metric($0.after)): \(MarkdownText.inline($0.question))"
            }
        )
        section("Changed since the baseline", report.changes.map { MarkdownText.inline($0) })
        section("Changed since the run before", (report.changesSincePrevious ?? []).map { MarkdownText.inline($0) })
        var facts = ["run \(MarkdownText.code(report.run.run))"]
        if let commit = report.run.commit { facts.append("commit \(MarkdownText.code(String(commit.prefix(12))))") }
        if let baseline = report.baselineLine { facts.append("baseline " + MarkdownText.inline(baseline)) }
        if let freshness = report.freshnessLine { facts.append(MarkdownText.inline(freshness)) }
        section("Facts", facts + report.notes.map { MarkdownText.inline($0, limit: 800) })
        return lines.joined(separator: "\n") + "\n"
    }

    private func table(_ report: GateReport) -> TextTable {
        var table = TextTable(columns: [
            .text("rule"), .number("limit"), .number("before"), .number("now"), .number("gain (95 %)"),
            .number("p, Holm"),
            .number("shows"), .number("n"), .text("outcome"),
        ])
        table.rows = report.rules.map { rule in
            [
                .init(MarkdownText.code(rule.name)), .init(GateRuleResult.figure(rule.limit)),
                .init(GateRuleResult.figure(rule.before)), .init(GateRuleResult.figure(rule.value)),
                .init(GateText.interval(rule)),
                .init(rule.adjustedP.map(GateRuleResult.p)?.replacing("<", with: "\\<") ?? ""),
                .init(rule.detectable.map { "±" + Format.metric($0) } ?? ""),
                .init(rule.count > 0 ? Format.count(rule.count) : ""),
                .init(GateText.word(rule), rule.outcome == .passed ? .plain : .strong),
            ]
        }
        return table
    }
}
