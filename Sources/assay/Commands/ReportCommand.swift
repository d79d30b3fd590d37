import ArgumentParser
import AssayModel
import AssayPipeline
import AssayReport
import AssayStore
import FoundationEssentials

/// `assay report [RUN…]`.
struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Renders recorded runs again; without a run it lists them."
    )

    @Argument(help: "Run ids; several are put side by side.")
    var runs: [String] = []

    @Option(help: "terminal, json, markdown or html.")
    var format = "terminal"

    @Option(name: .shortAndLong, help: "Write to this file instead of stdout.")
    var output: String?

    @OptionGroup var place: WorkspaceOptions

    func run() async throws {
        do {
            let project = place.project(of: ".")
            try project.workspace.create()
            let store = try Store(project.workspace, now: { timestamp() })
            if runs.isEmpty {
                for line in try await store.runs() {
                    print("\(line.id)  \(line.status)  \(line.pipeline)")
                }
                return
            }
            var records: [RunRecord] = []
            for id in runs {
                guard let record = try await store.run(id) else {
                    throw AssayError(
                        "run.unknown",
                        "there is no run '\(id)'",
                        remedy: "'assay report' without an id lists the runs"
                    )
                }
                records.append(record)
            }
            let text =
                records.count == 1
                ? try ReportRenderers.builtin.renderer(format).render(records[0], options: Terminal.options)
                : compareTable(records, format: format == "markdown" ? .markdown : .terminal(Terminal.options))
            if let output {
                try Data(text.utf8).write(to: URL(filePath: output), options: .atomic)
            } else {
                print(text)
            }
        } catch {
            throw fail(error)
        }
    }
}
