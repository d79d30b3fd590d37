import AssayEval
import AssayModel
import Tracing

/// Recorded samples → scores, and their means with intervals.
struct Scoring: Sendable {
    let metrics: [any Metric]
    /// The judges, nil without one.
    let bench: JudgeBench?
    /// Unit vectors of texts.
    let embed: (@Sendable ([String]) async throws -> VectorBatch)?
    /// Samples at once.
    let limit: Int
    let progress: Progress
    /// The traces of the questions, nil where nobody keeps them.
    var traces: QuestionTraces? = nil
    /// Says where questions went wrong.
    var failureRules = FailureRules.standard

    /// Scores all samples.
    ///
    /// - Parameter rows: Samples with the reason where an answer failed.
    /// - Returns: The rows with their scores, in the same order.
    /// - Throws: When the judge's engine is gone; what it has said is in the journal.
    func run(_ rows: [QuestionResult]) async throws -> [QuestionResult] {
        progress.begin("score", total: rows.count)
        let judged = bench == nil ? [] : metrics.filter { $0.definition.needs.contains(.judge) }
        let names = Set(judged.map(\.definition.name))
        let unjudged = metrics.filter { !names.contains($0.definition.name) }
        return try await concurrentMap(rows, limit: limit) { row in
            let context = traces?.context(of: row.sample.question) ?? .current ?? .topLevel
            return try await withSpan("assay.score", context: context) { span in
                let scored = try await score(row, unjudged, judged)
                span.describe(scored, judged: names)
                progress.advance("score")
                return scored
            }
        }
    }

    /// A row with its scores.
    private func score(
        _ row: QuestionResult,
        _ unjudged: [any Metric],
        _ judged: [any Metric]
    ) async throws -> QuestionResult {
        var row = row
        for metric in unjudged {
            row.scores[metric.definition.name] = try await metric.score(
                row.sample,
                failure: row.failure,
                tools: MetricTools(embed: embed)
            )
        }
        if let bench, !judged.isEmpty {
            let results = try await judge(row, judged, bench)
            for (metric, result) in zip(judged, results) { row.scores[metric.definition.name] = result }
        }
        row.attribution = failureRules.attribution(of: row)
        return row
    }

    /// The results of all judged metrics of a sample, over repeats and judges.
    private func judge(
        _ row: QuestionResult,
        _ metrics: [any Metric],
        _ bench: JudgeBench
    ) async throws -> [MetricResult] {
        let names = bench.members.map(\.engine.identity.name)
        var repeats: [[MetricResult]] = []
        for repetition in 0..<bench.spec.repeats {
            switch bench.spec.combine {
            case .majority:
                repeats.append(try await pass(row, metrics, bench, bench.members, repetition))
            case .mean:
                var each: [[MetricResult]] = []
                for member in bench.members {
                    each.append(try await pass(row, metrics, bench, [member], repetition))
                }
                repeats.append(
                    metrics.indices.map { number in .mean(ofJudges: each.map { $0[number] }, names: names) }
                )
            }
        }
        return metrics.indices.map { number in .mean(ofRepeats: repeats.map { $0[number] }) }
    }

    /// One judgement by some judges: the metrics run side by side and their calls in the order that the prefix cache likes.
    private func pass(
        _ row: QuestionResult,
        _ metrics: [any Metric],
        _ bench: JudgeBench,
        _ judges: [JudgeSession],
        _ repetition: Int
    ) async throws -> [MetricResult] {
        let order = CallOrder(metrics: metrics.count)
        return try await concurrentMap(Array(metrics.indices), limit: metrics.count) { number in
            defer { order.finish(number) }
            let asks: [@Sendable (JudgeCall) async throws -> JudgeReply] = judges.map { judge in
                { @Sendable call in
                    try await order.run(call, of: number) { try await judge.ask(call, repetition: repetition) }
                }
            }
            let tools = MetricTools(
                judge: asks.first,
                embed: embed,
                panel: Array(asks.dropFirst()),
                asking: bench.spec.ask.asking
            )
            return try await metrics[number].score(row.sample, failure: row.failure, tools: tools)
        }
    }
}
