import AssayModel

/// What a history says in words, wherever it is shown.
enum HistoryText {
    static let noCause = "nothing that a record holds changed"

    /// "hit@5: 0.800 → 0.500 from 2026-11-16 on, run r6".
    static func sentence(
        _ change: MetricHistory.Change,
        of series: MetricHistory.Series,
        in history: MetricHistory
    ) -> String {
        let run = history.runs[series.points[change.point].run].identity
        return "\(PrintableText.line(series.metric)): \(Format.metric(change.before)) → \(Format.metric(change.after)) "
            + "from \(PrintableText.line(run.started)) on, run \(PrintableText.line(run.run))"
    }
}
