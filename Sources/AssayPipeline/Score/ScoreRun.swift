import AssayEngines
import AssayEval
import AssayIngest
package import AssayModel
import AssayStore
import FoundationEssentials
import Tracing

/// Scores answers that another system made: no corpus, no pipeline, the same record as a run.
package struct ScoreRun: Sendable {
    /// What is scored, and by what.
    package struct Request: Sendable {
        /// File of samples.
        package var file: String
        /// File with TREC labels: `file` is then a TREC run.
        package var qrels: String?
        /// Name of its format, nil to see by its first rows.
        package var format: String?
        /// What separates the elements of a list in a CSV cell, nil for the format's own.
        package var delimiter: String?
        /// Only samples with this tag, nil for all.
        package var tag: String?
        /// Names of metrics.
        package var metrics: [String] = []
        /// File with declared metrics, nil for none.
        package var define: String?
        /// An engine's name, or the URL of an OpenAI-compatible server; nil for no judge.
        package var judge: String?
        /// The model that a judge given by URL is asked for.
        package var judgeModel = "default"
        /// How verdicts are asked for, `json` or `logprob`; nil leaves the schema to the engine.
        package var ask: String?
        /// Name of the variable with the key of a judge given by URL.
        package var judgeKey: String?
        /// An embedder's model, nil for none.
        package var embed: String?
        /// File of engines instead of the project's.
        package var engines: String?
        /// Name of the run in reports and comparisons, nil for the file's.
        package var name: String?

        /// A request for a file.
        package init(file: String) { self.file = file }
    }

    /// What was read of the file.
    package struct Reading: Sendable {
        /// Name of the format.
        package var format: String
        /// Samples that are scored.
        package var samples: Int
        /// Rows that could not be read.
        package var bad: Int
        /// The first of them, with file and line.
        package var faults: [AssayError]
        /// Rows of the format that are no samples.
        package var skipped: Int
    }

    /// What was read of the file.
    package let reading: Reading
    private let request: Request
    private let traces = QuestionTraces()
    private let set: SampleSet
    private let metrics: [any Metric]
    private let bench: JudgeBench?
    private let embedder: Configured<any Embedder>?
    private let engines: Engines
    private let workspace: Workspace
    private let store: Store
    private let progress: Progress
    private let now: @Sendable () -> String

    /// Reads the samples and makes metrics, judge and embedder; nothing is asked yet.
    ///
    /// - Parameters:
    ///   - request: What is scored.
    ///   - project: Where engines, models and the journal are.
    ///   - progress: Told of finished samples.
    ///   - now: The clock, injected.
    /// - Throws: `AssayError` for anything wrong with file, metrics, engine or workspace.
    package init(
        _ request: Request,
        project: Project,
        progress: Progress,
        now: @escaping @Sendable () -> String
    ) throws {
        self.request = request
        self.progress = progress
        self.now = now
        let chosen = try ScoreMetrics(request.metrics, file: request.define)
        var set =
            try request.qrels.map { try SampleSet(trecRun: request.file, qrels: $0) }
            ?? SampleSet(
                reading: request.file,
                format: try request.format.map { try SampleReaders.reader($0) },
                delimiter: request.delimiter
            )
        if let tag = request.tag {
            set.samples.removeAll { !$0.tags.contains(tag) }
            guard !set.samples.isEmpty else {
                throw AssayError("score.tag", "no sample has the tag '\(tag)'", at: Place(file: request.file))
            }
        }
        self.set = set
        reading = Reading(
            format: set.format,
            samples: set.samples.count,
            bad: set.bad,
            faults: set.faults,
            skipped: set.skipped
        )
        workspace = project.workspace
        try workspace.create()
        store = try Store(workspace, now: now)
        let engines = try Engines(project, file: request.engines)
        self.engines = engines
        let judging = try Self.judging(request, chosen, engines)
        metrics = chosen.metrics.map { $0.asked(by: judging?.ask.asking ?? .json) }
        bench = try judging.map { [store] in try JudgeBench($0, engines: engines, store: store) }
        embedder = try request.embed.map { try Self.embedder($0, engines.resources) }
        try Self.check(metrics, hasJudge: bench != nil, embedder: embedder)
    }

    /// A metric that cannot be computed for any sample is a mistake of the call, not a state of the samples.
    private static func check(
        _ metrics: [any Metric],
        hasJudge: Bool,
        embedder: Configured<any Embedder>?
    ) throws {
        for definition in metrics.map(\.definition) {
            if definition.needs.contains(.judge), !hasJudge {
                throw AssayError(
                    "score.judge",
                    "'\(definition.name)' needs a judge",
                    remedy: "name one with --judge ENGINE (of engines.yaml) or --judge URL"
                )
            }
            if definition.needs.contains(.similarity), embedder == nil {
                throw AssayError(
                    "score.embed",
                    "'\(definition.name)' needs an embedder",
                    remedy: "name a model with --embed, for example --embed all-MiniLM-L6-v2"
                )
            }
        }
    }

    /// The judge of the command line, else that of the file with declarations.
    private static func judging(_ request: Request, _ chosen: ScoreMetrics, _ engines: Engines) throws -> JudgingSpec? {
        guard let name = request.judge else { return try chosen.judge.map { try JudgingSpec($0) } }
        let place = Place(file: "--judge")
        func spec(_ name: String) throws -> JudgingSpec {
            let engine = ConfigNode(.string(name), at: place)
            guard let ask = request.ask else { return try JudgingSpec(engine) }
            let members = [("engine", engine), ("ask", ConfigNode(.string(ask), at: Place(file: "--ask")))]
            return try JudgingSpec(
                ConfigNode(.mapping(members.map { .init(key: $0.0, place: place, value: $0.1) }), at: place)
            )
        }
        guard name.contains("://") else { return try spec(name) }
        var config = EngineConfig(name: "judge", kind: .openai, model: request.judgeModel)
        config.baseURL = name
        config.apiKeyVariable = request.judgeKey
        try engines.add(config)
        return try spec(config.name)
    }

    private static func embedder(_ model: String, _ resources: Resources) throws -> Configured<any Embedder> {
        let place = Place(file: "--embed")
        let isHashed = model == "hashed"
        let members =
            isHashed
            ? [] : [ConfigNode.Member(key: "model", place: place, value: ConfigNode(.string(model), at: place))]
        return try Components.embedders.make(
            isHashed ? "hashed" : "bert",
            options: try OptionReader(ConfigNode(.mapping(members), at: place), owner: "--embed", place: place),
            resources: resources,
            at: place
        )
    }

    /// Scores all samples and commits the record.
    ///
    /// - Parameter id: The run's id.
    /// - Returns: The record and where it may be exported.
    /// - Throws: When the judge's engine is gone; what it has said is in the journal.
    package func run(id: String) async throws -> PipelineRun.Outcome {
        let started = now()
        var results = empty
        try await store.startRun(id, pipeline: results.pipeline, specHash: results.specHash, started: started)
        do {
            var timings = RunTimings(stages: [])
            results.questions = try await withSpan("assay.run") { span in
                span.attributes[TraceKey.pipeline] = results.pipeline
                span.attributes[TraceKey.session] = id
                traces.begin(span, pipeline: results.pipeline, run: id)
                return try await scored(&results, &timings)
            }
            results.metrics = MetricSummary.all(of: metrics.map(\.definition), rows: results.questions)
            var environment = Machine.environment(started: started)
            environment.finished = now()
            let record = RunRecord(
                id: id,
                status: .success,
                results: results,
                environment: environment,
                timings: timings
            )
            try await store.put(run: record)
            return PipelineRun.Outcome(record: record, folder: workspace.runs + "/" + id)
        } catch {
            try? await store.endRun(id, status: error is CancellationError ? .cancelled : .failed)
            throw error
        }
    }

    /// Ends what was started.
    package func close() async { await engines.shutdown() }

    private func scored(_ results: inout RunResults, _ timings: inout RunTimings) async throws -> [QuestionResult] {
        let clock = ContinuousClock()
        let start = clock.now
        let embed = embedder?.product
        let rows = set.samples.map(\.row)
        let unranked = Set(set.samples.filter { !$0.hasRanking }.map(\.id))
        for sample in set.samples {
            guard let time = sample.latencyMs else { continue }
            timings.questions[sample.id] = QuestionTiming(retrieveMs: 0, answer: CallTimings(totalMs: time))
        }
        for row in rows { traces.record(row) }
        let scoring = Scoring(
            metrics: metrics.map { unranked.isEmpty ? $0 : RankedOnly(metric: $0, unranked: unranked) },
            bench: bench,
            embed: embed.map { embed in { @Sendable texts in try await embed.embed(texts, as: .document) } },
            limit: bench?.slots ?? 2,
            progress: progress,
            traces: traces
        )
        let scored = try await scoring.run(rows)
        let seconds = (clock.now - start) / .seconds(1)
        if let counts = bench?.counts {
            timings.stages.append(
                StageTiming(
                    stage: "judge",
                    items: counts.calls,
                    reused: counts.reused,
                    seconds: seconds,
                    promptTokens: counts.promptTokens,
                    completionTokens: counts.completionTokens,
                    processedTokens: counts.processedTokens
                )
            )
        }
        timings.stages.append(
            StageTiming(
                stage: "score",
                items: rows.count * metrics.count,
                reused: 0,
                seconds: bench == nil ? seconds : 0
            )
        )
        return scored
    }

    /// The record before scoring: there is no corpus, and two systems that answered the same questions have equal evalsets.
    private var empty: RunResults {
        let name = request.name ?? baseName(request.file)
        let questions = set.samples.map { $0.sample.question }
        let texts = questions.map { (try? canonicalJSON($0)) ?? $0.id }
        var spec: [String: JSONValue] = [
            "samples": ["format": .string(set.format), "sha256": .string(set.digest)],
            "metrics": .array(metrics.map { .string($0.definition.hash) }),
        ]
        if let tag = request.tag { spec["tag"] = .string(tag) }
        if let embedder { spec["embed"] = .object(["by": .string(embedder.name), "options": embedder.options]) }
        if let bench {
            spec["judge"] = .array(
                bench.members.map { .string((try? canonicalJSON($0.engine.identity)) ?? $0.engine.identity.name) }
            )
            spec["judging"] = [
                "ask": .string(bench.spec.ask.rawValue), "repeats": .int(bench.spec.repeats),
                "temperature": .double(bench.spec.temperature), "combine": .string(bench.spec.combine.rawValue),
            ]
        }
        let splits = Set(questions.map(\.split))
        var results = RunResults(
            pipeline: name,
            specHash: ItemKey("score", JSONValue.object(spec).text).hex,
            spec: .object(spec),
            corpus: CorpusSummary(
                name: "none",
                fingerprint: ItemKey("corpus", "none").hex,
                documents: 0,
                chunks: 0,
                bytes: 0,
                tokens: 0,
                leftOut: set.faults.map {
                    LeftOut(
                        file: $0.place.map { "\(baseName($0.file))\($0.line.map { ":\($0)" } ?? "")" }
                            ?? baseName(request.file),
                        code: $0.code.rawValue,
                        reason: $0.message
                    )
                }
            ),
            evalset: EvalsetSummary(
                name: baseName(request.file),
                fingerprint: ItemKey("evalset", parts: texts).hex,
                split: splits.count == 1 ? splits.first ?? "all" : "all",
                questions: questions.count,
                unanswerable: questions.count(where: \.isUnanswerable),
                answered: set.samples.count { $0.answer != nil || $0.failure != nil }
            ),
            components: ["samples": set.format]
        )
        results.judge = bench?.members.first?.engine.identity
        results.panel = bench?.panel
        return results
    }
}

extension ImportedSample {
    /// As a row of a run: citations and abstention are read from the answer as they are from an engine's.
    fileprivate var row: QuestionResult {
        var sample = sample
        sample.latencyMs = latencyMs
        guard let answer else { return QuestionResult(sample: sample, failure: failure) }
        let reply = ChatReply(
            text: answer,
            finish: .stop,
            usage: usage ?? Usage(promptTokens: 0, completionTokens: 0),
            timings: CallTimings(totalMs: latencyMs ?? 0)
        )
        var parsed = AnswerParser.answer(reply, passages: sample.context.map(\.id))
        if let abstained { parsed.abstained = abstained }
        sample.answer = parsed
        return QuestionResult(sample: sample)
    }
}

/// A metric that is not scored where it needs a ranked list and the file does not say what was retrieved: 0 would be a lie.
private struct RankedOnly: Metric {
    let metric: any Metric
    let unranked: Set<String>

    var definition: MetricDefinition { metric.definition }

    func score(_ sample: Sample, tools: MetricTools) async throws -> MetricResult {
        let result = try await metric.score(sample, tools: tools)
        guard !definition.needs.isDisjoint(with: [.documents, .spans]), unranked.contains(sample.question.id) else {
            return result
        }
        if case .scored = result.score {
            return MetricResult(.notScored(reason: "the file does not say which documents were retrieved"))
        }
        return result
    }
}
