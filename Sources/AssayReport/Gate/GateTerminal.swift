package import AssayModel

/// The gate for a terminal or a log.
package struct GateTerminal: GateRenderer {
    package static let name = "terminal"
    package static let summary = "Rules, what changed and which questions broke."

    /// Creates the renderer.
    package init() {}

    package func render(_ report: GateReport, options: ReportOptions) throws -> String {
        let ink = Ink(options)
        var lines = [
            "gate \(PrintableText.line(report.pipeline))\(ink.separator)run \(PrintableText.line(report.run.run))", "",
        ]
        lines += table(report).lines(ink).map(ink.own)
        lines.append("")
        for rule in report.rules where rule.outcome != .passed {
            let place = rule.place.map { "\($0): " } ?? ""
            lines += PrintableText.wrap(PrintableText.line(place + rule.sentence), width: ink.width).map(ink.own)
        }
        func facts(_ title: String, _ text: String?) {
            guard let text else { return }
            lines.append(ink.own("\(title.padded(to: 10))\(PrintableText.line(text))"))
        }
        if report.rules.contains(where: { $0.outcome != .passed }) { lines.append("") }
        facts("baseline", report.baselineLine)
        facts("asked", report.freshnessLine)
        for change in report.changes { facts("changed", change) }
        for change in report.changesSincePrevious ?? [] where !report.changes.contains(change) {
            facts("since last", change)
        }
        for change in report.broken {
            facts(
                "broke",
                "\(change.id) \(change.metric) \(Format.metric(change.before)) → \(Format.metric(change.after)): "
                    + PrintableText.fit(PrintableText.line(change.question), width: 80)
            )
        }
        for note in report.notes {
            lines += PrintableText.wrap("note  " + PrintableText.line(note), width: ink.width).map(ink.own)
        }
        let style: TextTable.Style = report.verdict == .passed ? .good : report.isOpen ? .accent : .bad
        lines.append(ink.paint(report.headline, style))
        return lines.joined(separator: "\n") + "\n"
    }

    private func table(_ report: GateReport) -> TextTable {
        var table = TextTable(columns: [
            .text("rule", flexible: true), .number("limit"), .number("before"), .number("now"),
            .number("gain, 95 %"), .number("n"), .text("outcome"),
        ])
        table.rows = report.rules.map { rule in
            [
                .init(PrintableText.line(rule.name)),
                .init(GateRuleResult.figure(rule.limit)),
                .init(GateRuleResult.figure(rule.before)),
                .init(GateRuleResult.figure(rule.value)),
                .init(GateText.interval(rule)),
                .init(rule.count > 0 ? Format.count(rule.count) : ""),
                .init(GateText.word(rule), GateText.style(rule.outcome)),
            ]
        }
        return table
    }
}

/// Words that the terminal and Markdown share.
enum GateText {
    static func word(_ rule: GateRuleResult) -> String {
        switch (rule.outcome, rule.kind) {
        case (.passed, .drop): "not worse"
        case (.passed, _): "holds"
        case (.failed, .drop): "WORSE"
        case (.failed, _): "BROKEN"
        case (.inconclusive, _): "inconclusive"
        case (.notGated, _): "left aside"
        case (.refused, _): "NOT CHECKED"
        }
    }

    static func style(_ outcome: GateRuleResult.Outcome) -> TextTable.Style {
        switch outcome {
        case .passed: .good
        case .failed, .refused: .bad
        case .inconclusive: .accent
        case .notGated: .faint
        }
    }

    static func interval(_ rule: GateRuleResult) -> String {
        guard let gain = rule.gain else { return "" }
        guard let low = rule.low, let high = rule.high else { return Format.metric(gain) }
        return "\(Format.metric(gain)) (\(Format.metric(low)) to \(Format.metric(high)))"
    }
}

extension String {
    /// The text with spaces up to a width.
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(1, width - count))
    }
}
