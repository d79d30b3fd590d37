import ArgumentParser
import AssayPipeline

/// `assay index build|verify FILE`.
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

        @OptionGroup var pipeline: PipelineArguments

        func run() async throws {
            try await pipeline.run { session in
                print(try await session.indexSummary(data: pipeline.data))
                return .success
            }
        }
    }

    /// Compares every file of a pipeline's index with its checksum.
    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "verify",
            abstract: "Compares every file of a pipeline's index with its checksum."
        )

        @OptionGroup var pipeline: PipelineArguments

        func run() async throws {
            try await pipeline.run { session in
                print(try await session.verifyIndex(data: pipeline.data))
                return .success
            }
        }
    }
}
