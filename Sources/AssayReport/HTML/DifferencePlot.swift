import AssayModel

/// A difference and its interval around zero.
enum DifferencePlot {
    private static let width = 160.0
    private static let middle = 80.0

    /// - Parameters:
    ///   - metric: What to draw.
    ///   - span: The largest value of all metrics; they share a scale.
    /// - Returns: The plot, nothing without a difference.
    static func svg(_ metric: MetricComparison, span: Double) -> Markup {
        guard let difference = metric.difference, difference.isFinite else { return "" }
        func x(_ value: Double) -> String {
            Format.fixed(middle + (span > 0 ? max(-1, min(1, value / span)) : 0) * (middle - 5), decimals: 1)
        }
        var shapes = "<line class=\"axis\" x1=\"80.0\" y1=\"2\" x2=\"80.0\" y2=\"14\"/>"
        if let low = metric.low, let high = metric.high, low.isFinite, high.isFinite {
            shapes += "<line class=\"interval\" x1=\"\(x(low))\" y1=\"8\" x2=\"\(x(high))\" y2=\"8\"/>"
        }
        shapes += "<circle class=\"mean\" cx=\"\(x(difference))\" cy=\"8\" r=\"3\"/>"
        return Markup(
            trusted:
                "<svg class=\"plot\" viewBox=\"0 0 160 16\" width=\"160\" height=\"16\" aria-hidden=\"true\">\(shapes)</svg>"
        )
    }
}
