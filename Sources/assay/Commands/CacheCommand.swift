import ArgumentParser
import AssayModel
import AssayPipeline
import AssayStore

/// `assay cache stats`.
struct CacheCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cache",
        abstract: "Shows what the workspace holds.",
        subcommands: [Stats.self]
    )

    struct Stats: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "stats",
            abstract: "Counts finished items by stage."
        )

        @OptionGroup var place: WorkspaceOptions

        func run() async throws {
            do {
                let project = place.project(of: ".")
                try project.workspace.create()
                let counts = try await Store(project.workspace, now: { timestamp() }).itemCounts()
                for (stage, count) in counts.sorted(by: { $0.key < $1.key }) { print("\(stage)  \(count)") }
            } catch {
                throw fail(error)
            }
        }
    }
}
