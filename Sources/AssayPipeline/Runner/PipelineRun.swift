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

    let session: PipelineSession
    let traces = QuestionTraces()
    let options: Options

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
                span.attributes[TraceKey.pipeline] = parts.spec.name
                span.attributes[TraceKey.session] = id
                traces.begin(span, pipeline: parts.spec.name, run: id)
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
            try parts.spec.evaluate.map { evaluate in
                let evalset = try EvalsetSource(evaluate, data: options.data, at: evaluate.place)
                return (source: evalset, fingerprint: try evalset.fingerprint)
            }
        }
        // So is an engine that nobody knows.
        let rewriting = try session.rewriting(replicate: replicate)
        var indexed = try await session.openIndex(data: options.data, for: evalset?.source)
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
        if let (evalset, fingerprint) = evalset {
            let rewrites = try await rewrites(of: evalset.questions, rewriting, &results, &timings)
            let asked = try await ask(evalset, rewrites, indexed, &timings)
            // Nothing is appended to the vector file from here on: other runs may.
            indexed.vectorLock = nil
            let answered = try await answer(asked, replicate, &results, &timings)
            results.evalset = EvalsetSummary(evalset, fingerprint: fingerprint, rows: answered)
            try await score(answered, replicate, &results, &timings)
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
}
