import AssayModel

/// A question with its changed scores.
struct ChangedQuestion: Equatable {
    struct Change: Equatable {
        var metric: String
        var before: Double
        var after: Double
        /// |change| as a share of the metric's range.
        var size: Double
    }

    var id: String
    /// Largest change first.
    var changes: [Change]

    /// The questions with the largest changes, as shares of each metric's range; equal ones by id, as in ranked lists.
    static func most(of metrics: [MetricComparison], limit: Int) -> [ChangedQuestion] {
        var byID: [String: [Change]] = [:]
        for metric in metrics {
            let range = metric.definition.range.upperBound - metric.definition.range.lowerBound
            let largest = metric.changes.first.map { abs($0.delta) } ?? 0
            // A metric without bounds is measured by its own largest change.
            let width = range.isFinite && range > 0 && range <= 100 ? range : largest
            for change in metric.changes where abs(change.delta) > 1e-9 {
                byID[change.question, default: []].append(
                    Change(
                        metric: metric.name,
                        before: change.before,
                        after: change.after,
                        size: abs(change.delta) / width
                    )
                )
            }
        }
        func total(_ changes: [Change]) -> Double { changes.reduce(0) { $0 + $1.size } }
        let ordered = byID.map { (id: $0.key, changes: $0.value, total: total($0.value)) }.sorted { one, two in
            one.total == two.total ? two.id.utf8.lexicographicallyPrecedes(one.id.utf8) : one.total > two.total
        }
        return ordered.prefix(max(0, limit)).map { id, changes, _ in
            // Stable: equal changes stay in the order of the metrics.
            let sorted = changes.enumerated().sorted { ($1.element.size, $0.offset) < ($0.element.size, $1.offset) }
            return ChangedQuestion(id: id, changes: sorted.map(\.element))
        }
    }
}
