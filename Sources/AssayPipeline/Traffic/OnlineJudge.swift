import AssayEval
package import AssayModel
import AssayStore

/// Judges served answers through the code of evaluations, and keeps what it finds.
package final class OnlineJudge: Sendable {
    private let session: PipelineSession
    private let metrics: [any Metric]
    private let bench: JudgeBench?

    /// Seats the judges of `serve.online`.
    ///
    /// - Parameters:
    ///   - session: The opened pipeline, which has the section.
    ///   - wrapping: Put around each judge's engine: here users come first.
    /// - Throws: For an engine that is not there, or a model that cannot be read.
    package init(
        _ session: PipelineSession,
        wrapping: (_ name: String, any Engine) -> any Engine
    ) throws {
        self.session = session
        metrics = session.parts.online
        bench = try session.onlineJudges(wrapping: wrapping)
    }

    /// Names of the metrics.
    package var names: [String] { metrics.map(\.definition.name) }

    /// Calls of judges so far, and those of them that were in the journal.
    package var calls: (asked: Int, reused: Int) {
        let counts = bench?.counts ?? JudgeSession.Counts()
        return (counts.calls, counts.reused)
    }

    /// Judges an answer and commits the result.
    ///
    /// - Parameters:
    ///   - item: A kept answer.
    ///   - now: The time.
    /// - Returns: What the metrics said.
    /// - Throws: When a judge's engine is gone; what it has said is in the journal.
    package func judge(_ item: TrafficItem, now: String) async throws -> TrafficScores {
        let keys = JudgeKeys()
        let row = try await JudgeSession.$noting.withValue(keys) {
            try await scored(QuestionResult(sample: item.sample))
        }
        let scores = TrafficScores(
            id: item.id,
            time: now,
            definitions: metrics.map(\.definition),
            judge: bench?.members.first?.engine.identity,
            panel: bench?.panel,
            fingerprint: bench?.fingerprint,
            scores: row.scores,
            judgeKeys: keys.sorted
        )
        try await session.store.put("traffic-score", TrafficItem.key(item.id), scores, replacing: true)
        return scores
    }

    private func scored(_ row: QuestionResult) async throws -> QuestionResult {
        do {
            return try await scoring(bench).run([row]).first ?? row
        } catch let error as AssayError where error.concernsOneRequest {
            // The judge refuses this answer, for example for its length, and would judge others.
            var row = try await scoring(nil).run([row]).first ?? row
            for metric in metrics where metric.definition.needs.contains(.judge) {
                row.scores[metric.definition.name] = MetricResult(.notScored(reason: error.message))
            }
            return row
        }
    }

    private func scoring(_ bench: JudgeBench?) -> Scoring {
        let embedder = session.parts.embedder?.product
        return Scoring(
            metrics: metrics,
            bench: bench,
            embed: embedder.map { embedder in { @Sendable texts in try await embedder.embed(texts, as: .document) } },
            limit: 1,
            progress: Progress { _ in }
        )
    }
}
