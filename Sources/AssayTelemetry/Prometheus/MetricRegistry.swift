import Synchronization

/// The values of a table of metrics; safe to write from any thread.
///
/// A write takes one lock of its own series and nothing else, after a look-up of the label values under the metric's lock; `Series` can be kept to
/// save the look-up. Label sets are bounded: values that are not in a label's list, and series beyond a metric's limit, are counted under `other`.
package final class MetricRegistry: Sendable {
    /// One combination of label values.
    package final class Series: Sendable {
        struct State {
            /// A counter's or gauge's value; a histogram's sum.
            var value = 0.0
            /// A histogram's counts by bucket, the last for what lies above all bounds.
            var counts: [UInt64] = []
        }

        let labels: [String]
        private let bounds: [Double]
        private let state: Mutex<State>

        init(labels: [String], bounds: [Double]?) {
            self.labels = labels
            self.bounds = bounds ?? []
            state = Mutex(State(counts: bounds.map { Array(repeating: 0, count: $0.count + 1) } ?? []))
        }

        /// Adds to a counter or gauge; a counter takes no negative amounts and no NaN.
        package func add(_ amount: Double) {
            state.withLock { $0.value += amount }
        }

        /// Sets a gauge, or a counter that another source counts.
        package func set(_ value: Double) {
            state.withLock { $0.value = value }
        }

        /// Takes an observation into a histogram; NaN is left out.
        package func observe(_ value: Double) {
            guard !value.isNaN else { return }
            // Buckets are closed above: a value equal to a bound counts in it.
            let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
            state.withLock { state in
                state.value += value
                state.counts[bucket] += 1
            }
        }

        var reading: State { state.withLock { $0 } }
    }

    private final class Family: Sendable {
        let definition: MetricDefinition
        let series = Mutex<[[String]: Series]>([:])

        init(_ definition: MetricDefinition) {
            self.definition = definition
        }
    }

    private let families: [String: Family]
    private let order: [MetricDefinition]
    private let collectors = Mutex<[@Sendable (MetricRegistry) -> Void]>([])

    /// Creates a registry of these metrics, all at nothing; metrics without labels show at once.
    package init(_ definitions: [MetricDefinition] = ServiceMetrics.all) {
        order = definitions
        families = Dictionary(definitions.map { ($0.name, Family($0)) }) { first, _ in first }
        for definition in definitions where definition.labels.isEmpty { _ = series(definition, []) }
    }

    /// Adds a reading that is taken whenever the metrics are read, for example of a queue's length.
    package func onRead(_ collect: @escaping @Sendable (MetricRegistry) -> Void) {
        collectors.withLock { $0.append(collect) }
    }

    /// Adds to a counter or gauge.
    package func add(_ metric: MetricDefinition, _ amount: Double = 1, _ labels: String...) {
        series(metric, labels)?.add(amount)
    }

    /// Sets a gauge.
    package func set(_ metric: MetricDefinition, _ value: Double, _ labels: String...) {
        series(metric, labels)?.set(value)
    }

    /// Takes an observation into a histogram.
    package func observe(_ metric: MetricDefinition, _ value: Double, _ labels: String...) {
        series(metric, labels)?.observe(value)
    }

    /// The series of these label values.
    ///
    /// - Parameters:
    ///   - metric: A metric of the table.
    ///   - labels: A value for each of its labels, in their order.
    /// - Returns: The series; nil for a metric that is not in the table or another number of labels.
    package func series(_ metric: MetricDefinition, _ labels: [String]) -> Series? {
        guard let family = families[metric.name], labels.count == metric.labels.count else {
            assertionFailure("\(metric.name) is not in the table, or has \(metric.labels.count) labels")
            return nil
        }
        let definition = family.definition
        var bounded = labels
        for (position, label) in definition.labels.enumerated() {
            if let values = label.values, !values.contains(bounded[position]) { bounded[position] = "other" }
        }
        return family.series.withLock { known in
            if let series = known[bounded] { return series }
            if known.count >= definition.maxSeries { bounded = definition.labels.map { _ in "other" } }
            if let series = known[bounded] { return series }
            let series = Series(labels: bounded, bounds: definition.kind == .histogram ? definition.buckets : nil)
            known[bounded] = series
            return series
        }
    }

    /// Every metric with its series by label values.
    func readings() -> [(definition: MetricDefinition, series: [Series])] {
        for collect in collectors.withLock({ $0 }) { collect(self) }
        return order.compactMap { definition in
            guard let family = families[definition.name] else { return nil }
            let series = family.series.withLock { Array($0.values) }
            return (definition, series.sorted { $0.labels.lexicographicallyPrecedes($1.labels) })
        }
    }
}
