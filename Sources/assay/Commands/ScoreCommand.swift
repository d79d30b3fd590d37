import ArgumentParser
import AssayModel
import AssayPipeline
import AssayReport
import AssayStore
import FoundationEssentials

/// `assay score SAMPLES`.
struct ScoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "score",
        abstract: "Scores answers that any other system made; needs no corpus and no pipeline.",
        discussion: """
            Reads JSON lines, JSON and CSV: Assay's own fields (question, answer, contexts, reference, gold, retrieved, id, tags, \
            split, source), Ragas, DeepEval and promptfoo files, and TREC runs (--qrels). Judge calls are kept in the workspace: a second run makes none.
            """
    )

    @Argument(help: "File of samples.")
    var samples: String

    @Option(help: "Metrics, separated by commas; 'assay metrics' lists them.")
    var metrics: String?

    @Option(help: "YAML file with declared metrics ('define:') and, if wanted, a list ('metrics:').")
    var define: String?

    @Option(help: "Format of the file instead of detecting it: assay, ragas, deepeval, promptfoo.")
    var format: String?

    @Option(help: "Judge: an engine of engines.yaml, or the URL of an OpenAI-compatible server.")
    var judge: String?

    @Option(help: "Model to ask a judge for that is given by URL.")
    var judgeModel = "default"

    @Option(help: "How verdicts are asked for: json (compact), or logprob (the probabilities of one token).")
    var ask: String?

    @Option(help: "Environment variable that holds the key of a judge given by URL.")
    var judgeKey: String?

    @Option(help: "Embedding model of models.yaml, for metrics that compare texts.")
    var embed: String?

    @Option(help: "File of engines instead of the project's engines.yaml.")
    var engines: String?

    @Option(help: "Score only samples with this tag.")
    var tag: String?

    @Option(help: "TREC labels (qrels); SAMPLES is then a TREC run file.")
    var qrels: String?

    @Option(help: "What separates the elements of a list in one CSV cell.")
    var delimiter: String?

    @Option(help: "Name of the run in reports (default: the file's).")
    var name: String?

    @Flag(help: "Print the record as JSON instead of the table.")
    var json = false

    @Flag(help: "Fail when a row of the file cannot be read, instead of counting it.")
    var strict = false

    @Option(name: .customLong("report"), help: "Also write a report: .html, .json, else Markdown.")
    var reportFile: String?

    @OptionGroup var tracing: TraceOptions

    @OptionGroup var place: WorkspaceOptions

    func run() async throws {
        let code = try await Interrupt.cancelling { () -> ExitCode in
            do {
                return try await tracing.recording { try await score() }
            } catch let code as ExitCode {
                return code
            } catch {
                return fail(error)
            }
        }
        if code != .success { throw code }
    }

    private func score() async throws -> ExitCode {
        var request = ScoreRun.Request(file: samples)
        request.qrels = qrels
        request.format = format
        request.delimiter = delimiter
        request.tag = tag
        request.metrics = (metrics ?? "").split(separator: ",").map { $0.filter { !$0.isWhitespace } }
        request.define = define
        request.judge = judge
        request.judgeModel = judgeModel
        request.judgeKey = judgeKey
        request.ask = ask
        request.embed = embed
        request.engines = engines
        request.name = name
        let (project, temporary) = try workspaceOrTemporary()
        defer { if let temporary { try? FileManager.default.removeItem(atPath: temporary) } }
        let run = try ScoreRun(request, project: project, progress: ProgressLine.progress(), now: { timestamp() })
        let reading = run.reading
        note("\(samples): \(reading.samples) samples (\(reading.format)), \(reading.bad) bad rows")
        for fault in reading.faults.prefix(20) { note("  \(fault.description)") }
        if reading.bad > 20 { note("  … and \(reading.bad - 20) more bad rows") }
        if strict, reading.bad > 0 {
            throw AssayError("score.strict", "\(reading.bad) rows cannot be read", at: Place(file: samples))
        }
        do {
            let outcome = try await run.run(id: RunID.make())
            await run.close()
            try show(outcome, temporary: temporary != nil)
        } catch {
            await run.close()
            throw error
        }
        return .success
    }

    private func show(_ outcome: PipelineRun.Outcome, temporary: Bool) throws {
        let record = outcome.record
        if !temporary { try RunExport.write(record, to: outcome.folder) }
        print(
            json
                ? try canonicalJSON(record, pretty: true)
                : try ReportRenderers.builtin.renderer("terminal").render(record, options: Terminal.options)
        )
        if let reportFile {
            let kind = reportFile.hasSuffix(".html") ? "html" : reportFile.hasSuffix(".json") ? "json" : "markdown"
            let text = try ReportRenderers.builtin.renderer(kind).render(record, options: ReportOptions())
            try Data(text.utf8).write(to: URL(filePath: reportFile), options: .atomic)
        }
        if !temporary { note("run \(record.id); report: \(outcome.folder)/report.html") }
    }

    /// The project of the working folder; a temporary workspace where that folder cannot be written and none is named.
    private func workspaceOrTemporary() throws -> (Project, temporary: String?) {
        let project = place.project(of: ".")
        do {
            try project.workspace.create()
            return (project, nil)
        } catch  where place.workspace == nil && environment("ASSAY_WORKSPACE") == nil {
            let folder = FileManager.default.temporaryDirectory.appending(path: "assay-score-\(UUID().uuidString)")
                .path()
            note("this folder cannot be written: judge calls are not kept (name a folder with --workspace)")
            return (Project(containing: ".", workspace: folder, home: environment("ASSAY_HOME")), folder)
        }
    }
}
