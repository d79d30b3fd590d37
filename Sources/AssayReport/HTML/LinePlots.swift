import AssayModel

/// A difference and its interval around zero.
enum DifferencePlot {
    private static let width = 160.0
    private static let middle = 80.0

    /// - Parameters:
    ///   - line: What to draw.
    ///   - span: The largest value of all lines; they share a scale.
    /// - Returns: The plot, nothing without a difference.
    static func svg(_ line: ReportComparison.Line, span: Double) -> Markup {
        guard let difference = line.difference, difference.isFinite else { return "" }
        func x(_ value: Double) -> String {
            Format.fixed(middle + (span > 0 ? max(-1, min(1, value / span)) : 0) * (middle - 5), decimals: 1)
        }
        var shapes = "<line class=\"axis\" x1=\"80.0\" y1=\"2\" x2=\"80.0\" y2=\"14\"/>"
        if let low = line.low, let high = line.high, low.isFinite, high.isFinite {
            shapes += "<line class=\"interval\" x1=\"\(x(low))\" y1=\"8\" x2=\"\(x(high))\" y2=\"8\"/>"
        }
        shapes += "<circle class=\"mean\" cx=\"\(x(difference))\" cy=\"8\" r=\"3\"/>"
        return Markup(
            trusted:
                "<svg class=\"plot\" viewBox=\"0 0 160 16\" width=\"160\" height=\"16\" aria-hidden=\"true\">\(shapes)</svg>"
        )
    }
}

/// A metric over the runs of a history: means joined by a line over the band of their intervals.
enum TrendPlot {
    private static let width = 420.0
    private static let height = 44.0
    private static let inset = 6.0

    static func svg(_ name: String, _ points: [HistoryPoint]) -> Markup {
        let values = points.map { point in point.metrics.first { $0.definition.name == name } }
        let bounds = values.flatMap { [$0?.mean, $0?.low, $0?.high].compactMap(\.self) }.filter(\.isFinite)
        guard let least = bounds.min(), let most = bounds.max() else { return "" }
        let span = most - least > 0 ? most - least : 1
        let step = (width - 2 * inset) / Double(max(1, points.count - 1))
        func x(_ index: Int) -> String { Format.fixed(inset + Double(index) * step, decimals: 1) }
        func y(_ value: Double) -> String {
            Format.fixed(height - inset - (value - least) / span * (height - 2 * inset), decimals: 1)
        }
        var band: [String] = []
        var back: [String] = []
        var line: [String] = []
        var marks = ""
        let current = points.last?.specHash
        for (index, value) in values.enumerated() {
            guard let mean = value?.mean, mean.isFinite else { continue }
            band.append("\(x(index)),\(y(value?.low ?? mean))")
            back.append("\(x(index)),\(y(value?.high ?? mean))")
            line.append("\(x(index)),\(y(mean))")
            let kind = points[index].specHash == current ? "mean" : "other"
            marks += "<circle class=\"\(kind)\" cx=\"\(x(index))\" cy=\"\(y(mean))\" r=\"2.4\"/>"
            if points[index].changes.contains(name) {
                marks += "<circle class=\"change\" cx=\"\(x(index))\" cy=\"\(y(mean))\" r=\"5.5\"/>"
            }
        }
        let means = values.compactMap { $0?.mean }
        let label =
            "\(name) over \(points.count) runs: from \(Format.metric(means.first)) to \(Format.metric(means.last)), "
            + "lowest \(Format.metric(means.min())), highest \(Format.metric(means.max()))"
        let shapes = Markup(
            trusted:
                "<polygon class=\"band\" points=\"\((band + back.reversed()).joined(separator: " "))\"/>"
                + "<polyline class=\"trend\" points=\"\(line.joined(separator: " "))\"/>" + marks
        )
        return """
            <svg class="plot" viewBox="0 0 \(Int(width)) \(Int(height))" width="\(Int(width))" height="\(Int(height))" role="img" \
            aria-label="\(label)"><title>\(label)</title>\(shapes)</svg>
            """
    }
}
