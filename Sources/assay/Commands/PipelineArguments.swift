import ArgumentParser
import AssayModel
import AssayPipeline

/// The pipeline file that a command works on, and where.
struct PipelineArguments: ParsableArguments {
    @Argument(help: "Pipeline file.")
    var file: String

    @Option(help: "Folder of the data for corpora that are recipes.")
    var data: String?

    @OptionGroup var place: WorkspaceOptions

    /// Opens the pipeline, lends it to `body` and ends what it started.
    func withSession<Result>(_ body: (PipelineSession) async throws -> Result) async throws -> Result {
        let session = try PipelineSession(
            try PipelineSpec(file),
            project: place.project(of: file),
            progress: ProgressLine.progress(),
            now: { timestamp() }
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

    /// As `withSession`; errors are printed and Ctrl-C cancels.
    ///
    /// - Throws: The exit code when it is not success.
    /// - Parameters:
    ///   - tracing: Where spans go, nil for a command that has none.
    ///   - body: What is done with the opened pipeline.
    func run(
        _ tracing: TraceOptions? = nil,
        _ body: @escaping @Sendable (PipelineSession) async throws -> ExitCode
    ) async throws {
        let code = try await Interrupt.cancelling { () -> ExitCode in
            do {
                guard let tracing else { return try await withSession(body) }
                return try await tracing.recording { try await withSession(body) }
            } catch let code as ExitCode {
                return code
            } catch {
                return fail(error)
            }
        }
        if code != .success { throw code }
    }
}
