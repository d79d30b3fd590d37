package import AssayModel

/// One run in the history of a pipeline.
package struct HistoryPoint: Sendable, Equatable {
    /// The run's id.
    package var run: String
    /// When it started, ISO 8601.
    package var started: String
    /// Digest of what it measured.
    package var specHash: String
    /// Its metrics.
    package var metrics: [MetricSummary]
    /// Names of metrics whose level changes here, by whoever looks for change points.
    package var changes: Set<String>

    /// Creates a point.
    package init(
        run: String,
        started: String,
        specHash: String,
        metrics: [MetricSummary],
        changes: Set<String> = []
    ) {
        self.run = run
        self.started = started
        self.specHash = specHash
        self.metrics = metrics
        self.changes = changes
    }
}
