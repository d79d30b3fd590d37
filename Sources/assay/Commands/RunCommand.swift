import ArgumentParser
import AssayModel
import AssayPipeline
import AssayReport
import FoundationEssentials

/// `assay run FILE`.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Runs a pipeline or a sweep; resumes where it stopped and never does finished work twice."
    )

    @Argument(help: "Pipeline or sweep file.")
    var file: String

    @Flag(help: "Compare with the file's 'expect:'; exit 2 when something differs.")
    var verify = false

    @Flag(help: "Generate answers and judgements anew instead of reusing stored ones.")
    var refresh = false

    @Flag(help: "Print the record as JSON instead of the table.")
    var json = false

    @Option(help: "Folder of the data for corpora that are recipes.")
    var data: String?

    @Option(name: .customLong("report"), help: "Also write the Markdown report to this file.")
    var reportFile: String?

    @Option(help: "End after this many seconds; what is finished is kept.")
    var maxTime: Double?

    @Option(help: "Tokens of prompts and replies that engines may use; what is finished is kept.")
    var maxTokens: Int?

    @Option(help: "What engines may cost, in the unit of the prices in engines.yaml; what is finished is kept.")
    var maxCost: Double?

    @Option(
        help: "Write what the engines said, stored replies included, to this journal; '--replay' answers from it."
    )
    var record: String?

    @Option(help: "Answer from this journal in place of every engine: a run without a model.")
    var replay: String?

    @OptionGroup var tracing: TraceOptions

    @OptionGroup var place: WorkspaceOptions

    func run() async throws {
        let code = try await Interrupt.cancelling {
            try await tracing.recording { try await execute() }
        }
        if code != ExitCode.success { throw code }
    }

    private func execute() async throws -> ExitCode {
        do {
            if try Sweep.isSweep(file) { return try await sweep() }
            let spec = try PipelineSpec(file)
            if verify, spec.expect == nil { throw missingExpectations }
            let outcome = try await one(spec)
            let misses = verify ? try check(spec.expect, outcome.record) : []
            show([outcome])
            return report(misses) ? .success : Exit.missed
        } catch is CancellationError {
            note("stopped; what was finished is kept: run the same command to go on")
            return Exit.interrupted
        } catch {
            return fail(error)
        }
    }

    private func one(_ spec: PipelineSpec) async throws -> PipelineRun.Outcome {
        let project = place.project(of: file)
        let session = try PipelineSession(
            spec,
            project: project,
            progress: ProgressLine.progress(),
            budget: Budget(tokens: maxTokens, cost: maxCost),
            recording: record != nil,
            replay: replay,
            now: { timestamp() }
        )
        var options = PipelineRun.Options()
        options.data = data
        options.maxTime = maxTime.map { .seconds($0) }
        options.refresh = refresh
        do {
            let outcome = try await PipelineRun(session, options: options).run(id: RunID.make())
            await session.close()
            try RunExport.write(outcome.record, to: outcome.folder)
            if let record, let journal = session.journal {
                try journal.write(to: record)
                note("journal: \(journal.count) replies in \(record)")
            }
            return outcome
        } catch {
            await session.close()
            throw error
        }
    }

    private func sweep() async throws -> ExitCode {
        if record != nil {
            throw AssayError(
                "run.record",
                "--record takes one pipeline, and \(file) is a sweep",
                remedy: "record the variants' pipelines one by one"
            )
        }
        let sweep = try Sweep(file)
        if verify, !sweep.variants.allSatisfy({ $0.expect != nil }) { throw missingExpectations }
        var outcomes: [PipelineRun.Outcome] = []
        var misses: [String] = []
        for variant in sweep.variants {
            note("variant \(variant.name)")
            var spec = try PipelineSpec(sweep.base, overrides: variant.values)
            spec.name = baseNameWithoutEnding(file) + " " + variant.name
            let outcome = try await one(spec)
            if verify { misses += try check(variant.expect, outcome.record).map { "\(variant.name): \($0)" } }
            outcomes.append(outcome)
        }
        show(outcomes)
        return report(misses) ? .success : Exit.missed
    }

    private var missingExpectations: AssayError {
        AssayError(
            "expect.missing",
            "\(file) has no 'expect:' to verify, or not for every variant",
            remedy: "add it, or run without --verify"
        )
    }

    private func check(_ expect: Expectations?, _ record: RunRecord) throws -> [String] {
        guard let expect else { throw missingExpectations }
        return expect.misses(record.results)
    }

    private func report(_ misses: [String]) -> Bool {
        for miss in misses { note("expectation missed: \(miss)") }
        if verify, misses.isEmpty { note("all expectations met") }
        return misses.isEmpty
    }

    /// The table of a sweep, with the machine named.
    private func sweepReport(_ records: [RunRecord]) -> String {
        guard let machine = records.first?.environment else { return "" }
        return """
            # \(baseNameWithoutEnding(file))

            Machine: \(machine.processor), \(machine.cores) cores, \(machine.memoryGiB) GiB of memory, \(machine.system). \
            Assay \(machine.assay), \(machine.started).
            This page is generated by `assay run --report`.


            """ + compareTable(records, format: .markdown)
    }

    private func show(_ outcomes: [PipelineRun.Outcome]) {
        let records = outcomes.map(\.record)
        do {
            if json {
                print(
                    try records.count == 1
                        ? canonicalJSON(records[0], pretty: true) : canonicalJSON(records, pretty: true)
                )
            } else if records.count == 1 {
                print(try ReportRenderers.builtin.renderer("terminal").render(records[0], options: Terminal.options))
            } else {
                print(compareTable(records, format: .terminal(Terminal.options)))
            }
            if let reportFile {
                let text =
                    records.count == 1
                    ? try ReportRenderers.builtin.renderer("markdown").render(records[0], options: ReportOptions())
                    : sweepReport(records)
                try Data(text.utf8).write(to: URL(filePath: reportFile), options: .atomic)
            }
        } catch {
            note("assay: the report could not be written: \(error)")
        }
        for outcome in outcomes { note("report: \(outcome.folder)/report.html") }
    }
}
