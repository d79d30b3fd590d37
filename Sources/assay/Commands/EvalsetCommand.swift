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

        @OptionGroup var pipeline: PipelineArguments

        func run() async throws {
            try await pipeline.run { session in
                let findings = try await session.checkEvalset(data: pipeline.data)
                for finding in findings.failures { print(PlainText.line(finding.description)) }
                print(
                    "\(findings.questions) questions, \(findings.labels) labels, \(findings.failures.count) do not match"
                )
                return findings.failures.isEmpty ? .success : Exit.failed
            }
        }
    }
}
