import ArgumentParser
import AssayModel

/// The command line of Assay.
@main
struct AssayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "assay",
        abstract: "Runs and evaluates retrieval-augmented generation pipelines from one YAML file.",
        version: "0.1.0",
        subcommands: [
            InitCommand.self,
            RunCommand.self,
            PlanCommand.self,
            AskCommand.self,
            ServeCommand.self,
            KeysCommand.self,
            TopCommand.self,
            ScoreCommand.self,
            ReportCommand.self,
            CompareCommand.self,
            GateCommand.self,
            BaselineCommand.self,
            HistoryCommand.self,
            EvalsetCommand.self,
            TrafficCommand.self,
            TrecCommand.self,
            JudgeCommand.self,
            IndexCommand.self,
            MetricsCommand.self,
            ModelsCommand.self,
            CacheCommand.self,
            DoctorCommand.self,
            SchemaCommand.self,
        ]
    )
}
