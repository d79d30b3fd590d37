package import AssayModel

extension MetricSummary {
    /// Sums up each metric over the rows of a run.
    ///
    /// A row without a result of the metric, or with a value that is not finite, counts as not scored: no row is dropped.
    /// The interval is Student's t on the clustered standard error, clamped to the metric's range; Wilson's for shares, where every
    /// value is 0 or 1.
    ///
    /// - Parameters:
    ///   - definitions: What was computed, in the order of the file.
    ///   - rows: The questions, in the order of the evalset.
    /// - Returns: One summary a definition.
    package static func all(of definitions: [MetricDefinition], rows: [QuestionResult]) -> [MetricSummary] {
        let clusters = QuestionClusters(rows.map(\.sample.question)).indices
        return definitions.map { MetricSummary(of: $0, rows: rows, clusters: clusters) }
    }

    /// Sums up one metric.
    ///
    /// - Parameters:
    ///   - definition: What was computed.
    ///   - rows: The questions, in the order of the evalset.
    ///   - clusters: The cluster of each row.
    package init(of definition: MetricDefinition, rows: [QuestionResult], clusters: [Int]) {
        precondition(rows.count == clusters.count, "each row has a cluster")
        var values: [Double] = []
        var clustersOfValues: [Int] = []
        var notScored = 0
        var notApplicable = 0
        for (row, cluster) in zip(rows, clusters) {
            switch row.scores[definition.name]?.score {
            case .scored(let value) where value.isFinite:
                values.append(value)
                clustersOfValues.append(cluster)
            case .notApplicable: notApplicable += 1
            case .scored, .notScored, nil: notScored += 1
            }
        }
        let mean = ClusteredMean(values, clusters: clustersOfValues)
        let isYesOrNo = definition.range == 0...1 && values.allSatisfy { $0 == 0 || $0 == 1 }
        let interval =
            isYesOrNo
            ? ProportionInterval.wilson(values, clusters: clustersOfValues)
            : mean?.interval()?.clamped(to: definition.range)
        self.init(
            definition: definition,
            mean: mean?.mean,
            low: interval?.lowerBound,
            high: interval?.upperBound,
            scored: values.count,
            notScored: notScored,
            notApplicable: notApplicable,
            clusters: mean?.clusters ?? 0,
            flipRate: Self.flipRate(rows, of: definition)
        )
        // Metrics that ask in both orders say in the details whether the two answers agree.
        let orders = rows.compactMap { row -> Bool? in
            guard case .bool(let agree)? = row.scores[definition.name]?.details?["consistent"] else { return nil }
            return agree
        }
        if !orders.isEmpty { orderConsistency = Double(orders.count { $0 }) / Double(orders.count) }
    }
}
