package import AssayModel

/// A history as SVG: one band a metric, the mean over the runs with its 95 % interval, changes of level as dashed lines.
///
/// The picture needs no style sheet and no font of its own, so it stands in a README or alone; in the HTML report the classes of its
/// shapes take the page's colours.
package enum HistoryPlot {
    private static let width = 720.0
    private static let band = 110.0
    private static let left = 56.0
    private static let right = 12.0
    private static let top = 24.0
    private static let bottom = 18.0

    /// Draws a history.
    ///
    /// - Parameter history: The runs.
    /// - Returns: One `<svg>` element with a line end at its end.
    package static func svg(_ history: MetricHistory) -> String {
        let drawn = history.series.filter { !$0.points.isEmpty }
        let height = band * Double(max(1, drawn.count))
        let bands = drawn.enumerated().map { index, series in
            Markup(trusted: "<g transform=\"translate(0 \(number(Double(index) * band)))\">").html
                + draw(series, history).html + "</g>\n"
        }
        let label = "Metrics of \(history.pipeline) over \(Format.count(history.runs.count, "run"))"
        let page: Markup = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(width)) \(Int(height))" width="\(Int(width))" \
            height="\(Int(height))" role="img" aria-label="\(XMLText.clean(label))" font-family="system-ui, sans-serif" font-size="11">
            <title>\(XMLText.clean(label))</title>
            \(Markup(trusted: bands.joined()))</svg>

            """
        return page.html
    }

    /// One metric as a picture of its own, for a page.
    ///
    /// - Parameters:
    ///   - series: The metric, with one point at least.
    ///   - history: Its runs.
    /// - Returns: One `<svg>` element.
    static func picture(_ series: MetricHistory.Series, _ history: MetricHistory) -> Markup {
        let means = series.points.map(\.mean)
        let label =
            "\(series.metric) over \(Format.count(means.count, "run")): from \(Format.metric(means.first)) to \(Format.metric(means.last)), "
            + "lowest \(Format.metric(means.min())), highest \(Format.metric(means.max()))"
        return """
            <svg class="plot history" viewBox="0 0 \(Int(width)) \(Int(band))" width="\(Int(width))" height="\(Int(band))" role="img" \
            aria-label="\(XMLText.clean(label))" font-size="11"><title>\(XMLText.clean(label))</title>
            \(draw(series, history))</svg>
            """
    }

    private static func draw(_ series: MetricHistory.Series, _ history: MetricHistory) -> Markup {
        let ends = series.points.flatMap { [$0.mean, $0.low ?? $0.mean, $0.high ?? $0.mean] }.filter(\.isFinite)
        var low = ends.min() ?? 0
        var high = ends.max() ?? 1
        if high - low < 1e-6 {
            low -= 0.05
            high += 0.05
        }
        let runs = Double(max(1, history.runs.count - 1))
        func x(_ run: Int) -> Double {
            history.runs.count == 1 ? (left + width - right) / 2 : left + Double(run) / runs * (width - left - right)
        }
        func y(_ value: Double) -> Double { top + (high - value) / (high - low) * (band - top - bottom) }
        var shapes = [frame(series, low, high)]
        for epoch in Set(series.points.map(\.epoch)).sorted() {
            let points = series.points.filter { $0.epoch == epoch }
            shapes.append(area(points, x, y))
            shapes.append(path(points.map { (x($0.run), y($0.mean)) }))
        }
        for point in series.points {
            let run = history.runs[point.run]
            let missed = run.verdict == .failed || run.verdict == .refused
            let color = missed ? "#c0392b" : "#2f6fad"
            // Hollow: measured by another specification than the newest run.
            let isOther = run.identity.specHash != history.runs.last?.identity.specHash
            let look = isOther ? "fill=\"none\" stroke=\"\(color)\"" : "fill=\"\(color)\""
            let kind = (missed ? "missed" : "point") + (isOther ? " other" : "")
            let title = "\(run.identity.started) \(run.identity.run): \(Format.metric(point.mean))"
            shapes.append(
                """
                <circle cx="\(number(x(point.run)))" cy="\(number(y(point.mean)))" r="2.6" class="\(kind)" \(Markup(trusted: look))><title>\(XMLText.clean(title))\
                </title></circle>
                """
            )
        }
        for change in series.changes {
            shapes.append(mark(change, series, history, x))
        }
        return Markup(trusted: shapes.map(\.html).joined(separator: "\n"))
    }

    private static func frame(_ series: MetricHistory.Series, _ low: Double, _ high: Double) -> Markup {
        let base = band - bottom
        let last = series.points.last.map { " · last \(Format.metric($0.mean))" } ?? ""
        return """
            <text x="\(number(left))" y="14" fill="currentColor" font-weight="600">\(XMLText.clean(series.metric))\(last)</text>
            <text x="\(number(left - 6))" y="\(number(top + 4))" fill="currentColor" text-anchor="end" opacity="0.7">\(Format.metric(high))</text>
            <text x="\(number(left - 6))" y="\(number(base + 4))" fill="currentColor" text-anchor="end" opacity="0.7">\(Format.metric(low))</text>
            <line x1="\(number(left))" y1="\(number(base))" x2="\(number(width - right))" y2="\(number(base))" stroke="currentColor" opacity="0.25"/>
            """
    }

    /// The band of the intervals, where a series has them.
    private static func area(
        _ points: [MetricHistory.Point],
        _ x: (Int) -> Double,
        _ y: (Double) -> Double
    ) -> Markup {
        let known = points.filter { $0.low != nil && $0.high != nil }
        guard known.count > 1 else { return "" }
        let upper = known.map { "\(number(x($0.run))),\(number(y($0.high ?? $0.mean)))" }
        let lower = known.reversed().map { "\(number(x($0.run))),\(number(y($0.low ?? $0.mean)))" }
        return
            "<polygon points=\"\((upper + lower).joined(separator: " "))\" class=\"range\" fill=\"#2f6fad\" opacity=\"0.15\"/>"
    }

    private static func path(_ points: [(x: Double, y: Double)]) -> Markup {
        let text = points.map { "\(number($0.x)),\(number($0.y))" }.joined(separator: " ")
        return "<polyline points=\"\(text)\" class=\"trend\" fill=\"none\" stroke=\"#2f6fad\" stroke-width=\"1.5\"/>"
    }

    private static func mark(
        _ change: MetricHistory.Change,
        _ series: MetricHistory.Series,
        _ history: MetricHistory,
        _ x: (Int) -> Double
    ) -> Markup {
        let after = series.points[change.point].run
        let before = series.points[max(0, change.point - 1)].run
        let at = number((x(before) + x(after)) / 2)
        let isBetter = (change.after > change.before) == series.higherIsBetter
        let causes =
            change.causes.isEmpty ? HistoryText.noCause : change.causes.joined(separator: "; ")
        let title = "\(Format.metric(change.before)) → \(Format.metric(change.after)): \(causes)"
        return """
            <line x1="\(at)" y1="\(number(top))" x2="\(at)" y2="\(number(band - bottom))" class="\(isBetter ? "level better" : "level worse")" stroke="\(isBetter ? "#2e8b57" : "#c0392b")" \
            stroke-width="1.5" stroke-dasharray="4 3"><title>\(XMLText.clean(title))</title></line>
            """
    }

    private static func number(_ value: Double) -> String {
        Format.fixed(value, decimals: 1).replacing(",", with: "")
    }
}
