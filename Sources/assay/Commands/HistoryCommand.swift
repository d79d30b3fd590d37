import ArgumentParser
import AssayModel
import AssayPipeline
import AssayReport
import AssayStore
import FoundationEssentials

/// `assay history [PIPELINE]`.
struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Draws each metric over the recorded runs of a pipeline and marks changes of level.",
        discussion: """
            A change of level is found by PELT with the penalty 5 σ² ln n (σ from the median difference of neighbouring runs); it needs \
            six runs, and two on the new level. Runs of another evalset or of another definition of a metric start a series of their own.
            """
    )

    @Argument(help: "Pipeline file or name; without it the pipeline of the newest run.")
    var pipeline: String?

    @Option(help: "Only this metric.")
    var metric: String?

    @Option(help: "Only the newest runs.")
    var last: Int?

    @Flag(help: "Print JSON.")
    var json = false

    @Option(help: "Also write the drawing as SVG to this file.")
    var svg: String?

    @OptionGroup var place: WorkspaceOptions

    func validate() throws {
        if let last, last < 1 { throw ValidationError("--last takes a number from 1") }
    }

    func run() async throws {
        do {
            let project = place.project(of: pipeline ?? ".")
            try project.workspace.create()
            let store = try Store(project.workspace, now: { timestamp() })
            let name = try await pipelineName(store)
            let heads = try await store.heads(of: name, last: last ?? .max)
            guard !heads.isEmpty else {
                throw AssayError(
                    "history.empty",
                    "the workspace has no finished run of '\(name)'",
                    remedy: "'assay report' lists the runs"
                )
            }
            let history = MetricHistory(pipeline: name, heads: heads, metric: metric)
            if let metric, history.series.isEmpty {
                let known = heads.flatMap { $0.metrics.map(\.definition.name) }
                let near = nearestName(to: metric, among: known).map { " (did you mean '\($0)'?)" } ?? ""
                throw AssayError("metric.unknown", "no run of '\(name)' has the metric '\(metric)'\(near)")
            }
            if let svg { try Data(HistoryPlot.svg(history).utf8).write(to: URL(filePath: svg), options: .atomic) }
            if json {
                print(try canonicalJSON(history, pretty: true))
            } else {
                print(HistoryTerminal.render(history, options: Terminal.options), terminator: "")
            }
        } catch {
            throw fail(error)
        }
    }

    private func pipelineName(_ store: Store) async throws -> String {
        if let pipeline {
            return pipeline.hasSuffix(".yaml") || pipeline.hasSuffix(".yml")
                ? baseNameWithoutEnding(pipeline) : pipeline
        }
        guard let newest = try await store.runs().first(where: { $0.status == RunStatus.success.rawValue }) else {
            throw AssayError("history.empty", "the workspace has no finished run", remedy: "run a pipeline first")
        }
        return newest.pipeline
    }
}
