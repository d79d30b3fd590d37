import AssayEval
import AssayModel

/// The served answers of a pipeline in figures.
package struct TrafficSummary: Sendable, Codable, Equatable {
    /// A metric over the answers.
    package struct Line: Sendable, Codable, Equatable {
        /// The metric.
        package var metric: String
        /// Mean of the scored answers.
        package var mean: Double?
        /// Lower end of its 95 % interval.
        package var low: Double?
        /// Upper end.
        package var high: Double?
        /// Answers scored.
        package var scored: Int
        /// Answers that could not be scored, or are not yet.
        package var notScored: Int
        /// Answers that it does not apply to.
        package var notApplicable: Int
    }

    /// The answers of some time.
    package struct Part: Sendable, Codable, Equatable {
        /// The day in UTC; `all` for the whole window.
        package var day: String
        /// Answers kept.
        package var answers: Int
        /// Of these, judged.
        package var judged: Int
        /// Chosen questions that were not answered, by how they ended.
        package var missed: [String: Int]
        /// Readers that rated an answer up, of answers that were not kept too.
        package var up: Int
        /// And down.
        package var down: Int
        /// The metrics in the order of the file, feedback last.
        package var metrics: [Line]
    }

    /// Name of the pipeline.
    package var pipeline: String
    /// Versions of the pipeline that answered.
    package var versions: Int
    /// The whole window.
    package var all: Part
    /// Its days, oldest first.
    package var days: [Part]

    /// Sums up a log.
    package init(_ log: TrafficLog, pipeline: String) {
        self.pipeline = pipeline
        versions = Set(log.entries.map(\.item.system)).count
        let latest = log.entries.latestScores
        func part(_ day: String?) -> Part {
            func isOf(_ time: String) -> Bool { day.map { time.hasPrefix($0) } ?? true }
            let entries = log.entries.filter { isOf($0.item.time) }
            let said = log.feedback.filter { isOf($0.time) }
            return Part(
                day: day ?? "all",
                answers: entries.count,
                judged: entries.count { $0.scores != nil },
                missed: Dictionary(
                    log.missed.filter { isOf($0.time) }.map { ($0.outcome.rawValue, 1) },
                    uniquingKeysWith: +
                ),
                up: said.count { $0.rating > 0 },
                down: said.count { $0.rating < 0 },
                metrics: log.summaries(of: entries, like: latest).map { summary in
                    Line(
                        metric: summary.definition.name,
                        mean: summary.mean,
                        low: summary.low,
                        high: summary.high,
                        scored: summary.scored,
                        notScored: summary.notScored,
                        notApplicable: summary.notApplicable
                    )
                }
            )
        }
        all = part(nil)
        let times = log.entries.map(\.item.time) + log.missed.map(\.time) + log.feedback.map(\.time)
        days = Set(times.map { String($0.prefix(10)) }).sorted().map { part($0) }
    }
}

extension [TrafficLog.Entry] {
    /// What was computed last: definitions and judge of a report.
    var latestScores: TrafficScores? {
        compactMap(\.scores).max { ($0.time, $0.id) < ($1.time, $1.id) }
    }
}

extension TrafficLog {
    /// Means with intervals, clustered by the document that an answer rests on; feedback last.
    func summaries(of entries: [Entry], like latest: TrafficScores?) -> [MetricSummary] {
        MetricSummary.all(
            of: (latest?.definitions ?? []) + [Entry.feedbackDefinition],
            rows: entries.map { $0.row(like: latest) }
        )
    }
}
