import ArgumentParser
import AssayModel
import AssayPipeline
import AssayStore
import FoundationEssentials

/// `assay cache stats|prune`.
struct CacheCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cache",
        abstract: "Shows what the workspace holds, and removes what is old.",
        subcommands: [Stats.self, Prune.self]
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

    struct Prune: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "prune",
            abstract: "Removes finished items that are older than some days; runs and their records stay.",
            discussion: """
                What is removed is made anew when a pipeline needs it: answers and judgements then cost engine calls again.
                """
        )

        @Option(help: "Days; items made earlier go.")
        var olderThan: Int

        @Option(help: "Only this stage; may be given several times (default: all; 'assay cache stats' lists them).")
        var stage: [String] = []

        @Flag(help: "Only say what would go.")
        var dryRun = false

        @OptionGroup var place: WorkspaceOptions

        func validate() throws {
            guard (0...36_500).contains(olderThan) else {
                throw ValidationError("--older-than takes days from 0 to 36500")
            }
        }

        func run() async throws {
            do {
                let project = place.project(of: ".")
                try project.workspace.create()
                let store = try Store(project.workspace, now: { timestamp() })
                if let unknown = Set(stage).subtracting(try await store.itemCounts().keys).min() {
                    throw AssayError(
                        "cache.stage",
                        "the workspace has no items of a stage '\(unknown)'",
                        remedy: "'assay cache stats' lists the stages"
                    )
                }
                let before = timestamp(Date(timeIntervalSinceNow: -86_400 * Double(olderThan)))
                let stages = stage.isEmpty ? nil : stage
                let found =
                    dryRun
                    ? try await store.prunable(before: before, stages: stages)
                    : try await store.prune(before: before, stages: stages)
                for line in found { print("\(line.stage)  \(line.items) items, \(line.bytes) bytes") }
                note(found.isEmpty ? "nothing is older" : dryRun ? "would be removed" : "removed")
            } catch {
                throw fail(error)
            }
        }
    }
}
