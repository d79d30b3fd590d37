import ArgumentParser
import AssayModel
import AssayPipeline
import AssayReport

/// `assay evalset check|generate|from-traffic`.
struct EvalsetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evalset",
        abstract: "Checks and makes evalsets.",
        subcommands: [Check.self, Generate.self, FromTraffic.self]
    )

    /// Finds what is wrong with an evalset.
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract:
                "Finds labels that do not match the corpus, duplicates, leaks between splits; says what the set can show."
        )

        @OptionGroup var pipeline: PipelineArguments

        @Flag(help: "Print JSON.")
        var json = false

        @Flag(help: "Fail on warnings too.")
        var strict = false

        @Option(help: "Smallest difference of two runs that matters; says how many questions it needs.")
        var effect: Double?

        @Option(help: "Metric whose spread is taken from --run.")
        var metric: String?

        @Option(
            name: .customLong("run"),
            help: "A run whose scores say how far they spread; twice for the differences of two."
        )
        var runs: [String] = []

        @Option(help: "Correlation of two runs to assume where only one is given.")
        var correlation = 0.5

        func validate() throws {
            if let effect, !(effect > 0 && effect <= 100) { throw ValidationError("--effect takes a number above 0") }
            if runs.count > 2 { throw ValidationError("--run can be given once or twice") }
            if !(correlation >= 0 && correlation < 1) { throw ValidationError("--correlation takes 0 to below 1") }
        }

        func run() async throws {
            var options = EvalsetCheck.Options()
            options.data = pipeline.data
            options.effect = effect
            options.metric = metric
            options.runs = runs
            options.correlation = correlation
            try await pipeline.run { [options, json, strict] session in
                let report = try await EvalsetCheck(session, options: options).run()
                print(json ? try canonicalJSON(report, pretty: true) : Self.text(report))
                let failed = report.count(.error) > 0 || (strict && report.count(.warning) > 0)
                return failed ? Exit.failed : .success
            }
        }

        private static func text(_ report: EvalsetReport) -> String {
            var lines = report.findings.map { PlainText.line($0.line) }
            let unmatched = report.findings.count { $0.code == "quote" || $0.code == "document" }
            let splits = report.splits.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(
                separator: ", "
            )
            lines.append(
                "\(report.questions) questions (\(splits)), \(report.labels) labels, \(unmatched) do not match"
            )
            if report.held > 0 { lines.append("\(report.held) more rows wait for review") }
            let counts = report.tags.filter { $0.questions.values.reduce(0, +) >= 5 }.map { line in
                let parts = line.questions.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
                return "\(line.tag) \(parts.joined(separator: " + "))"
            }
            if !counts.isEmpty { lines.append(PlainText.line("tags: " + counts.joined(separator: ", "))) }
            for power in report.power {
                let what = power.metric ?? "any metric from 0 to 1"
                let shown = round(power.detectable, 3)
                lines.append(
                    "size: \(power.questions) questions of \(power.split) in \(power.clusters) clusters show a difference of \(shown) in "
                        + "\(what) with 80 % power (\(power.basis))"
                )
                if let effect = power.effect, let needed = power.needed {
                    lines.append(
                        "      a difference of \(effect) needs about \(needed) questions, as many a document as now"
                    )
                }
            }
            lines.append(
                "\(report.count(.error)) errors, \(report.count(.warning)) warnings, \(report.count(.note)) notes"
            )
            return lines.joined(separator: "\n")
        }

        private static func round(_ value: Double, _ digits: Int) -> String {
            var scale = 1.0
            for _ in 0..<digits { scale *= 10 }
            return "\((value * scale).rounded() / scale)"
        }
    }
}
