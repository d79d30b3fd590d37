package import AssayModel

/// A history as text: one line a metric with a sparkline, then the changes of level with what changed then.
package enum HistoryTerminal {
    /// Renders a history.
    ///
    /// - Parameters:
    ///   - history: The runs.
    ///   - options: What the place of output can show.
    /// - Returns: The text with a line end at its end.
    package static func render(_ history: MetricHistory, options: ReportOptions) -> String {
        let ink = Ink(options)
        guard let first = history.runs.first, let last = history.runs.last else { return "no finished runs\n" }
        var lines = [
            "\(PrintableText.line(history.pipeline))\(ink.separator)\(Format.count(history.runs.count, "run"))"
                + "\(ink.separator)\(PrintableText.line(first.identity.started)) to \(PrintableText.line(last.identity.started))",
            "",
        ]
        let names = history.series.map { PrintableText.line($0.metric) }
        let width = max(6, names.map(PrintableText.width).max() ?? 6)
        let room = max(10, ink.width - width - 34)
        lines.append(
            ink.paint("metric".padded(to: width + 1) + "  first   mean   last    low   high  over the runs", .faint)
        )
        for (series, name) in zip(history.series, names) {
            let values = series.points.map(\.mean)
            guard let one = values.first, let end = values.last else { continue }
            let mean = values.reduce(0, +) / Double(values.count)
            let figures = [one, mean, end, values.min() ?? one, values.max() ?? one].map { value in
                let text = Format.metric(value)
                return String(repeating: " ", count: max(1, 7 - text.count)) + text
            }
            lines.append(name.padded(to: width + 1) + figures.joined() + "  " + sparkline(series, room, ink))
        }
        if history.runs.contains(where: { $0.verdict != nil }) {
            let marks = history.runs.suffix(room).map { ink.paint(mark($0.verdict, ink), style($0.verdict)) }
            lines.append("gate".padded(to: width + 1) + String(repeating: " ", count: 37) + marks.joined())
        }
        var details: [String] = []
        for series in history.series {
            for change in series.changes {
                details.append(HistoryText.sentence(change, of: series, in: history))
                details += change.causes.map { "    " + PrintableText.line($0) }
                if change.causes.isEmpty { details.append("    " + HistoryText.noCause) }
            }
        }
        if !details.isEmpty {
            lines += ["", "changes of level (marked \(ink.unicode ? "◆" : "!"))"] + details.map(ink.own)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The newest values that fit, lowest to highest of the series as eight heights; a change of level stands before its first
    /// value, a new epoch too.
    static func sparkline(_ series: MetricHistory.Series, _ room: Int, _ ink: Ink) -> String {
        let values = series.points.map(\.mean)
        guard let low = values.min(), let high = values.max() else { return "" }
        let heights = Array(ink.unicode ? "▁▂▃▄▅▆▇█" : "_.-=+*%#")
        let changes = Dictionary(series.changes.map { ($0.point, $0) }) { first, _ in first }
        var cells: [String] = []
        for (index, point) in series.points.enumerated() {
            if let change = changes[index] {
                let isBetter = (change.after > change.before) == series.higherIsBetter
                cells.append(ink.paint(ink.unicode ? "◆" : "!", isBetter ? .good : .bad))
            } else if index > 0, series.points[index - 1].epoch != point.epoch {
                cells.append(ink.paint(ink.unicode ? "│" : "|", .faint))
            }
            // A series without spread lies in the middle: neither bad nor good.
            let share = high - low > 1e-9 ? (point.mean - low) / (high - low) : 0.5
            cells.append(String(heights[min(7, Int(share * 8))]))
        }
        return cells.suffix(room).joined()
    }

    private static func mark(_ verdict: GateReport.Verdict?, _ ink: Ink) -> String {
        switch verdict {
        case .passed: ink.unicode ? "●" : "o"
        case .failed: ink.unicode ? "✗" : "x"
        case .inconclusive: "?"
        case .refused: "!"
        case nil: ink.unicode ? "·" : "."
        }
    }

    private static func style(_ verdict: GateReport.Verdict?) -> TextTable.Style {
        switch verdict {
        case .passed: .good
        case .failed, .refused: .bad
        case .inconclusive: .accent
        case nil: .faint
        }
    }
}
