import AssayEval
import AssayModel
import Tracing

/// Recorded samples → scores, and their means with intervals.
struct Scoring: Sendable {
    let metrics: [any Metric]
    let tools: MetricTools
    /// Judge calls at once.
    let limit: Int
    let progress: Progress

    /// Scores all samples; one sample's metrics run in the order of the file.
    ///
    /// - Parameter rows: Samples with the reason where an answer failed.
    /// - Returns: The rows with their scores, in the same order.
    /// - Throws: When the judge's engine is gone; what it has said is in the journal.
    func run(_ rows: [QuestionResult]) async throws -> [QuestionResult] {
        progress.begin("score", total: rows.count)
        return try await concurrentMap(rows, limit: limit) { row in
            var row = row
            for metric in metrics {
                row.scores[metric.definition.name] = try await metric.score(
                    row.sample,
                    failure: row.failure,
                    tools: tools
                )
            }
            row.attribution = FailureRules.standard.attribution(of: row)
            progress.advance("score")
            return row
        }
    }
}
