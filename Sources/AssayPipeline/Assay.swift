public import AssayModel

/// Pipelines from a Swift program: the same runner as the command line's.
///
/// ```swift
/// let record = try await Assay.run("pipelines/handbook.yaml")
/// for metric in record.results.metrics { print(metric.definition.name, metric.mean ?? .nan) }
/// ```
public enum Assay {
    /// Version of Assay.
    package static let version = Machine.version

    /// An answered question.
    public struct Reply: Sendable, Equatable {
        /// The answer, nil when the pipeline has no answer stage or the engine refused.
        public var answer: Answer?
        /// The passages behind it, best first, with their texts.
        public var passages: [RetrievedChunk]
    }

    /// Runs a pipeline from documents to scores; what is finished in the workspace is not done again.
    ///
    /// - Parameters:
    ///   - file: Path of the pipeline file.
    ///   - data: Folder of the data for corpora that are recipes.
    ///   - workspace: Where finished work lives; nil takes `.assay` beside the project's `engines.yaml`.
    ///   - id: Id of the run, unique in the workspace.
    ///   - now: The time as ISO 8601, injected so that records can be reproduced.
    /// - Returns: The record, which is also committed to the workspace.
    /// - Throws: `AssayError` that says what failed, where, and what to do; `CancellationError`.
    public static func run(
        _ file: String,
        data: String? = nil,
        workspace: String? = nil,
        id: String,
        now: @escaping @Sendable () -> String = { timestamp() }
    ) async throws -> RunRecord {
        try await withSession(file, data: data, workspace: workspace, now: now) { session in
            var options = PipelineRun.Options()
            options.data = data
            return try await PipelineRun(session, options: options).run(id: id).record
        }
    }

    /// Answers one question through a pipeline.
    ///
    /// - Parameters:
    ///   - question: The question, at most 20,000 bytes.
    ///   - file: Path of the pipeline file.
    ///   - data: Folder of the data for corpora that are recipes.
    ///   - workspace: Where finished work lives; nil takes `.assay` beside the project's `engines.yaml`.
    /// - Returns: Answer and passages.
    /// - Throws: `AssayError`, `CancellationError`.
    public static func ask(
        _ question: String,
        of file: String,
        data: String? = nil,
        workspace: String? = nil
    ) async throws -> Reply {
        try await withSession(file, data: data, workspace: workspace, now: systemTime) { session in
            let reply = try await session.ask(question, data: data)
            return Reply(answer: reply.answer, passages: reply.passages)
        }
    }

    private static let systemTime: @Sendable () -> String = { timestamp() }

    private static func withSession<Result>(
        _ file: String,
        data: String?,
        workspace: String?,
        now: @escaping @Sendable () -> String,
        _ body: (PipelineSession) async throws -> Result
    ) async throws -> Result {
        let session = try PipelineSession(
            try PipelineSpec(file),
            project: Project(containing: file, workspace: workspace),
            progress: Progress { _ in },
            now: now
        )
        do {
            let result = try await body(session)
            await session.close()
            return result
        } catch {
            await session.close()
            throw error
        }
    }
}
