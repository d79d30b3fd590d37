import ArgumentParser

/// `assay judge`.
struct JudgeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "judge",
        abstract: "Works with judges: agreement with people, pairwise comparison of runs, training of the detector.",
        subcommands: [JudgeCalibrate.self, JudgePairwise.self, JudgeTrainDetector.self]
    )
}
