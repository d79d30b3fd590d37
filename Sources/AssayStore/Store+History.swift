package import AssayModel
import FoundationEssentials
import GRDB

extension Store {
    /// What a history needs of a run.
    package struct RunHead: Sendable, Equatable {
        /// What tells it apart; without the pipeline's values.
        package var identity: RunIdentity
        /// Its metrics.
        package var metrics: [MetricSummary]
        /// What its gate said, nil when it had none.
        package var verdict: GateReport.Verdict?

        /// Creates a head.
        package init(identity: RunIdentity, metrics: [MetricSummary], verdict: GateReport.Verdict? = nil) {
            self.identity = identity
            self.metrics = metrics
            self.verdict = verdict
        }
    }

    /// The parts of a record that `RunHead` is made of.
    private struct Stored: Decodable {
        struct Results: Decodable {
            struct Corpus: Decodable {
                var name: String
                var fingerprint: String
            }
            var pipeline: String
            var specHash: String
            var corpus: Corpus
            var evalset: EvalsetSummary?
            var components: [String: String]
            var engine: EngineIdentity?
            var judge: EngineIdentity?
            var metrics: [MetricSummary]
        }
        struct Environment: Decodable {
            var started: String
            var commit: String?
        }
        var id: String
        var results: Results
        var environment: Environment
    }

    /// The finished runs of a pipeline, oldest first; questions are never read, so that years of nights stay cheap.
    ///
    /// - Parameters:
    ///   - pipeline: Its name.
    ///   - last: How many of the newest at most.
    /// - Returns: The runs with their metrics.
    /// - Throws: `AssayError` "store.…".
    package func heads(of pipeline: String, last: Int = .max) async throws -> [RunHead] {
        let payloads: [String] = try await readable("read the history of runs") { [pool] in
            try await pool.read { db in
                try String.fetchAll(
                    db,
                    sql: """
                        SELECT json_remove(CAST(record AS TEXT), '$.results.questions', '$.results.spec', '$.timings')
                        FROM runs WHERE pipeline = ? AND status = ? AND record IS NOT NULL
                        ORDER BY number DESC LIMIT ?
                        """,
                    arguments: [pipeline, RunStatus.success.rawValue, last == .max ? -1 : last]
                )
            }
        }
        var heads: [RunHead] = []
        for payload in payloads.reversed() {
            let stored = try JSONDecoder().decode(Stored.self, from: Data(payload.utf8))
            heads.append(
                RunHead(
                    identity: Self.identity(stored),
                    metrics: stored.results.metrics,
                    verdict: try await gateReport(of: stored.id)?.verdict
                )
            )
        }
        return heads
    }

    private static func identity(_ stored: Stored) -> RunIdentity {
        RunIdentity(
            run: stored.id,
            pipeline: stored.results.pipeline,
            specHash: stored.results.specHash,
            started: stored.environment.started,
            commit: stored.environment.commit,
            corpus: stored.results.corpus.name,
            corpusFingerprint: stored.results.corpus.fingerprint,
            evalset: stored.results.evalset,
            engine: stored.results.engine,
            judge: stored.results.judge,
            components: stored.results.components
        )
    }

    /// Commits what a gate said of a run; the last word counts.
    package func put(gate report: GateReport) async throws {
        try await put("gate", ItemKey("gate", report.run.run), report, replacing: true)
    }

    /// What a gate said of a run, nil when none did.
    package func gateReport(of run: String) async throws -> GateReport? {
        try await item("gate", ItemKey("gate", run), as: GateReport.self)
    }
}
