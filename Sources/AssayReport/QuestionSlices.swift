package import AssayModel

/// Means by the first tag of the questions, which names their kind.
///
/// The intervals are those of the whole run (`ClusteredMean`), and so are the clusters: two questions that a third one joins stay
/// together in a slice without it.
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
        let clusters = QuestionClusters(documents: input.cards.map(\.sources)).indices
        let groups = Dictionary(grouping: input.cards.indices) { input.cards[$0].tags.first ?? "untagged" }
        slices =
            groups
            .map { tag, rows in
                Slice(
                    tag: tag,
                    questions: rows.count,
                    means: definitions.enumerated().map {
                        Self.mean(of: $1, at: $0, over: rows, of: input.cards, clusters)
                    }
                )
            }
            .sorted { ($1.questions, $0.tag) < ($0.questions, $1.tag) }
    }

    private static func mean(
        of metric: MetricDefinition,
        at column: Int,
        over rows: [Int],
        of cards: [QuestionCard],
        _ clusters: [Int]
    ) -> Mean {
        let scored = rows.filter { cards[$0].scores[column]?.value?.isFinite == true }
        let values = scored.compactMap { cards[$0].scores[column]?.value }
        guard let mean = ClusteredMean(values, clusters: scored.map { clusters[$0] }) else { return Mean(scored: 0) }
        var result = Mean(mean: mean.mean, scored: mean.count)
        if let interval = mean.interval(), values.contains(where: { $0 != values[0] }) {
            result.low = max(metric.range.lowerBound, interval.lowerBound)
            result.high = min(metric.range.upperBound, interval.upperBound)
        }
        return result
    }
}
