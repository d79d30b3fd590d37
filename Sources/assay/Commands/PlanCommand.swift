import ArgumentParser
import AssayModel
import AssayPipeline

/// `assay plan FILE`.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Checks a whole pipeline file and says what a run would do, without doing it."
    )

    @Argument(help: "Pipeline file.")
    var file: String

    @Flag(help: "Print JSON.")
    var json = false

    @Option(help: "Folder of the data for corpora that are recipes.")
    var data: String?

    @Flag(help: "Ask the engine for exact counts of tokens, over the index as it was built last.")
    var probe = false

    @OptionGroup var place: WorkspaceOptions

    func run() async throws {
        do {
            if try Sweep.isSweep(file) { return try await planVariants() }
            let spec = try PipelineSpec(file)
            let plan = await Plan.make(spec, project: place.project(of: file), data: data)
            let probed =
                probe && plan.problems.isEmpty
                ? try await Plan.probe(spec, project: place.project(of: file), data: data) : nil
            if json {
                let problems = plan.problems.map(\.description)
                print(
                    try canonicalJSON(
                        Output(stages: plan.lines, problems: problems, warnings: plan.warnings, probe: probed),
                        pretty: true
                    )
                )
            } else {
                for line in plan.lines { print(PlainText.visible(text(line))) }
                if let probed { print(PlainText.visible(text(probed))) }
            }
            for warning in plan.warnings { note("warning: \(warning)") }
            for problem in plan.problems { note("problem: \(problem)") }
            if !plan.problems.isEmpty { throw Exit.failed }
            note("the plan holds")
        } catch let code as ExitCode {
            throw code
        } catch {
            throw fail(error)
        }
    }

    /// Checks every variant of a sweep; a line says that one holds.
    private func planVariants() async throws {
        let sweep = try Sweep(file)
        var failed = false
        for variant in sweep.variants {
            let spec = try PipelineSpec(sweep.base, overrides: variant.values)
            let plan = await Plan.make(spec, project: place.project(of: file), data: data)
            for problem in plan.problems { note("problem: \(variant.name): \(problem)") }
            if plan.problems.isEmpty { print(PlainText.line("\(variant.name): the plan holds")) } else { failed = true }
        }
        if failed { throw Exit.failed }
    }

    private struct Output: Encodable {
        var stages: [Plan.Line]
        var problems: [String]
        var warnings: [String]
        var probe: Plan.Probe?
    }

    private func text(_ probe: Plan.Probe) -> String {
        "probe     \(probe.engine): \(probe.prompts) prompts of \(probe.tokens) tokens by its own count, the longest \(probe.longest) "
            + "(\(probe.question)); \(probe.finished) answered already"
    }

    private func text(_ line: Plan.Line) -> String {
        let stage = line.stage + String(repeating: " ", count: max(1, 10 - line.stage.count))
        let items = line.items.map { "\($0) items, \(line.done) finished" } ?? "items known after the stage before"
        let tokens = line.estimatedTokens.map { ", about \($0) tokens (estimate)" } ?? ""
        let time = line.estimatedSeconds.map { ", about \(ProgressLine.rounded($0)) s (from the last run)" } ?? ""
        return "\(stage)\(line.component): \(items)\(tokens)\(time)"
    }
}
