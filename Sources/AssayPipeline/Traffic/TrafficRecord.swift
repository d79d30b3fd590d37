import AssayEval
package import AssayModel
package import AssayReport
import AssayStore
import FoundationEssentials

/// Served answers as a run: the reports of evaluations show them.
package struct TrafficRecord: Sendable {
    /// The run; its id is made of its first and last answer's times.
    package let record: RunRecord
    /// A point a day.
    package let history: MetricHistory
    /// Answers of earlier versions of the pipeline that are left out.
    package let leftOut: Int

    /// Makes a run of a log.
    ///
    /// - Parameters:
    ///   - session: The opened pipeline.
    ///   - window: Which answers.
    ///   - everyVersion: Takes the answers of earlier versions of the pipeline in, which are otherwise left out.
    /// - Throws: `AssayError` "traffic.empty" when there are no answers; errors of the store and of calibration records.
    package init(_ session: PipelineSession, _ window: TrafficLog.Window, everyVersion: Bool) async throws {
        let log = try await TrafficLog(session, window)
        guard let newest = log.entries.last?.item else {
            throw AssayError(
                "traffic.empty",
                "no served answer of '\(session.parts.spec.name)' was kept in this time",
                remedy: "answers are kept when the pipeline file has serve: { online: { share: …, metrics: [ … ] } }"
            )
        }
        let entries = log.entries.filter { everyVersion || $0.item.system == newest.system }
        leftOut = log.entries.count - entries.count
        let latest = entries.latestScores
        let calibrations = try session.calibrations.records()
        func summaries(_ entries: [TrafficLog.Entry]) -> [MetricSummary] {
            log.summaries(of: entries, like: latest)
                .map { $0.standing(by: calibrations, fingerprint: latest?.fingerprint) }
        }
        let name = session.parts.spec.name + "/traffic"
        var results = Self.empty(name, session, entries.map(\.item), latest)
        results.questions = entries.map { $0.row(like: latest) }
        results.metrics = summaries(entries)
        var timings = RunTimings()
        for entry in entries {
            timings.questions[entry.item.id] = QuestionTiming(
                retrieveMs: entry.item.retrieveMs,
                answer: entry.item.answerMs.map { CallTimings(totalMs: $0) }
            )
        }
        let first = entries.first?.item.time ?? newest.time
        var environment = Machine.environment(started: first)
        environment.finished = newest.time
        record = RunRecord(
            id: "traffic-\(Self.digits(first))-\(Self.digits(newest.time))",
            status: .success,
            results: results,
            environment: environment,
            timings: timings
        )
        let days = Dictionary(grouping: entries, by: \.day).sorted { $0.key < $1.key }
        history = MetricHistory(
            pipeline: name,
            heads: days.map { day, entries in
                Store.RunHead(
                    identity: RunIdentity(
                        run: day,
                        pipeline: name,
                        specHash: entries.last?.item.system ?? "",
                        started: day + "T00:00:00Z",
                        corpus: results.corpus.name,
                        corpusFingerprint: "generation \(entries.last?.item.generation ?? 0)",
                        engine: entries.last?.item.engine,
                        judge: entries.last?.scores?.judge
                    ),
                    metrics: summaries(entries)
                )
            }
        )
    }

    private static func digits(_ time: String) -> String { time.filter { $0.isNumber || $0 == "T" } }

    /// The record before its rows.
    ///
    /// There is no evalset: two windows have different questions.
    private static func empty(
        _ name: String,
        _ session: PipelineSession,
        _ items: [TrafficItem],
        _ latest: TrafficScores?
    ) -> RunResults {
        let parts = session.parts
        let generations = Set(items.map(\.generation)).sorted()
        let systems = Set(items.map(\.system)).sorted()
        let spec: [String: JSONValue] = [
            "traffic": [
                "pipeline": .string(parts.spec.name), "versions": .array(systems.map { .string($0) }),
                "generations": .array(generations.map { .int($0) }),
            ],
            "metrics": .array((latest?.definitions ?? []).map { .string($0.hash) }),
            "judging": .string(latest?.fingerprint ?? "none"),
        ]
        let shown = generations.count == 1 ? "\(generations[0])" : "\(generations[0]) to \(generations.last ?? 0)"
        var results = RunResults(
            pipeline: name,
            specHash: ItemKey("traffic", JSONValue.object(spec).text).hex,
            spec: .object(spec),
            corpus: CorpusSummary(
                name: "\(session.corpusName), generation \(shown)",
                fingerprint: ItemKey("generations", parts: generations.map { "\($0)" }).hex,
                documents: Set(items.flatMap { $0.passages.map(\.document) }).count,
                chunks: Set(items.flatMap { $0.passages.map(\.id) }).count,
                bytes: 0,
                tokens: 0
            ),
            evalset: EvalsetSummary(
                name: "served answers",
                fingerprint: ItemKey("evalset", parts: items.map(\.id)).hex,
                split: "traffic",
                questions: items.count,
                unanswerable: 0,
                answered: items.count
            ),
            components: ["traffic": "\(systems.count) version\(systems.count == 1 ? "" : "s") of the pipeline"],
            engine: items.last?.engine
        )
        results.judge = latest?.judge
        results.panel = latest?.panel
        return results
    }

    /// What a renderer gets.
    ///
    /// - Parameter page: Path of an HTML page beside which the rows are written that do not fit into it; nil for none.
    /// - Returns: The input.
    /// - Throws: `AssayError` "file.write".
    package func input(besidePage page: String?) throws -> ReportInput {
        var input = ReportInput(record)
        input.history = history
        guard let page, input.cards.count > input.shownInFull.count else { return input }
        input.details = DetailFiles.folder(besidePage: page)
        var files = try DetailFiles(besidePage: page)
        for (number, question) in record.results.questions.enumerated() {
            let row = RunRow(question, timing: record.timings.questions[question.sample.question.id])
            try files.add(number, Data(try canonicalJSON(row).utf8))
        }
        try files.finish()
        return input
    }
}
