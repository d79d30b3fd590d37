package import AssayModel
package import AssayReport
package import AssayStore
import FoundationEssentials

/// Reads recorded runs for reports, in memory that does not grow with their passages and answers.
package struct RunReader: Sendable {
    private let store: Store

    /// Runs of one pipeline that a history looks back on.
    private static let history = 60

    /// Reads from a workspace's database.
    package init(store: Store) {
        self.store = store
    }

    /// A run; its questions may be stored apart.
    ///
    /// - Throws: `AssayError` "run.unknown".
    package func stored(_ id: String) async throws -> StoredRun {
        if let stored = try await store.storedRun(id) { return stored }
        throw unknown(id)
    }

    /// The whole record of a run.
    ///
    /// - Throws: `AssayError` "run.unknown".
    package func whole(_ id: String) async throws -> RunRecord {
        if let record = try await store.run(id) { return record }
        throw unknown(id)
    }

    private func unknown(_ id: String) -> AssayError {
        AssayError("run.unknown", "there is no run '\(id)'", remedy: "'assay report' without an id lists the runs")
    }

    /// What a report is made of.
    ///
    /// - Parameters:
    ///   - id: The run.
    ///   - baseline: Run to compare with.
    ///   - isPage: Whether questions are shown whole and the history is drawn.
    ///   - page: Path of the page; it says that questions which are not in it are in the files that `writeDetails` writes.
    /// - Returns: The input of a renderer.
    /// - Throws: `AssayError` "run.unknown", "report.baseline".
    package func input(_ id: String, baseline: String?, isPage: Bool, page: String?) async throws -> ReportInput {
        var input = try await cards(id)
        if let baseline { input.comparison = try ReportComparison(baseline: try await cards(baseline), of: input) }
        guard isPage else { return input }
        input.history = try await store.runMetrics(pipeline: input.record.results.pipeline, limit: Self.history).map {
            HistoryPoint(run: $0.id, started: $0.started, specHash: $0.specHash, metrics: $0.metrics)
        }
        guard input.record.results.questions.isEmpty else { return input }
        let chosen = input.shownInFull
        for start in stride(from: 0, to: chosen.count, by: 200) {
            let numbers = Array(chosen[start..<min(start + 200, chosen.count)])
            for (number, row) in zip(numbers, try await store.runRows(id, numbers: numbers)) {
                input.rows[number] = row
            }
        }
        if let page, input.cards.count > chosen.count { input.details = DetailFiles.folder(besidePage: page) }
        return input
    }

    private func cards(_ id: String) async throws -> ReportInput {
        let stored = try await stored(id)
        if stored.rows == 0 { return ReportInput(stored.head) }
        return ReportInput(head: stored.head, metrics: stored.metrics, cards: try await store.runCards(id))
    }

    /// Writes all rows of a run to files beside a page; they are copied as they are stored.
    ///
    /// - Parameters:
    ///   - id: The run.
    ///   - page: Path of the page.
    /// - Throws: `AssayError` "file.write".
    package func writeDetails(_ id: String, besidePage page: String) async throws {
        try await store.foldRunRows(id, into: try DetailFiles(besidePage: page)) {
            try $0.add($1, $2)
        } finish: {
            try $0.finish()
        }
    }
}
