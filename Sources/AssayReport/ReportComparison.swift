import AssayModel

/// How a run differs from a baseline: what the report shows, apart from how it was computed.
package struct ReportComparison: Sendable, Equatable {
    /// One metric over the questions that both runs scored.
    package struct Line: Sendable, Equatable {
        /// The metric.
        package var metric: String
        /// Questions scored in both runs.
        package var n: Int
        /// Mean of the baseline over these.
        package var before: Double?
        /// Mean of the run over these.
        package var after: Double?
        /// Mean of the differences.
        package var difference: Double?
        /// Lower end of the difference's 95 % interval.
        package var low: Double?
        /// Upper end.
        package var high: Double?
        /// p value after correction for several metrics, nil when none was computed.
        package var pValue: Double?
        /// Questions that became better, stayed, became worse.
        package var wins: Int
        package var ties: Int
        package var losses: Int
        /// Whether more is better.
        package var higherIsBetter: Bool

        /// Creates a line.
        package init(
            metric: String,
            n: Int,
            before: Double?,
            after: Double?,
            difference: Double?,
            low: Double?,
            high: Double?,
            pValue: Double? = nil,
            wins: Int,
            ties: Int,
            losses: Int,
            higherIsBetter: Bool
        ) {
            self.metric = metric
            self.n = n
            self.before = before
            self.after = after
            self.difference = difference
            self.low = low
            self.high = high
            self.pValue = pValue
            self.wins = wins
            self.ties = ties
            self.losses = losses
            self.higherIsBetter = higherIsBetter
        }

        /// Whether the interval leaves out 0, and on which side.
        var verdict: String {
            guard let low, let high, low.isFinite, high.isFinite else { return "no interval" }
            if let pValue, pValue > 0.05 { return "no difference shown" }
            if low > 0 { return higherIsBetter ? "better" : "worse" }
            if high < 0 { return higherIsBetter ? "worse" : "better" }
            return "no difference shown"
        }
    }

    /// The baseline as a reader knows it: pipeline and run.
    package var baseline: String
    /// Lines in the order of the record's metrics.
    package var lines: [Line]
    /// What a reader must know before trusting the lines.
    package var notes: [String]
    /// The baseline's value of each metric (as `ReportInput.metrics`) and question, nil where it has none.
    package var before: [[Double?]]
    /// The run's values, in the same form.
    private var after: [[Double?]]

    /// Creates a comparison whose lines were computed elsewhere.
    package init(baseline: ReportInput, of run: ReportInput, lines: [Line]? = nil, notes: [String] = []) throws {
        let old = baseline.record.results
        let new = run.record.results
        guard old.evalset?.fingerprint == new.evalset?.fingerprint, old.evalset?.split == new.evalset?.split else {
            throw AssayError(
                "report.baseline",
                "run \(baseline.record.id) cannot be the baseline of \(run.record.id): the evalset or its split differs",
                remedy: "name a run over the same questions"
            )
        }
        self.baseline = old.pipeline + " · " + baseline.record.id
        let places = Dictionary(baseline.cards.enumerated().map { ($1.id, $0) }) { first, _ in first }
        let partners = run.cards.map { places[$0.id] }
        let hashes = Dictionary(old.metrics.map { ($0.definition.name, $0.definitionHash) }) { first, _ in first }
        let columns = Dictionary(baseline.metrics.enumerated().map { ($1, $0) }) { first, _ in first }
        var unlike: [String] = []
        before = run.metrics.enumerated().map { number, name in
            let definition = number < new.metrics.count ? new.metrics[number] : nil
            if let definition, let hash = hashes[name], hash != definition.definitionHash { unlike.append(name) }
            guard let column = columns[name], unlike.last != name else {
                return [Double?](repeating: nil, count: run.cards.count)
            }
            return partners.map { $0.flatMap { Self.finite(baseline.cards[$0].scores[column]) } }
        }
        after = run.metrics.indices.map { number in run.cards.map { Self.finite($0.scores[number]) } }
        self.lines = []
        self.notes = notes
        if old.corpus.fingerprint != new.corpus.fingerprint {
            self.notes.append("The two runs read different versions of the corpus.")
        }
        if !unlike.isEmpty {
            self.notes.append("Computed by another definition, so not compared: \(unlike.joined(separator: ", ")).")
        }
        self.lines = lines ?? new.metrics.enumerated().compactMap { line($0, $1.definition, run.cards) }
    }

    private static func finite(_ score: Score?) -> Double? { score?.value.flatMap { $0.isFinite ? $0 : nil } }

    private func line(_ number: Int, _ definition: MetricDefinition, _ cards: [QuestionCard]) -> Line? {
        var pairs: [(before: Double, after: Double, cluster: String)] = []
        for (index, card) in cards.enumerated() {
            guard let old = before[number][index], let new = after[number][index] else { continue }
            pairs.append((old, new, card.source.isEmpty ? "q\(card.id)" : "d\(card.source)"))
        }
        guard !pairs.isEmpty else { return nil }
        let n = Double(pairs.count)
        let differences = pairs.map { (value: $0.after - $0.before, cluster: $0.cluster) }
        let mean = differences.reduce(0) { $0 + $1.value } / n
        let half = QuestionSlices.halfWidth(differences, mean: mean)
        let sign = definition.higherIsBetter ? 1.0 : -1.0
        return Line(
            metric: definition.name,
            n: pairs.count,
            before: pairs.reduce(0) { $0 + $1.before } / n,
            after: pairs.reduce(0) { $0 + $1.after } / n,
            difference: mean,
            low: half.map { mean - $0 },
            high: half.map { mean + $0 },
            wins: differences.count { sign * $0.value > 1e-9 },
            ties: differences.count { abs($0.value) <= 1e-9 },
            losses: differences.count { sign * $0.value < -1e-9 },
            higherIsBetter: definition.higherIsBetter
        )
    }

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
