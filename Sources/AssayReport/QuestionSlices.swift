package import AssayModel

/// Means by the first tag of the questions, which names their kind.
///
/// A slice is small; its interval is Student's t on the standard error clustered by source document (the one that the
/// first gold label names), as in Inspect AI's `stderr(cluster=…)`: √(Σ_c (Σ_{i∈c} (xᵢ − x̄))² · C/(C−1)) / n.
package struct QuestionSlices: Sendable, Equatable {
    /// The mean of a metric over one slice.
    package struct Mean: Sendable, Equatable {
        /// Mean of the scored questions, nil when there are none.
        package var mean: Double?
        /// Lower end of the 95 % interval, nil below two clusters and where all values are equal, since then the
        /// spread says nothing.
        package var low: Double?
        /// Upper end of the 95 % interval.
        package var high: Double?
        /// Questions scored.
        package var scored: Int
    }

    /// The questions of one kind.
    package struct Slice: Sendable, Equatable {
        /// First tag, `untagged` for questions without.
        package var tag: String
        /// Questions of the slice.
        package var questions: Int
        /// Means in the order of `QuestionSlices.metrics`.
        package var means: [Mean]
    }

    /// Names of the metrics, in the order of the record.
    package let metrics: [String]
    /// Slices: most questions first, then by tag.
    package let slices: [Slice]

    /// Cuts a record's questions into slices.
    package init(_ record: RunRecord) {
        self.init(ReportInput(record))
    }

    /// Cuts the questions of a report's input into slices.
    init(_ input: ReportInput) {
        let definitions = input.record.results.metrics.map(\.definition)
        metrics = definitions.map(\.name)
        let groups = Dictionary(grouping: input.cards.indices) { input.cards[$0].tags.first ?? "untagged" }
        slices =
            groups
            .map { tag, rows in
                Slice(
                    tag: tag,
                    questions: rows.count,
                    means: definitions.enumerated().map { Self.mean(of: $1, at: $0, over: rows, of: input.cards) }
                )
            }
            .sorted { ($1.questions, $0.tag) < ($0.questions, $1.tag) }
    }

    private static func mean(
        of metric: MetricDefinition,
        at column: Int,
        over rows: [Int],
        of cards: [QuestionCard]
    ) -> Mean {
        var values: [(value: Double, cluster: String)] = []
        for row in rows {
            let card = cards[row]
            guard let value = card.scores[column]?.value, value.isFinite else { continue }
            values.append((value, card.source.isEmpty ? "q\(card.id)" : "d\(card.source)"))
        }
        guard !values.isEmpty else { return Mean(scored: 0) }
        let mean = values.reduce(0) { $0 + $1.value } / Double(values.count)
        var result = Mean(mean: mean, scored: values.count)
        if let half = halfWidth(values, mean: mean) {
            result.low = max(metric.range.lowerBound, mean - half)
            result.high = min(metric.range.upperBound, mean + half)
        }
        return result
    }

    static func halfWidth(_ values: [(value: Double, cluster: String)], mean: Double) -> Double? {
        var order: [String: Int] = [:]
        var sums: [Double] = []
        for (value, cluster) in values {
            let place = order[cluster] ?? sums.count
            if place == sums.count {
                order[cluster] = place
                sums.append(0)
            }
            sums[place] += value - mean
        }
        guard sums.count >= 2, values.contains(where: { $0.value != values[0].value }) else { return nil }
        let clusters = Double(sums.count)
        let squares = sums.reduce(0) { $0 + $1 * $1 }
        let error = (squares * clusters / (clusters - 1)).squareRoot() / Double(values.count)
        return studentT975(degrees: sums.count - 1) * error
    }

    /// The 97.5 % quantile of Student's t, within 0.0005.
    static func studentT975(degrees: Int) -> Double {
        let table = [
            12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281,
            2.2010, 2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860,
        ]
        if degrees <= table.count { return table[max(0, degrees - 1)] }
        // Cornish–Fisher expansion around the normal quantile (Abramowitz and Stegun 26.7.5).
        let z = 1.959_964
        let v = Double(degrees)
        let z3 = z * z * z
        return z + (z3 + z) / (4 * v) + (5 * z3 * z * z + 16 * z3 + 3 * z) / (96 * v * v)
    }
}
