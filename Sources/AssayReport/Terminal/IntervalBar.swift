import AssayModel

/// An interval within a metric's range, drawn with characters: `·····├──●──┤····`.
enum IntervalBar {
    static func draw(_ metric: MetricSummary, columns: Int, unicode: Bool) -> String {
        let range = metric.definition.range
        let span = range.upperBound - range.lowerBound
        guard let mean = metric.mean, mean.isFinite, span.isFinite, span > 0, columns > 2 else { return "" }
        func column(_ value: Double) -> Int {
            let share = min(1, max(0, (value - range.lowerBound) / span))
            return Int((share * Double(columns - 1)).rounded())
        }
        let marks: [Character] = unicode ? ["·", "─", "├", "┤", "●"] : [".", "-", "|", "|", "o"]
        var cells = [Character](repeating: marks[0], count: columns)
        if let low = metric.low, let high = metric.high, low.isFinite, high.isFinite, low <= high {
            for index in column(low)...column(high) { cells[index] = marks[1] }
            cells[column(low)] = marks[2]
            cells[column(high)] = marks[3]
        }
        cells[column(mean)] = marks[4]
        return String(cells)
    }
}
