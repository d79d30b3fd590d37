import ArgumentParser

/// `assay judge`.
struct JudgeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "judge",
        abstract: "Works with judges: pairwise comparison of runs.",
        subcommands: [JudgePairwise.self]
    )
}
