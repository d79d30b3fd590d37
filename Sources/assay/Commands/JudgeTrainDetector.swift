import ArgumentParser
import AssayModel
import AssayPipeline
import FoundationEssentials

/// `assay judge train-detector`.
struct JudgeTrainDetector: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train-detector",
        abstract:
            "Trains the detector of unsupported answers on corrupted answers and prints its coefficients as Swift source.",
        discussion:
            "Equal files and seeds give equal coefficients. Sources/AssayEval/Support/SupportCoefficients.swift is made so."
    )

    @Option(help: "Evalset folder with references and gold quotes; may be given several times.")
    var evalset: [String] = []

    @Option(name: .customLong("clapnq"), help: "clapnq_dev_answerable.jsonl of CLAP NQ.")
    var clapNQ: String?

    @Option(help: "Seed of the corruptions.")
    var seed: UInt64 = 1

    @Option(help: "Rows of a set at most, from its start.")
    var rows: Int = .max

    @Option(help: "Version of the coefficients: one more than that of the model in use.")
    var version: Int

    @Option(help: "Write the source to this file instead of printing it.")
    var output: String?

    @Option(name: .customLong("report"), help: "Also write what it is worth to this Markdown file.")
    var reportFile: String?

    @OptionGroup var place: WorkspaceOptions

    func run() async throws {
        let code = try await Interrupt.cancelling { () -> ExitCode in
            do {
                let training = DetectorTraining(
                    project: place.project(of: "."),
                    progress: ProgressLine.progress(),
                    seed: seed,
                    rows: rows
                )
                let outcome = try await training.run(evalsets: evalset, clapNQ: clapNQ)
                let text = outcome.source(version: version, seed: seed)
                if let output {
                    try Data(text.utf8).write(to: URL(filePath: output), options: .atomic)
                } else {
                    print(text)
                }
                let report = outcome.markdown(version: version, seed: seed)
                note(report)
                if let reportFile { try Data(report.utf8).write(to: URL(filePath: reportFile), options: .atomic) }
                return .success
            } catch {
                return fail(error)
            }
        }
        if code != .success { throw code }
    }
}
