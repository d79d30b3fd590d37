import ArgumentParser
import AssayModel
import AssayPipeline

/// The command line of Assay.
@main
struct AssayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "assay",
        abstract: "Runs and evaluates retrieval-augmented generation pipelines from one YAML file.",
        version: Assay.version,
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
