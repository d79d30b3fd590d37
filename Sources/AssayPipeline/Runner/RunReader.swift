package import AssayModel
package import AssayReport
package import AssayStore
import FoundationEssentials

/// Where a run is found.
package enum RunSource: Sendable {
    /// In the store, by its id.
    case stored(String)
    /// A record that was read from a file.
    case record(RunRecord)
    /// A baseline of the repository: scores without questions and passages.
    case baseline(Baseline)
}

/// Reads recorded runs for reports, in memory that does not grow with their passages and answers.
package struct RunReader: Sendable {
    let store: Store

    /// Runs of one pipeline that a history looks back on.
    private static let history = 60
    /// Whole rows read at once.
    static let block = 200

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
    /// - Throws: `AssayError` "run.unknown", "report.baseline".
    package func whole(_ source: RunSource) async throws -> RunRecord {
        switch source {
        case .record(let record): return record
        case .baseline(let baseline): throw noReport(baseline)
        case .stored(let id):
            if let record = try await store.run(id) { return record }
            throw unknown(id)
        }
    }

    /// The record of a run, without its questions where these are stored apart.
    ///
    /// - Throws: `AssayError` "run.unknown", "report.baseline".
    package func head(_ source: RunSource) async throws -> RunRecord {
        if case .stored(let id) = source { return try await stored(id).head }
        return try await whole(source)
    }

    private func noReport(_ baseline: Baseline) -> AssayError {
        AssayError(
            "report.baseline",
            "the baseline '\(baseline.name)' holds scores only, nothing to report",
            remedy: "report its run \(baseline.identity.run), or compare with it (--baseline \(baseline.name))"
        )
    }

    private func unknown(_ id: String) -> AssayError {
        AssayError("run.unknown", "there is no run '\(id)'", remedy: "'assay report' without an id lists the runs")
    }

    /// What a report is made of.
    ///
    /// - Parameters:
    ///   - source: The run.
    ///   - baseline: What to compare with.
    ///   - isPage: Whether questions are shown whole and the history is drawn.
    ///   - page: Path of the page; it says that questions which are not in it are in the files that `writeDetails` writes.
    /// - Returns: The input of a renderer.
    /// - Throws: `AssayError` "run.unknown", "report.baseline".
    package func input(
        _ source: RunSource,
        baseline: RunSource?,
        isPage: Bool,
        page: String?
    ) async throws -> ReportInput {
        var input =
            if case .stored(let id) = source { try await cards(id) } else { ReportInput(try await whole(source)) }
        if let baseline {
            let comparison = try await comparison(of: input, with: baseline)
            input.comparison = comparison
            // With a baseline other questions are worth showing whole.
            if case .record(let record) = source { input.show(record) }
        }
        guard isPage else { return input }
        let pipeline = input.record.results.pipeline
        input.history = MetricHistory(
            pipeline: pipeline,
            heads: try await store.heads(of: pipeline, last: Self.history)
        )
        guard case .stored(let id) = source, input.record.results.questions.isEmpty else { return input }
        let chosen = input.shownInFull
        for start in stride(from: 0, to: chosen.count, by: Self.block) {
            let numbers = Array(chosen[start..<min(start + Self.block, chosen.count)])
            for (number, row) in zip(numbers, try await store.runRows(id, numbers: numbers)) {
                input.rows[number] = row
            }
        }
        if let page, input.cards.count > chosen.count { input.details = DetailFiles.folder(besidePage: page) }
        return input
    }

    func cards(_ id: String) async throws -> ReportInput {
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
