import AssayEval
import AssayModel

extension PipelineRun {
    /// The rows with their scores, and what they add up to.
    func score(
        _ rows: [QuestionResult],
        _ replicate: Int,
        _ results: inout RunResults,
        _ timings: inout RunTimings
    ) async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let bench = try session.judges(replicate: replicate)
        results.judge = bench?.members.first?.engine.identity
        results.panel = bench?.panel
        results.failureLimits = session.parts.spec.evaluate?.failureLimits
        let embedder = session.parts.embedder?.product
        let scoring = Scoring(
            metrics: session.parts.metrics,
            bench: bench,
            embed: embedder.map { embedder in { @Sendable texts in try await embedder.embed(texts, as: .document) } },
            limit: bench?.slots ?? 2,
            progress: session.progress,
            traces: traces,
            failureRules: FailureRules(session.parts.spec.evaluate?.failureLimits ?? .standard)
        )
        // Read before the expensive part: a damaged record ends the run here.
        let calibrations = try session.calibrations.records()
        results.questions = try await scoring.run(rows)
        results.metrics = MetricSummary.all(of: session.parts.metrics.map(\.definition), rows: results.questions)
            .map { $0.standing(by: calibrations, fingerprint: bench?.fingerprint) }
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

extension EvalsetSummary {
    /// What was asked, and how much of it was answered.
    init(_ evalset: EvalsetSource, fingerprint: String, rows: [QuestionResult]) {
        self.init(
            name: evalset.name,
            fingerprint: fingerprint,
            split: evalset.split,
            questions: rows.count,
            unanswerable: rows.count { $0.sample.question.isUnanswerable },
            answered: rows.count { $0.sample.answer != nil || $0.failure != nil }
        )
    }
}
