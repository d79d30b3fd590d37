import ArgumentParser
import AssayEval
import AssayModel
import AssayPipeline
import AssayStore

/// `assay judge pairwise RUN_A RUN_B --judge ENGINE`.
struct JudgePairwise: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pairwise",
        abstract: "Asks a judge which run's answer is better, in both orders; a changed mind is a tie."
    )

    @Argument(help: "Id of the first run.")
    var first: String

    @Argument(help: "Id of the second run.")
    var second: String

    @Option(help: "Engine in engines.yaml that judges.")
    var judge: String

    @Option(help: "json, or logprob: by the probabilities of the first token.")
    var ask = "json"

    @Flag(help: "Print everything as JSON.")
    var json = false

    @OptionGroup var place: WorkspaceOptions

    func validate() throws {
        guard JudgeAsking(rawValue: ask) != nil else { throw ValidationError("--ask takes json or logprob") }
    }

    func run() async throws {
        let code = try await Interrupt.cancelling { () -> ExitCode in
            do {
                let project = place.project(of: ".")
                try project.workspace.create()
                let store = try Store(project.workspace, now: { timestamp() })
                let run = PairwiseRun(store: store, project: project, progress: ProgressLine.progress())
                let report = try await run.compare(
                    first,
                    second,
                    judge: judge,
                    ask: JudgeAsking(rawValue: ask) ?? .json
                )
                print(json ? try canonicalJSON(report, pretty: true) : Self.text(report))
                return .success
            } catch {
                return fail(error)
            }
        }
        if code != .success { throw code }
    }

    /// The report as a person wants it.
    static func text(_ report: PairwiseRun.Report) -> String {
        let summary = report.summary
        func percent(_ share: Double?) -> String { share.map { "\(Int(($0 * 100).rounded())) %" } ?? "–" }
        func value(_ number: Double?) -> String { number.map { "\(($0 * 1_000).rounded() / 1_000)" } ?? "–" }
        let interval = summary.low.map { " (95 % interval \(value($0)) to \(value(summary.high)))" } ?? ""
        var lines = [
            "\(report.runs[0]) against \(report.runs[1]), judge \(report.judge.name) (\(report.judge.model)), asked by \(report.ask.rawValue)",
            "wins \(summary.wins)  ties \(summary.ties)  losses \(summary.losses)  not scored \(summary.notScored)",
            "preference for the first run: \(value(summary.preference))\(interval); 0.5 is neither",
            "order-consistency: \(percent(summary.orderConsistency)) of the pairs got the same answer in both orders",
            "choices that fell on the answer that stood first: \(percent(summary.firstPlaceShare)); 50 % is no liking for a place",
            "calls: \(report.calls), of these from the journal: \(report.reused)",
        ]
        if report.unpaired > 0 { lines.append("left out: \(report.unpaired) questions that only one run answered") }
        return lines.map(PlainText.line).joined(separator: "\n")
    }
}
