import AssayModel

/// A small plot of one metric: a histogram of its values over its range, the mean and its 95 % interval above it.
enum MetricPlot {
    private static let width = 240.0
    private static let height = 34.0
    private static let inset = 6.0
    private static let bins = 24
    private static let baseline = 31.0
    private static let tallest = 19.0

    static func svg(_ metric: MetricSummary, values: [Double]) -> Markup {
        let range = extent(metric.definition.range, values)
        func x(_ value: Double) -> Double {
            let share = min(1, max(0, (value - range.lowerBound) / (range.upperBound - range.lowerBound)))
            return inset + share * (width - 2 * inset)
        }
        var shapes: [Markup] = bars(histogram(values, range))
        shapes.append(line("axis", inset, baseline, width - inset, baseline))
        if let low = metric.low, let high = metric.high, low.isFinite, high.isFinite {
            shapes.append(line("interval", x(low), 6, x(high), 6))
            shapes.append(line("interval", x(low), 3, x(low), 9))
            shapes.append(line("interval", x(high), 3, x(high), 9))
        }
        if let mean = metric.mean, mean.isFinite {
            shapes.append(line("guide", x(mean), 6, x(mean), baseline))
            shapes.append(Markup(trusted: "<circle class=\"mean\" cx=\"\(number(x(mean)))\" cy=\"6\" r=\"3\"/>"))
        }
        let label =
            "\(metric.definition.name): mean \(Format.metric(metric.mean)), 95 % interval "
            + "\(Format.interval(metric.low, metric.high)), \(Format.count(values.count)) values from "
            + "\(Format.metric(range.lowerBound)) to \(Format.metric(range.upperBound))"
        return """
            <svg class="plot" viewBox="0 0 \(Int(width)) \(Int(height))" width="\(Int(width))" height="\(Int(height))" role="img" \
            aria-label="\(label)"><title>\(label)</title>\(shapes)</svg>
            """
    }

    /// The metric's range; for an open one the range of its values.
    private static func extent(_ range: ClosedRange<Double>, _ values: [Double]) -> ClosedRange<Double> {
        let low = range.lowerBound.isFinite ? range.lowerBound : values.min() ?? 0
        let high = range.upperBound.isFinite ? range.upperBound : values.max() ?? 1
        return high - low > 0 && (high - low).isFinite ? low...high : low...(low + 1)
    }

    private static func histogram(_ values: [Double], _ range: ClosedRange<Double>) -> [Int] {
        var counts = [Int](repeating: 0, count: bins)
        for value in values {
            let share = (value - range.lowerBound) / (range.upperBound - range.lowerBound)
            counts[min(bins - 1, max(0, Int(min(1, max(0, share)) * Double(bins))))] += 1
        }
        return counts
    }

    private static func bars(_ counts: [Int]) -> [Markup] {
        guard let most = counts.max(), most > 0 else { return [] }
        let step = (width - 2 * inset) / Double(bins)
        return counts.enumerated().compactMap { index, count in
            guard count > 0 else { return nil }
            // A single value among hundreds must still be seen.
            let height = max(1.5, Double(count) / Double(most) * tallest)
            let x = number(inset + Double(index) * step + 0.5)
            return Markup(
                trusted:
                    "<rect class=\"bar\" x=\"\(x)\" y=\"\(number(baseline - height))\" width=\"\(number(step - 1))\" "
                    + "height=\"\(number(height))\"/>"
            )
        }
    }

    private static func line(_ name: String, _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> Markup {
        Markup(
            trusted:
                "<line class=\"\(name)\" x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" y2=\"\(number(y2))\"/>"
        )
    }

    private static func number(_ value: Double) -> String { Format.fixed(value, decimals: 1) }
}
