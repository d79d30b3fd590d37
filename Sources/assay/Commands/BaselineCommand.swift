import ArgumentParser
import AssayModel
import AssayPipeline
import AssayStore

/// `assay baseline save|list`.
struct BaselineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "baseline",
        abstract: "Keeps runs by name in the repository, as what gates compare with.",
        subcommands: [Save.self, List.self]
    )

    /// Writes a baseline.
    struct Save: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "save",
            abstract: "Writes a run's scores to baselines/NAME.json; commit the file."
        )

        @Argument(help: "Run id.")
        var run: String

        @Argument(help: "Name of the baseline.")
        var name: String

        @OptionGroup var place: WorkspaceOptions

        func run() async throws {
            do {
                let project = place.project(of: ".")
                try project.workspace.create()
                let store = try Store(project.workspace, now: { timestamp() })
                guard let record = try await store.run(run) else {
                    throw AssayError(
                        "run.unknown",
                        "there is no run '\(run)'",
                        remedy: "'assay report' without an id lists the runs"
                    )
                }
                guard record.results.evalset != nil else {
                    throw AssayError(
                        "baseline.empty",
                        "the run '\(run)' has no evalset, so there is nothing to compare"
                    )
                }
                print(try BaselineFile(project).write(Baseline(record, name: name)))
            } catch {
                throw fail(error)
            }
        }
    }

    /// Lists baselines.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "Lists the baselines of a project."
        )

        @Flag(help: "Print JSON.")
        var json = false

        @OptionGroup var place: WorkspaceOptions

        func run() async throws {
            do {
                let files = BaselineFile(place.project(of: "."))
                let baselines = try files.names.compactMap { try files.read($0) }
                if json {
                    print(try canonicalJSON(baselines.map { [$0.name: $0.identity] }, pretty: true))
                    return
                }
                for baseline in baselines {
                    let identity = baseline.identity
                    let commit = identity.commit.map { "  commit \($0.prefix(12))" } ?? ""
                    print(
                        PlainText.line(
                            "\(baseline.name)  \(identity.pipeline)  \(identity.run)  \(baseline.questions.count) questions\(commit)"
                        )
                    )
                }
            } catch {
                throw fail(error)
            }
        }
    }
}
