import ArgumentParser
import AssayModel
import AssayPipeline

extension EvalsetCommand {
    /// Makes an evalset of served questions.
    struct FromTraffic: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "from-traffic",
            abstract: "Makes an evalset of questions that a service was asked, for a person to review.",
            discussion: """
                Questions come from the answers that the service kept and from feedback. What was served is proposed in each row's 'made', \
                never taken as a reference; every row waits for review ('review: edit'). Questions that ask the same are written once, \
                answers that rest on documents of a tenant are left out, and no names of keys or tenants are written.
                """
        )

        @OptionGroup var pipeline: PipelineArguments

        @Option(help: "Folder to write questions.jsonl and README.md to; they must not exist.")
        var output: String

        @Option(help: "Only answers that readers rated: up, down or any.")
        var rating: String?

        @Option(help: "Only answers with such a score, for example 'faithfulness<0.5'; several must all hold.")
        var score: [String] = []

        @Option(help: "Questions at most.")
        var limit = 100

        @Option(help: "Decides which, where there are more.")
        var seed = 1

        @OptionGroup var time: TrafficWindow

        @Flag(help: "Print JSON.")
        var json = false

        func validate() throws {
            if let rating, !["up", "down", "any"].contains(rating) {
                throw ValidationError("--rating takes up, down or any")
            }
            for text in score where TrafficEvalset.Condition(text) == nil {
                throw ValidationError("--score takes METRIC<X, METRIC<=X, METRIC>X or METRIC>=X, not '\(text)'")
            }
            if !(1...100_000).contains(limit) { throw ValidationError("--limit takes 1 to 100000") }
            if !(0...Int(Int32.max)).contains(seed) { throw ValidationError("--seed takes 0 to \(Int32.max)") }
        }

        func run() async throws {
            var options = TrafficEvalset.Options()
            options.rating = rating
            options.conditions = score.compactMap { TrafficEvalset.Condition($0) }
            options.limit = limit
            options.seed = seed
            options.window = time.window
            try await pipeline.run { [options, output, json] session in
                let report = try await TrafficEvalset(session, options).write(to: output)
                if json {
                    print(try canonicalJSON(report, pretty: true))
                    return .success
                }
                print("\(output)/questions.jsonl: \(report.rows) questions wait for review, of \(report.found) answers")
                if report.duplicates > 0 { print("\(report.duplicates) ask what another asks") }
                if report.tenants > 0 { print("\(report.tenants) rest on documents of a tenant and are left out") }
                return .success
            }
        }
    }
}
