import AssayModel

// The metrics over the pipeline's runs.

extension HTMLSections {
    var history: Markup {
        let names = results.metrics.map(\.definition.name)
        guard let history = input.history, history.runs.count > 1 else { return "" }
        let series = names.compactMap { name in history.series.first { $0.metric == name } }
            .filter { $0.points.count > 1 }
        guard !series.isEmpty else { return "" }
        let plots = series.map { "<div class=\"scroll\">\(HistoryPlot.picture($0, history))</div>\n" as Markup }
        let changes = series.flatMap { series in
            series.changes.map { change -> Markup in
                let causes = change.causes.map(PrintableText.line).joined(separator: "; ")
                let why = causes.isEmpty ? HistoryText.noCause : causes
                return "<li>\(HistoryText.sentence(change, of: series, in: history)): \(why)</li>\n"
            }
        }
        let list: Markup = changes.isEmpty ? "" : "<h3>Changes of level</h3>\n<ul class=\"notes\">\(changes)</ul>\n"
        let first = history.runs.first?.identity.started ?? ""
        return """
            <section id="history">
            <h2>History</h2>
            <p>\(Format.count(history.runs.count, "run")) since \(PrintableText.line(String(first.prefix(10)))).</p>
            \(plots)\(list)<p class="measure"><small>Mean and 95 % interval of each run, oldest first. A line ends where the metric's \
            definition or the evalset changed; a hollow point measured by another specification, a red one missed its gate; a dashed line \
            marks a change of level.</small></p>
            </section>
            """
    }
}
