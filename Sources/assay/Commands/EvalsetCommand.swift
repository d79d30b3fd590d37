import ArgumentParser
import AssayModel
import AssayPipeline

/// `assay evalset check FILE`.
struct EvalsetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evalset",
        abstract: "Checks evalsets.",
        subcommands: [Check.self]
    )

    /// Finds labels that do not match the corpus.
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Finds labels of a pipeline's evalset that do not match its corpus."
        )

        @Argument(help: "Pipeline file that names corpus and evalset.")
        var file: String

        @Option(help: "Folder of the data for corpora that are recipes.")
        var data: String?

        @OptionGroup var place: WorkspaceOptions

        func run() async throws {
            do {
                let spec = try PipelineSpec(file)
                let session = try PipelineSession(
                    spec,
                    project: place.project(of: file),
                    progress: ProgressLine.progress(),
                    now: { timestamp() }
                )
                let findings = try await session.checkEvalset(data: data)
                await session.close()
                for finding in findings.failures { print(PlainText.line(finding.description)) }
                print(
                    "\(findings.questions) questions, \(findings.labels) labels, \(findings.failures.count) do not match"
                )
                if !findings.failures.isEmpty { throw Exit.failed }
            } catch let code as ExitCode {
                throw code
            } catch {
                throw fail(error)
            }
        }
    }
}
