import AssayEngines
import AssayEval
import AssayIngest
import AssayModel
package import AssayStore

/// Asks judges about answers that people have labelled, and measures how far they agree.
package struct CalibrationRun: Sendable {
    /// A label and a metric that ought to agree with it.
    package struct Pairing: Sendable, Equatable {
        /// Name of the label.
        package var label: String
        /// Name of the metric.
        package var metric: String

        /// Creates a pairing.
        package init(label: String, metric: String) {
            self.label = label
            self.metric = metric
        }

        /// What is compared with a label when nothing is said: metrics of one verdict, in which labels are given too.
        static func standard(for label: String) -> [Pairing] {
            let known: [String: [String]] = [
                "context_relevance": ["context_relevance_verdict"],
                "faithfulness": ["faithfulness_verdict", "groundedness_detector"],
                "answer_relevance": ["answer_relevance_verdict"],
            ]
            let isMetric = Metrics.builtin.entries.contains { $0.name == label }
            return (known[label] ?? (isMetric ? [label] : [])).map { Pairing(label: label, metric: $0) }
        }
    }

    /// What is measured and how.
    package struct Options: Sendable {
        /// What to compare; empty for the usual metrics of each label.
        package var pairings: [Pairing] = []
        /// The judges, one way of asking after another; empty without judges.
        package var judgings: [JudgingSpec] = []
        /// A pipeline whose metric options count, nil for defaults.
        package var pipeline: PipelineSpec?
        /// Characters of context of a row at most.
        package var contextLimit: Int?
        /// Rows at most, from the start of the file.
        package var rows: Int?
        /// Labelled rows of the prediction-powered mean, where every row has a label.
        package var labelledPart = 50
        /// Lowest and highest label, nil for 0…1 or what the file has.
        package var scale: ClosedRange<Int>?
        /// Seed of the bootstrap and of the labelled part.
        package var seed: UInt64 = 1

        /// The defaults.
        package init() {}
    }

    private let project: Project
    private let store: Store
    private let progress: Progress
    private let now: @Sendable () -> String

    /// Prepares a measurement.
    ///
    /// - Parameters:
    ///   - project: Names engines and models.
    ///   - store: Keeps the judges' replies.
    ///   - progress: Told of finished rows.
    ///   - now: The clock, injected.
    package init(project: Project, store: Store, progress: Progress, now: @escaping @Sendable () -> String) {
        self.project = project
        self.store = store
        self.progress = progress
        self.now = now
    }

    /// Measures agreement.
    ///
    /// - Parameters:
    ///   - path: The labels.
    ///   - options: What is measured and how.
    /// - Returns: The report, with a record for each judged metric.
    /// - Throws: `AssayError` for labels, metrics and engines; what an engine throws.
    package func run(_ path: String, _ options: Options) async throws -> CalibrationReport {
        let file = try LabelFile(reading: path)
        let labelled = LabelledRows(
            options.rows.map { Array(file.rows.prefix($0)) } ?? file.rows,
            contextLimit: options.contextLimit
        )
        let pairings = try options.pairings.isEmpty ? standard(file, path) : checked(options.pairings, file, path)
        let engines = try Engines(project)
        do {
            let started = now()
            var lines: [CalibrationReport.Line] = []
            var counts = JudgeSession.Counts()
            let unjudged = try pairings.filter { try !needsJudge($0.metric) }
            if !unjudged.isEmpty {
                let metrics = try metrics(unjudged, options)
                let rows = try await score(labelled, metrics, bench: nil, engines, options)
                lines += try measure(file, path, labelled, rows, unjudged, metrics, bench: nil, options)
            }
            let judged = try pairings.filter { try needsJudge($0.metric) }
            for judging in judged.isEmpty ? [] : options.judgings {
                let bench = try JudgeBench(judging, engines: engines, store: store)
                let metrics = try metrics(judged, options).map { $0.asked(by: judging.ask.asking) }
                let rows = try await score(labelled, metrics, bench: bench, engines, options)
                lines += try measure(file, path, labelled, rows, judged, metrics, bench: bench, options)
                counts.calls += bench.counts.calls
                counts.reused += bench.counts.reused
                counts.promptTokens += bench.counts.promptTokens
                counts.completionTokens += bench.counts.completionTokens
            }
            await engines.shutdown()
            var environment = Machine.environment(started: started)
            environment.finished = now()
            return CalibrationReport(
                file: baseName(path),
                sha256: file.digest,
                rows: labelled.answers.count,
                documents: Set(labelled.clusters).count,
                contextLimit: options.contextLimit,
                cutRows: labelled.cut,
                lines: lines,
                calls: counts.calls,
                reused: counts.reused,
                promptTokens: counts.promptTokens,
                completionTokens: counts.completionTokens,
                environment: environment
            )
        } catch {
            await engines.shutdown()
            throw error
        }
    }

    // MARK: what is compared

    private func standard(_ file: LabelFile, _ path: String) throws -> [Pairing] {
        let found = file.names.flatMap { Pairing.standard(for: $0) }
        guard !found.isEmpty else {
            throw AssayError(
                "calibration.metric",
                "no metric is known to go with the labels \(file.names.joined(separator: ", "))",
                at: Place(file: path),
                remedy: "say which: --metric LABEL=METRIC"
            )
        }
        return found
    }

    private func checked(_ pairings: [Pairing], _ file: LabelFile, _ path: String) throws -> [Pairing] {
        for pairing in pairings where !file.names.contains(pairing.label) {
            throw AssayError(
                "calibration.label",
                "the file has no label '\(pairing.label)'; it has \(file.names.joined(separator: ", "))",
                at: Place(file: path)
            )
        }
        return pairings
    }

    private func needsJudge(_ metric: String) throws -> Bool {
        try Metrics.make(metric).definition.needs.contains(.judge)
    }

    /// The metrics, each once, with the options that the pipeline gives them.
    private func metrics(_ pairings: [Pairing], _ options: Options) throws -> [any Metric] {
        var given: [String: ConfigNode] = [:]
        if case .list(let elements)? = options.pipeline?.evaluate?.metrics.value {
            for element in elements {
                if case .mapping(let members) = element.value, let member = members.first {
                    given[member.key] = member.value
                }
            }
        }
        var names: [String] = []
        for pairing in pairings where !names.contains(pairing.metric) { names.append(pairing.metric) }
        return try names.map { try Metrics.make($0, options: given[$0]) }
    }

    // MARK: scores

    private func score(
        _ labelled: LabelledRows,
        _ metrics: [any Metric],
        bench: JudgeBench?,
        _ engines: Engines,
        _ options: Options
    ) async throws -> [QuestionResult] {
        var embed: (@Sendable ([String]) async throws -> VectorBatch)?
        if metrics.contains(where: { $0.definition.needs.contains(.similarity) }) {
            let embedder = try SentenceEmbedder.make(engines.resources, as: options.pipeline?.embed)
            embed = { texts in try await embedder.embed(texts, as: .document) }
        }
        let scoring = Scoring(
            metrics: metrics,
            bench: bench,
            embed: embed,
            limit: bench?.slots ?? 2,
            progress: progress
        )
        return try await scoring.run(labelled.samples.map { QuestionResult(sample: $0) })
    }

    private func measure(
        _ file: LabelFile,
        _ path: String,
        _ labelled: LabelledRows,
        _ rows: [QuestionResult],
        _ pairings: [Pairing],
        _ metrics: [any Metric],
        bench: JudgeBench?,
        _ options: Options
    ) throws -> [CalibrationReport.Line] {
        var lines: [CalibrationReport.Line] = []
        for pairing in pairings {
            guard let metric = metrics.first(where: { $0.definition.name == pairing.metric }) else { continue }
            let results = rows.map { $0.scores[pairing.metric] ?? MetricResult(.notScored(reason: "no result")) }
            let scale = options.scale ?? labelled.scale(of: pairing.label)
            var line = CalibrationReport.Line(
                label: pairing.label,
                metric: pairing.metric,
                comparison: LabelComparison(
                    labelled,
                    results.map(\.score.value),
                    states: results.map(\.score),
                    label: pairing.label,
                    range: metric.definition.range,
                    scale: scale,
                    part: options.labelledPart,
                    seed: options.seed
                )
            )
            if let bench {
                line.record = JudgeCalibration(
                    metric: metric.definition,
                    judges: bench.members.map(\.engine.identity),
                    way: bench.spec.way,
                    labels: .init(file: baseName(path), sha256: file.digest, name: pairing.label, scale: scale),
                    agreement: line.comparison.agreement,
                    notScored: line.comparison.notScored,
                    contextLimit: options.contextLimit,
                    date: now()
                )
            }
            lines.append(line)
            // The plainest feature of the detector, as the least that anything else must beat.
            let words = results.map { $0.details?["features"]?["words"]?.doubleValue }
            if words.contains(where: { $0 != nil }) {
                lines.append(
                    CalibrationReport.Line(
                        label: pairing.label,
                        metric: "word overlap alone",
                        comparison: LabelComparison(
                            labelled,
                            words,
                            states: results.map(\.score),
                            label: pairing.label,
                            range: 0...1,
                            scale: scale,
                            part: options.labelledPart,
                            seed: options.seed
                        )
                    )
                )
            }
        }
        return lines
    }
}

/// The embedder of metrics that compare texts where there is no pipeline that names one.
enum SentenceEmbedder {
    static func make(_ resources: Resources, as named: PipelineSpec.Named? = nil) throws -> any Embedder {
        let place = named?.place ?? Place(file: "models.yaml")
        let model = ConfigNode.Member(
            key: "model",
            place: place,
            value: ConfigNode(.string("all-MiniLM-L6-v2"), at: place)
        )
        let options = named?.options ?? ConfigNode(.mapping([model]), at: place)
        return try Components.embedders.make(
            named?.name ?? "bert",
            options: try OptionReader(options, owner: "embed", place: place),
            resources: resources,
            at: place
        ).product
    }
}
