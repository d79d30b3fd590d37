import AssayEngines
package import AssayEval
package import AssayModel
package import AssayStore

/// Two recorded runs, answer against answer: which one a judge prefers.
package struct PairwiseRun: Sendable {
    /// One question.
    package struct Row: Sendable, Codable {
        /// The question's id.
        package var question: String
        /// What came of it.
        package var result: Pairwise.Result
    }

    /// All of it.
    package struct Report: Sendable, Codable {
        /// Ids of the two runs.
        package var runs: [String]
        /// The judge.
        package var judge: EngineIdentity
        /// `json` or `logprob`.
        package var ask: JudgeAsking
        /// Wins, ties, losses, order-consistency.
        package var summary: PairwiseSummary
        /// One a question that both runs answered, in the order of the first.
        package var rows: [Row]
        /// Questions that only one of the runs answered.
        package var unpaired: Int
        /// Calls, and how many of them were in the journal.
        package var calls: Int
        /// Of these, from the journal.
        package var reused: Int
    }

    private let store: Store
    private let project: Project
    private let progress: Progress

    /// Prepares a comparison.
    ///
    /// - Parameters:
    ///   - store: Has the runs, and keeps the judge's replies.
    ///   - project: Names the engines.
    ///   - progress: Told of finished questions.
    package init(store: Store, project: Project, progress: Progress) {
        self.store = store
        self.project = project
        self.progress = progress
    }

    /// Compares the answers of two runs.
    ///
    /// - Parameters:
    ///   - first: Id of a run.
    ///   - second: Id of another run.
    ///   - judge: The engine's name in `engines.yaml`.
    ///   - ask: How it is asked.
    /// - Returns: The report.
    /// - Throws: `AssayError` for runs that are not there or asked other questions, and when the engine is gone.
    package func compare(_ first: String, _ second: String, judge: String, ask: JudgeAsking) async throws -> Report {
        let (one, two) = (try await record(first), try await record(second))
        guard one.results.evalset?.fingerprint == two.results.evalset?.fingerprint else {
            throw AssayError(
                "pairwise.evalset",
                "the runs \(first) and \(second) were asked different evalsets",
                remedy: "compare two runs over the same evalset"
            )
        }
        let engines = try Engines(project)
        do {
            let engine = try engines.engine(judge, at: nil)
            let session = JudgeSession(
                engine: engine,
                store: store,
                replicate: 0,
                ask: ask == .logprob ? .logprob : .json
            )
            let report = try await report(one, two, session, ask)
            await engines.shutdown()
            return report
        } catch {
            await engines.shutdown()
            throw error
        }
    }

    private func record(_ id: String) async throws -> RunRecord {
        guard let record = try await store.run(id) else {
            throw AssayError(
                "run.unknown",
                "there is no run '\(id)'",
                remedy: "'assay report' without an id lists the runs"
            )
        }
        return record
    }

    private func report(
        _ one: RunRecord,
        _ two: RunRecord,
        _ session: JudgeSession,
        _ ask: JudgeAsking
    ) async throws -> Report {
        let others = Dictionary(two.results.questions.map { ($0.sample.question.id, $0) }) { first, _ in first }
        var pairs: [(question: Question, first: String, second: String)] = []
        var unpaired = 0
        for row in one.results.questions {
            let question = row.sample.question
            switch (row.sample.answer, others[question.id]?.sample.answer) {
            case (let first?, let second?): pairs.append((question, first.text, second.text))
            case (nil, nil): break
            default: unpaired += 1
            }
        }
        let pairwise = try Pairwise(MetricTools(judge: { try await session.ask($0) }, asking: ask))
        progress.begin("compare", total: pairs.count)
        let results = try await concurrentMap(pairs, limit: session.engine.slots) { pair in
            defer { progress.advance("compare") }
            return try await pairwise.compare(
                question: pair.question.question,
                reference: pair.question.reference,
                pair.first,
                pair.second
            )
        }
        let counts = session.counts
        return Report(
            runs: [one.id, two.id],
            judge: session.engine.identity,
            ask: ask,
            summary: PairwiseSummary(results, questions: pairs.map(\.question)),
            rows: zip(pairs, results).map { Row(question: $0.question.id, result: $1) },
            unpaired: unpaired,
            calls: counts.calls,
            reused: counts.reused
        )
    }
}
