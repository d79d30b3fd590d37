import ArgumentParser
import AssayModel
import AssayPipeline

/// `assay index verify FILE`.
struct IndexCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "index",
        abstract: "Builds and checks indexes.",
        subcommands: [Build.self, Verify.self]
    )

    /// Brings the index of a pipeline up to date.
    struct Build: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "build",
            abstract: "Brings a pipeline's index up to date."
        )

        @Argument(help: "Pipeline file.")
        var file: String

        @Option(help: "Folder of the data for corpora that are recipes.")
        var data: String?

        @OptionGroup var place: WorkspaceOptions

        func run() async throws {
            let code = try await Interrupt.cancelling { () -> ExitCode in
                do {
                    let session = try PipelineSession(
                        try PipelineSpec(file),
                        project: place.project(of: file),
                        progress: ProgressLine.progress(),
                        now: { timestamp() }
                    )
                    print(try await session.indexSummary(data: data))
                    return .success
                } catch {
                    return fail(error)
                }
            }
            if code != .success { throw code }
        }
    }

    /// Compares every file of a pipeline's index with its checksum.
    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "verify",
            abstract: "Compares every file of a pipeline's index with its checksum."
        )

        @Argument(help: "Pipeline file.")
        var file: String

        @Option(help: "Folder of the data for corpora that are recipes.")
        var data: String?

        @OptionGroup var place: WorkspaceOptions

        func run() async throws {
            do {
                let session = try PipelineSession(
                    try PipelineSpec(file),
                    project: place.project(of: file),
                    progress: ProgressLine.progress(),
                    now: { timestamp() }
                )
                print(try await session.verifyIndex(data: data))
            } catch {
                throw fail(error)
            }
        }
    }
}
