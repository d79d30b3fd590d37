package import AssayModel

/// How a run differs from a baseline, as a page shows it: what `assay compare` computes, or why the two must not be compared, and the
/// baseline's scores beside those of the run.
package struct ReportComparison: Sendable, Equatable {
    /// Questions that changed most, named in the page.
    static let changed = 10

    /// The baseline as a reader knows it: pipeline and run.
    package var baseline: String
    /// The comparison without its list of changes, nil where the two must not be compared.
    package var compared: PairedComparison?
    /// Why they must not be compared, and what to do; nil where they are.
    package var refusal: String?
    /// What a reader must know besides the comparison's own warnings.
    package var notes: [String]
    /// The questions that changed most, over all metrics compared.
    var mostChanged: [ChangedQuestion]
    /// The baseline's value of each metric (as `ReportInput.metrics`) and question, nil where it has none or is not compared.
    package var before: [[Double?]]
    /// The run's values, in the same form.
    private var after: [[Double?]]

    /// Takes a comparison.
    ///
    /// - Parameters:
    ///   - baseline: Results of the baseline.
    ///   - name: The baseline as a reader knows it.
    ///   - run: The run that is reported.
    ///   - outcome: The comparison with all its changes, or the refusal.
    ///   - notes: What was left out and why.
    package init(
        baseline: RunResults,
        named name: String,
        of run: ReportInput,
        _ outcome: Result<PairedComparison, AssayError>,
        notes: [String] = []
    ) {
        self.baseline = baseline.pipeline == name ? name : "\(baseline.pipeline) · \(name)"
        self.notes = notes
        let nothing = run.metrics.map { _ in [Double?](repeating: nil, count: run.cards.count) }
        before = nothing
        after = run.metrics.indices.map { column in run.cards.map { Self.finite($0.scores[column]) } }
        mostChanged = []
        switch outcome {
        case .failure(let error):
            refusal = [error.message, error.remedy].compactMap(\.self).joined(separator: "; ")
        case .success(var comparison):
            mostChanged = ChangedQuestion.most(of: comparison.metrics, limit: Self.changed)
            // The page needs no more of them, and with 200,000 questions they are many.
            for index in comparison.metrics.indices { comparison.metrics[index].changes = [] }
            compared = comparison
            let shared = Set(comparison.metrics.map(\.name))
            let places = Dictionary(run.cards.enumerated().map { ($1.id, $0) }) { first, _ in first }
            for row in baseline.questions {
                guard let place = places[row.sample.question.id] else { continue }
                for (column, metric) in run.metrics.enumerated() where shared.contains(metric) {
                    before[column][place] = Self.finite(row.scores[metric]?.score)
                }
            }
        }
    }

    private static func finite(_ score: Score?) -> Double? { score?.value.flatMap { $0.isFinite ? $0 : nil } }

    /// The largest change of each question as a share of the metric's range.
    func changes(_ definitions: [MetricDefinition?]) -> [Double] {
        var changes = [Double](repeating: 0, count: after.first?.count ?? 0)
        for (number, definition) in definitions.enumerated() where number < after.count {
            guard let range = definition?.range else { continue }
            let span = range.upperBound - range.lowerBound
            guard span.isFinite, span > 0 else { continue }
            for index in changes.indices {
                guard let old = before[number][index], let new = after[number][index] else { continue }
                changes[index] = max(changes[index], abs(new - old) / span)
            }
        }
        return changes
    }
}
