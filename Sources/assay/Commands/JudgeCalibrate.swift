import ArgumentParser
import AssayModel
import AssayPipeline
import AssayStore
import FoundationEssentials

/// `assay judge calibrate --labels FILE`.
struct JudgeCalibrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calibrate",
        abstract: "Measures how far judges and detectors agree with people's labels.",
        discussion: """
            Labels are read from .jsonl (question, answer, contexts, reference, document, labels) or .tsv (the same as columns, \
            label:NAME), or a TSV file of ARES. Without --judge only metrics that need none are measured. --save keeps a record for \
            each judged metric in calibrations/, where runs look it up.
            """
    )

    @Option(help: "File of labels.")
    var labels: String

    @Option(help: "Engine in engines.yaml that judges; may be given several times.")
    var judge: [String] = []

    @Option(help: "json, or logprob: by the probabilities of the first token; may be given several times.")
    var ask: [String] = ["json"]

    @Option(help: "Pipeline whose judge and metric options count instead.")
    var pipeline: String?

    @Option(help: "LABEL=METRIC to compare; may be given several times (default: the usual metrics of each label).")
    var metric: [String] = []

    @Option(help: "Characters of context of a row at most.")
    var contextLimit: Int?

    @Option(help: "Rows at most, from the start of the file.")
    var rows: Int?

    @Option(help: "Lowest and highest label, for example 1-5 (default: 0-1, or what the file has).")
    var scale: String?

    @Option(help: "Labelled rows that correct the judged mean, where every row has a label.")
    var labelled = 50

    @Option(help: "Seed of bootstrap and labelled part.")
    var seed: UInt64 = 1

    @Flag(help: "Keep a record for each judged metric in calibrations/ of the project.")
    var save = false

    @Flag(help: "Print JSON.")
    var json = false

    @Option(name: .customLong("report"), help: "Also write the Markdown report to this file.")
    var reportFile: String?

    @OptionGroup var place: WorkspaceOptions

    func validate() throws {
        if let wrong = ask.first(where: { $0 != "json" && $0 != "logprob" }) {
            throw ValidationError("--ask takes json or logprob, not '\(wrong)'")
        }
        if let wrong = metric.first(where: { $0.split(separator: "=").count != 2 }) {
            throw ValidationError("--metric takes LABEL=METRIC, not '\(wrong)'")
        }
        if scale != nil, parsedScale == nil { throw ValidationError("--scale takes LOWEST-HIGHEST, for example 1-5") }
        if pipeline != nil, !judge.isEmpty {
            throw ValidationError("--pipeline brings its own judge: leave --judge out")
        }
        if labelled < 2 || (rows ?? 1) < 1 || (contextLimit ?? 1) < 1 {
            throw ValidationError("--labelled takes a number from 2, --rows and --context-limit one from 1")
        }
    }

    func run() async throws {
        let code = try await Interrupt.cancelling { () -> ExitCode in
            do {
                let project = place.project(of: pipeline ?? ".")
                try project.workspace.create()
                let run = CalibrationRun(
                    project: project,
                    store: try Store(project.workspace, now: { timestamp() }),
                    progress: ProgressLine.progress(),
                    now: { timestamp() }
                )
                let report = try await run.run(labels, try options())
                print(json ? try canonicalJSON(report, pretty: true) : report.markdown)
                if let reportFile {
                    try Data(report.markdown.utf8).write(to: URL(filePath: reportFile), options: .atomic)
                }
                if save { try keep(report, project) }
                return .success
            } catch {
                return fail(error)
            }
        }
        if code != .success { throw code }
    }

    private func keep(_ report: CalibrationReport, _ project: Project) throws {
        let folder = CalibrationFolder(project)
        for record in report.lines.compactMap(\.record) { note("kept: \(try folder.write(record))") }
    }

    private func options() throws -> CalibrationRun.Options {
        var options = CalibrationRun.Options()
        options.pairings = metric.map { text in
            let parts = text.split(separator: "=").map(String.init)
            return CalibrationRun.Pairing(label: parts[0], metric: parts[1])
        }
        if let pipeline {
            let spec = try PipelineSpec(pipeline)
            options.pipeline = spec
            options.judgings = [spec.evaluate?.judging].compactMap(\.self)
        } else {
            options.judgings = judge.flatMap { name in ask.map { JudgingSpec(engine: name, ask: $0) } }
        }
        options.contextLimit = contextLimit
        options.rows = rows
        options.scale = parsedScale
        options.labelledPart = labelled
        options.seed = seed
        return options
    }

    private var parsedScale: ClosedRange<Int>? {
        let ends = scale.map { $0.split(separator: "-").compactMap { Int($0) } } ?? []
        return ends.count == 2 && ends[0] < ends[1] ? ends[0]...ends[1] : nil
    }
}
