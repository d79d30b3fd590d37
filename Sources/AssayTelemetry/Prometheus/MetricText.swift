/// The form in which metrics are exposed.
package enum MetricFormat: Sendable {
    /// Prometheus's text format 0.0.4.
    case prometheus
    /// OpenMetrics 1.0.
    case openMetrics

    /// The form that a request's `Accept` asks for; Prometheus's own where it asks for neither.
    package init(accept: String?) {
        self = accept?.lowercased().contains("application/openmetrics-text") == true ? .openMetrics : .prometheus
    }

    /// The response's `Content-Type`.
    package var contentType: String {
        switch self {
        case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }
}

extension MetricRegistry {
    /// All metrics as text, numbers at full precision.
    ///
    /// - Parameter format: The form.
    /// - Returns: Metrics in the order of the table, series by label values; the last line ends with a line break.
    package func text(_ format: MetricFormat = .prometheus) -> String {
        var text = ""
        for (definition, series) in readings() where !series.isEmpty {
            let name = format == .openMetrics ? definition.familyName : definition.exposedName
            text += "# HELP \(name) \(escaped(definition.help, quotes: format == .openMetrics))\n"
            text += "# TYPE \(name) \(definition.kind.rawValue)\n"
            // OpenMetrics wants a unit only where the name ends with it.
            if format == .openMetrics, let unit = definition.unit.word, name.hasSuffix("_" + unit) {
                text += "# UNIT \(name) \(unit)\n"
            }
            for one in series { write(one, of: definition, to: &text) }
        }
        if format == .openMetrics { text += "# EOF\n" }
        return text
    }

    private func write(_ series: Series, of definition: MetricDefinition, to text: inout String) {
        let name = definition.exposedName
        let labels = zip(definition.labels, series.labels).map { label, value in
            "\(label.name)=\"\(escaped(value, quotes: true))\""
        }
        let reading = series.reading
        guard definition.kind == .histogram else {
            text += "\(name)\(braces(labels)) \(number(reading.value))\n"
            return
        }
        var total: UInt64 = 0
        for (position, count) in reading.counts.enumerated() {
            total += count
            let bound = position < definition.buckets.count ? number(definition.buckets[position]) : "+Inf"
            text += "\(name)_bucket\(braces(labels + ["le=\"\(bound)\""])) \(total)\n"
        }
        text += "\(name)_sum\(braces(labels)) \(number(reading.value))\n"
        text += "\(name)_count\(braces(labels)) \(total)\n"
    }

    private func braces(_ labels: [String]) -> String {
        labels.isEmpty ? "" : "{" + labels.joined(separator: ",") + "}"
    }

    /// The shortest text that reads back as the same number.
    private func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), abs(value) < 0x1p53 { return "\(Int64(value))" }
        return "\(value)"
    }

    private func escaped(_ text: String, quotes: Bool) -> String {
        guard text.utf8.contains(where: { $0 == 0x5c || $0 == 0x0a || $0 == 0x22 }) else { return text }
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
