package import AssayModel

/// What is known of a judge's agreement with people in one metric: kept in a file, and looked up by every run.
package struct JudgeCalibration: Sendable, Codable, Equatable {
    /// What was compared with what.
    package struct Labels: Sendable, Codable, Equatable {
        /// File name of the labels.
        package var file: String
        /// SHA-256 of the file.
        package var sha256: String
        /// Name of the label.
        package var name: String
        /// Lowest and highest label.
        package var scale: ClosedRange<Int>

        /// Creates a description.
        package init(file: String, sha256: String, name: String, scale: ClosedRange<Int>) {
            self.file = file
            self.sha256 = sha256
            self.name = name
            self.scale = scale
        }
    }

    /// Version of this format.
    package static let currentFormat = 1

    /// Version of the format the record was written in.
    package var format: Int
    /// The metric with formula, prompts and way of asking.
    package var metric: MetricDefinition
    /// `metric.hash`.
    package var metricHash: String
    /// The judge, or the judges of a panel.
    package var judges: [EngineIdentity]
    /// How they are asked: `json` or `logprob`, and what else of the asking decides a verdict.
    package var way: String
    /// Digest of what of the judges decides a verdict.
    package var fingerprint: String
    /// The labels.
    package var labels: Labels
    /// Agreement over the rows that have a score and a label.
    package var agreement: Agreement
    /// Rows with a label that could not be scored.
    package var notScored: Int
    /// Characters of context a row at most, nil without a limit.
    package var contextLimit: Int?
    /// When it was measured, ISO 8601 in UTC.
    package var date: String

    /// Creates a record.
    package init(
        metric: MetricDefinition,
        judges: [EngineIdentity],
        way: String,
        labels: Labels,
        agreement: Agreement,
        notScored: Int,
        contextLimit: Int?,
        date: String
    ) {
        format = Self.currentFormat
        self.metric = metric
        metricHash = metric.hash
        self.judges = judges
        self.way = way
        fingerprint = Self.fingerprint(of: judges, way: way)
        self.labels = labels
        self.agreement = agreement
        self.notScored = notScored
        self.contextLimit = contextLimit
        self.date = date
    }

    /// Least share of the labelled rows that the judge must have scored: one that answers only where it is easy shows nothing.
    package static let leastCoverage = 0.9

    /// Whether it shows a judge that agrees with people better than chance, over nearly all rows.
    package var isValid: Bool {
        let coverage = Double(agreement.rows) / Double(max(1, agreement.rows + notScored))
        return agreement.isBetterThanChance && coverage >= Self.leastCoverage
    }

    /// Why the record does not make a judge validated.
    var shortcoming: String {
        agreement.isBetterThanChance
            ? "its calibration record left \(notScored) of \(agreement.rows + notScored) labelled rows without a verdict"
            : "its calibration record over \(agreement.rows) labelled rows does not show it better than chance"
    }

    /// Digest of what of the judges decides a verdict: model file, else the model's name, and the way of asking.
    ///
    /// Name, URL and mode of the engine are left out: a server with or without prefix cache is the same judge.
    package static func fingerprint(of judges: [EngineIdentity], way: String) -> String {
        ItemKey("judge-fingerprint", parts: [way] + judges.map { $0.modelHash ?? "model \($0.model)" }).hex
    }
}

extension MetricSummary {
    /// This summary with the standing of the judge behind it; unchanged for metrics without a judge.
    ///
    /// - Parameters:
    ///   - calibrations: All that is known.
    ///   - fingerprint: `JudgeCalibration.fingerprint` of the run's judges, nil without a judge.
    /// - Returns: The summary.
    package func standing(by calibrations: [JudgeCalibration], fingerprint: String?) -> MetricSummary {
        guard definition.needs.contains(.judge) else { return self }
        let ofMetric = calibrations.filter { $0.metric.name == definition.name }
        let alike = ofMetric.filter { $0.fingerprint == fingerprint && $0.metricHash == definitionHash }
        var summary = self
        summary.judgeStanding = alike.contains(where: \.isValid) ? .validated : .unvalidated
        guard summary.judgeStanding == .unvalidated else { return summary }
        summary.standingReason =
            if let record = alike.last {
                record.shortcoming
            } else if ofMetric.contains(where: { $0.fingerprint == fingerprint }) {
                "its calibration record is of another definition of the metric"
            } else if ofMetric.isEmpty {
                "there is no calibration record of this metric"
            } else {
                "the calibration records of this metric are of other judges or ways of asking"
            }
        return summary
    }
}
