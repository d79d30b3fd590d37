import ArgumentParser
import AssayModel
import AssayPipeline
import AssayReport
import AssayStore
import FoundationEssentials

/// `assay gate FILE`.
struct GateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gate",
        abstract:
            "Runs a pipeline with fresh answers and judgements and holds it against its 'gate:'; exit 2 when a rule is broken.",
        discussion: """
            A rule 'drop' compares with the baseline by question: worse, not worse, or inconclusive. An inconclusive gate passes unless \
            the file says inconclusive: fail. A rule that cannot be checked (a baseline of another evalset, corpus or definition) ends with 1.
            """
    )

    @OptionGroup var pipeline: PipelineArguments

    @OptionGroup var tracing: TraceOptions

    @Option(help: "Name of a baseline (baselines/NAME.json) or id of a run; default: the file's.")
    var baseline: String?

    @Option(name: .customLong("run"), help: "Judge this recorded run instead of running the pipeline.")
    var recorded: String?

    @Flag(help: "Write the run as the new baseline when it is better than the old one, or the first.")
    var updateBaseline = false

    @Option(help: "Write JUnit XML to this file.")
    var junit: String?

    @Option(help: "Write SARIF 2.1.0 to this file.")
    var sarif: String?

    @Option(help: "Write Markdown to this file.")
    var markdown: String?

    @Flag(
        help: "Print annotations for GitHub Actions; the step summary is written whenever GITHUB_STEP_SUMMARY is set."
    )
    var github = false

    @Flag(help: "Print JSON.")
    var json = false

    @Option(help: "End after this many seconds; what is finished is kept.")
    var maxTime: Double?

    func run() async throws {
        if (try? Sweep.isSweep(pipeline.file)) == true {
            throw fail(
                AssayError(
                    "gate.sweep",
                    "a gate takes a pipeline, not a sweep",
                    at: Place(file: pipeline.file),
                    remedy: "give the sweep's base, or the pipeline of the variant"
                )
            )
        }
        try await pipeline.run(tracing) { session in try await execute(session) }
    }

    private func execute(_ session: PipelineSession) async throws -> ExitCode {
        let gate = try await GateSession(
            session.parts.spec,
            project: pipeline.place.project(of: pipeline.file),
            store: session.store,
            baselineName: baseline,
            mayBeMissing: updateBaseline
        )
        let (record, folder) = try await measure(session)
        let report = try await gate.judge(record)
        try write(report, to: folder)
        try show(report)
        if updateBaseline { note(try gate.ratchet(record, report)) }
        if report.verdict == .refused { return Exit.failed }
        return report.isOpen ? .success : Exit.missed
    }

    /// A fresh run, or the one that was asked for.
    private func measure(_ session: PipelineSession) async throws -> (record: RunRecord, folder: String) {
        if let recorded {
            guard let record = try await session.store.run(recorded) else {
                throw AssayError(
                    "run.unknown",
                    "there is no run '\(recorded)'",
                    remedy: "'assay report' without an id lists the runs"
                )
            }
            guard record.results.specHash == session.parts.specHash else {
                throw AssayError(
                    "gate.run",
                    "the run '\(recorded)' did not measure what \(pipeline.file) says now",
                    remedy: "run the gate without --run, or take the file as it was"
                )
            }
            return (record, session.workspace.runs + "/" + record.id)
        }
        var options = PipelineRun.Options()
        options.data = pipeline.data
        options.maxTime = maxTime.map { .seconds($0) }
        options.refresh = true
        let outcome = try await PipelineRun(session, options: options).run(id: RunID.make())
        try RunExport.write(outcome.record, to: outcome.folder)
        return (outcome.record, outcome.folder)
    }

    private func write(_ report: GateReport, to folder: String) throws {
        let renderers = GateRenderers.builtin
        let files = [
            ("junit", junit), ("sarif", sarif), ("markdown", markdown), ("json", folder + "/gate.json"),
            ("markdown", folder + "/gate.md"),
        ]
        for (format, path) in files {
            guard let path else { continue }
            let text = try renderers.renderer(format).render(report, options: ReportOptions())
            try RunExport.write(text, to: path)
        }
        if let summary = environment("GITHUB_STEP_SUMMARY") {
            let text = try renderers.renderer("markdown").render(report, options: ReportOptions())
            try RunExport.append(text + "\n", to: summary)
        }
    }

    private func show(_ report: GateReport) throws {
        let renderers = GateRenderers.builtin
        print(
            try renderers.renderer(json ? "json" : "terminal").render(report, options: Terminal.options),
            terminator: ""
        )
        let annotations = try renderers.renderer("github").render(report, options: ReportOptions())
        // GitHub reads commands from both streams; JSON on stdout stays JSON.
        if github || environment("GITHUB_ACTIONS") == "true" {
            if json {
                for line in annotations.split(separator: "\n") { note(String(line)) }
            } else {
                print(annotations, terminator: "")
            }
        }
        for rule in report.rules where rule.outcome == .failed || rule.outcome == .refused {
            note("gate: " + (rule.place.map { "\($0): " } ?? "") + rule.sentence)
        }
    }
}
