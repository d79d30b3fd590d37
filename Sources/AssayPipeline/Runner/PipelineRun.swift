import AssayEngines
import AssayEval
import AssayIngest
package import AssayModel
import AssayStore
import FoundationEssentials
import Tracing

/// One run of a pipeline, from documents to scores.
///
/// Running again after an interruption is resuming: finished items are found by their keys and nothing committed is computed twice.
package struct PipelineRun: Sendable {
    /// Where and how it runs; nothing of this is measured.
    package struct Options: Sendable {
        /// Folder that replaces a recipe's corpus and evalset.
        package var data: String?
        /// Asks for fresh answers and judgements under the next replicate number; an interrupted refresh is resumed under its own.
        package var refresh = false
        /// Ends the run when it takes longer; what is finished is kept.
        package var maxTime: Duration?

        /// The defaults.
        package init() {}
    }

    /// What a finished run gives.
    package struct Outcome: Sendable {
        /// The record.
        package var record: RunRecord
        /// Folder of the exported run.
        package var folder: String
    }

    private let session: PipelineSession
    private let options: Options

    /// Prepares a run.
    ///
    /// - Parameters:
    ///   - session: The opened pipeline.
    ///   - options: Where and how it runs.
    package init(_ session: PipelineSession, options: Options) {
        self.session = session
        self.options = options
    }

    /// Runs all stages and commits the record.
    ///
    /// - Parameter id: The run's id.
    /// - Returns: The record and where it was exported.
    /// - Throws: The first error that ends the run, with everything finished before it kept.
    package func run(id: String) async throws -> Outcome {
        let started = session.now()
        let parts = session.parts
        let replicate = options.refresh ? try await session.openReplicate() : 0
        try await session.store.startRun(
            id,
            pipeline: parts.spec.name,
            specHash: parts.specHash,
            started: started
        )
        do {
            let record = try await withSpan("assay.run") { span in
                span.attributes["assay.pipeline"] = parts.spec.name
                return try await within(options.maxTime) {
                    try await stages(id: id, started: started, replicate: replicate)
                }
            }
            try await session.store.put(run: record)
            if options.refresh { try await session.closeReplicate(replicate) }
            return Outcome(record: record, folder: session.workspace.runs + "/" + id)
        } catch {
            let status: RunStatus = error is CancellationError ? .cancelled : .failed
            try? await session.store.endRun(id, status: status)
            throw error
        }
    }

    /// Runs `body`, and cancels it when it takes longer than `limit`.
    private func within(
        _ limit: Duration?,
        _ body: @escaping @Sendable () async throws -> RunRecord
    ) async throws -> RunRecord {
        guard let limit else { return try await body() }
        return try await withThrowingTaskGroup(of: RunRecord?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let record = first else {
                throw AssayError(
                    "run.max-time",
                    "the run took longer than --max-time",
                    remedy: "what was finished is kept: run the same command to go on"
                )
            }
            return record
        }
    }

    private func stages(id: String, started: String, replicate: Int) async throws -> RunRecord {
        let parts = session.parts
        // Errors in the evalset are found before the expensive part.
        let evalset = try await offPool { [options] in
            try parts.spec.evaluate.map { try EvalsetSource($0, data: options.data, at: $0.place) }
        }
        var indexed = try await session.openIndex(data: options.data, for: evalset)
        var timings = RunTimings(stages: [
            indexed.corpus.read.timing, indexed.corpus.chunk.timing, indexed.corpus.embed.timing, indexed.timing,
        ])
        var results = RunResults(
            pipeline: parts.spec.name,
            specHash: parts.specHash,
            spec: parts.effectiveSpec,
            corpus: summary(indexed),
            components: parts.versions
        )
        if let evalset {
            let asked = try await ask(evalset, indexed, &timings)
            // Nothing is appended to the vector file from here on: other runs may.
            indexed.vectorLock = nil
            let answered = try await answer(asked, replicate, &results, &timings)
            try await score(answered, evalset, replicate, &results, &timings)
        }
        var environment = Machine.environment(started: started)
        environment.finished = session.now()
        timings.store = session.store.timing
        environment.commit = SourceCommit.find(above: parent(of: absolutePath(parts.spec.file)))
        return RunRecord(id: id, status: .success, results: results, environment: environment, timings: timings)
    }

    private func summary(_ indexed: IndexStage.Outcome) -> CorpusSummary {
        let corpus = indexed.corpus
        return CorpusSummary(
            name: session.corpusName,
            fingerprint: corpus.fingerprint,
            documents: corpus.documents,
            chunks: corpus.chunks,
            bytes: corpus.bytes,
            tokens: corpus.tokens,
            truncatedChunks: corpus.truncatedChunks,
            leftOut: corpus.leftOut,
            stripped: corpus.stripped
        )
    }

    // MARK: retrieve

    private func ask(
        _ evalset: EvalsetSource,
        _ indexed: IndexStage.Outcome,
        _ timings: inout RunTimings
    ) async throws -> [Sample] {
        let clock = ContinuousClock()
        let start = clock.now
        let spans = try await session.anchor(evalset, indexed.corpus.cited)
        let vectors = try await session.queryVectors(evalset.questions.map(\.question), indexed.vectors)
        let retrieval = Retrieval(
            index: indexed.index,
            parts: session.parts,
            vectors: indexed.matrix,
            scope: .everything
        )
        let passages = PassageTexts(store: session.store, tables: indexed.index.tables)
        let context = session.parts.spec.answer?.context ?? 0
        session.progress.begin("retrieve", total: evalset.questions.count)
        var samples: [Sample] = []
        for (number, question) in evalset.questions.enumerated() {
            try Task.checkCancellation()
            let began = clock.now
            let vector = vectors.isEmpty ? nil : vectors[number]
            var chunks = try await withSpan("assay.retrieve") { span in
                let context = span.context
                return try await offPool { try retrieval.rank(question.question, vector: vector, context: context) }
            }
            timings.questions[question.id] = QuestionTiming(retrieveMs: (clock.now - began) / .milliseconds(1))
            for position in chunks.indices.prefix(max(context, Self.shownPassages)) {
                chunks[position].text = try await passages.text(chunks[position])
            }
            samples.append(
                Sample(
                    question: question,
                    goldSpans: spans[question.id] ?? [],
                    retrieved: chunks,
                    contextCount: min(context, chunks.count)
                )
            )
            session.progress.advance("retrieve")
        }
        timings.stages.append(
            StageTiming(
                stage: "retrieve",
                items: samples.count,
                reused: 0,
                seconds: (clock.now - start) / .seconds(1)
            )
        )
        return samples
    }

    /// Passages whose text the record keeps.
    static let shownPassages = 10

    // MARK: answer

    private func answer(
        _ samples: [Sample],
        _ replicate: Int,
        _ results: inout RunResults,
        _ timings: inout RunTimings
    ) async throws -> [QuestionResult] {
        guard let spec = session.parts.spec.answer, let answering = try session.answering(replicate: replicate)
        else {
            return samples.map { QuestionResult(sample: $0) }
        }
        let clock = ContinuousClock()
        let start = clock.now
        let chosen = Set(
            StratifiedSample.choose(
                samples.map(\.question),
                count: spec.sample ?? samples.count,
                seed: UInt64(spec.sampleSeed)
            )
            .map(\.id)
        )
        results.engine = answering.engine.identity
        var count = StageCount("answer")
        count.items = chosen.count
        session.progress.begin("answer", total: chosen.count)
        let outcomes = try await concurrentMap(samples, limit: answering.engine.slots) { sample -> Answering.Outcome? in
            guard chosen.contains(sample.question.id) else { return nil }
            let outcome = try await withSpan("assay.answer") { _ in
                try await answering.answer(
                    sample.question.question,
                    passages: sample.context.map(\.text),
                    chunks: sample.context.map(\.id)
                )
            }
            session.progress.advance("answer")
            return outcome
        }
        var rows: [QuestionResult] = []
        for (sample, outcome) in zip(samples, outcomes) {
            var row = QuestionResult(sample: sample)
            if let outcome {
                row.sample.answer = outcome.answer
                row.failure = outcome.failure
                results.neutralisedTokens += outcome.neutralised
                count.reused += outcome.reused ? 1 : 0
                timings.questions[sample.question.id]?.answer = outcome.timings
                if !outcome.reused, let usage = outcome.answer?.usage {
                    count.promptTokens += usage.promptTokens
                    count.completionTokens += usage.completionTokens
                }
            }
            rows.append(row)
        }
        count.time = clock.now - start
        timings.stages.append(count.timing)
        return rows
    }

    // MARK: score

    private func score(
        _ rows: [QuestionResult],
        _ evalset: EvalsetSource,
        _ replicate: Int,
        _ results: inout RunResults,
        _ timings: inout RunTimings
    ) async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let bench = try session.judges(replicate: replicate)
        results.judge = bench?.members.first?.engine.identity
        results.panel = bench?.panel
        let embedder = session.parts.embedder?.product
        let scoring = Scoring(
            metrics: session.parts.metrics,
            bench: bench,
            embed: embedder.map { embedder in { @Sendable texts in try await embedder.embed(texts, as: .document) } },
            limit: bench?.slots ?? 2,
            progress: session.progress
        )
        // Read before the expensive part: a damaged record ends the run here.
        let calibrations = try session.calibrations.records()
        results.questions = try await scoring.run(rows)
        results.metrics = MetricSummary.all(of: session.parts.metrics.map(\.definition), rows: results.questions)
            .map { $0.standing(by: calibrations, fingerprint: bench?.fingerprint) }
        results.evalset = EvalsetSummary(
            name: evalset.name,
            fingerprint: try evalset.fingerprint,
            split: evalset.split,
            questions: rows.count,
            unanswerable: rows.count { $0.sample.question.isUnanswerable },
            answered: rows.count { $0.sample.answer != nil || $0.failure != nil }
        )
        var count = StageCount("score")
        count.items = rows.count * session.parts.metrics.count
        if let counts = bench?.counts {
            timings.stages.append(
                StageTiming(
                    stage: "judge",
                    items: counts.calls,
                    reused: counts.reused,
                    seconds: (clock.now - start) / .seconds(1),
                    promptTokens: counts.promptTokens,
                    completionTokens: counts.completionTokens,
                    processedTokens: counts.processedTokens
                )
            )
        }
        // With a judge the time is the judge's line; it must not count twice.
        if bench == nil { count.time = clock.now - start }
        timings.stages.append(count.timing)
    }
}
