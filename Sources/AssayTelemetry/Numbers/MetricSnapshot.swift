/// What a registry held at one moment.
package struct MetricSnapshot: Sendable {
    /// One combination of label values.
    package struct Series: Sendable, Equatable {
        /// In the order of the metric's labels.
        package var labels: [String]
        /// A counter's or gauge's value; a histogram's sum.
        package var value: Double
        /// A histogram's counts by bucket, the last for what lies above all bounds.
        package var counts: [UInt64]

        package init(labels: [String] = [], value: Double = 0, counts: [UInt64] = []) {
            self.labels = labels
            self.value = value
            self.counts = counts
        }
    }

    /// When it was taken: time since any fixed moment.
    package var time: Duration
    private var metrics: [String: [Series]]

    /// Creates a snapshot.
    ///
    /// - Parameters:
    ///   - time: When it was taken.
    ///   - metrics: Series by name of the metric.
    package init(at time: Duration, _ metrics: [String: [Series]]) {
        self.time = time
        self.metrics = metrics
    }

    /// The series of a metric; none where nothing was counted.
    package subscript(metric: MetricDefinition) -> [Series] { metrics[metric.name] ?? [] }
}

extension MetricRegistry {
    /// What all metrics are now.
    package func snapshot(at time: Duration) -> MetricSnapshot {
        var metrics: [String: [MetricSnapshot.Series]] = [:]
        for (definition, series) in readings() where !series.isEmpty {
            metrics[definition.name] = series.map { one in
                let reading = one.reading
                return .init(labels: one.labels, value: reading.value, counts: reading.counts)
            }
        }
        return MetricSnapshot(at: time, metrics)
    }
}
