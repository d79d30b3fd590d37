import ArgumentParser
import AssayEval
import AssayModel
import AssayPipeline
import AssayReport
import AssayStore
import FoundationEssentials

/// `assay compare BASELINE RUN…`.
struct CompareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Compares runs with a baseline, question by question.",
        discussion: """
            A run is a baseline's name, an id or the beginning of one, 'latest', 'latest~1' (the successful run before it), or a record.json. Runs of \
            other evalsets, corpora or metric definitions are refused. The exit code does not depend on the result: that is what \
            a gate is for.
            """
    )

    @Argument(help: "The baseline, then the runs to compare with it.")
    var runs: [String]

    @Option(
        parsing: .upToNextOption,
        help: "A further run of the baseline's or a candidate's spec: scores are averaged by question."
    )
    var replicate: [String] = []

    @Option(help: "Metrics to compare, separated by commas (default: all that the runs share).")
    var metrics: String?

    @Option(help: "Compare slices too: 'kind' (first tag), 'tags' (every tag), or a tag.")
    var by: String?

    @Option(help: "Questions that changed most, to be named.")
    var changed = 5

    @Option(help: "Intervals of the difference: t or bootstrap (BCa), both over clusters.")
    var interval = Interval.t

    @Option(help: "Seed of random sign patterns and bootstrap samples.")
    var seed: UInt64 = 1

    @Flag(
        help: "Compare runs over different versions of a corpus: sound where the change of the corpus is the question."
    )
    var acrossCorpora = false

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(help: "Print Markdown.")
    var markdown = false

    @Option(name: .shortAndLong, help: "Write to this file instead of stdout.")
    var output: String?

    @OptionGroup var place: WorkspaceOptions

    /// How intervals are made.
    enum Interval: String, ExpressibleByArgument, CaseIterable {
        case t, bootstrap
    }

    func validate() throws {
        if runs.count < 2 { throw ValidationError("compare needs a baseline and at least one run") }
        if changed < 0 { throw ValidationError("--changed is 0 or more") }
        if json, markdown { throw ValidationError("--json and --markdown exclude each other") }
    }

    func run() async throws {
        do {
            let text = try await report()
            if let output {
                try Data(text.utf8).write(to: URL(filePath: output), options: .atomic)
            } else {
                print(text, terminator: "")
            }
        } catch {
            throw fail(error)
        }
    }

    private func report() async throws -> String {
        let project = place.project(of: ".")
        try project.workspace.create()
        let argument = RunArgument(project: project, store: try Store(project.workspace, now: { timestamp() }))
        let found = try await argument.results(runs + replicate)
        let sides = Array(found.prefix(runs.count))
        let replicates = found.dropFirst(runs.count).map(\.results)
        let comparisons = try compare(sides[0], Array(sides.dropFirst()), replicates)
        return try write(comparisons, questions: sides[0].results.questions.map(\.sample.question))
    }

    private func compare(
        _ baseline: (name: String, results: RunResults),
        _ candidates: [(name: String, results: RunResults)],
        _ replicates: [RunResults]
    ) throws -> [PairedComparison] {
        var options = ComparisonOptions()
        options.interval = interval == .bootstrap ? .bootstrap : .student
        options.seed = seed
        options.acrossCorpora = acrossCorpora
        options.slicing = by.map { $0 == "kind" ? .kind : $0 == "tags" ? .tags : .tag($0) }
        if case .tag(let tag) = options.slicing,
            !baseline.results.questions.contains(where: { $0.sample.question.tags.contains(tag) })
        {
            let tags = Set(baseline.results.questions.flatMap(\.sample.question.tags)).sorted()
            throw AssayError(
                "compare.tag",
                "no question has the tag '\(tag)'",
                remedy: "tags are \(tags.prefix(20).joined(separator: ", ")); 'kind' takes the first of each question"
            )
        }
        let known = Set(([baseline] + candidates).map(\.results.specHash))
        for run in replicates where !known.contains(run.specHash) {
            throw AssayError(
                "compare.replicate",
                "the replicate '\(run.pipeline)' measures something else than the runs compared",
                remedy: "replicates are runs of one unchanged pipeline file with --refresh"
            )
        }
        return try PairedComparison.all(
            baseline: baseline,
            candidates: candidates,
            replicates: replicates,
            metrics: metrics.map { $0.split(separator: ",").map { String(trimming($0)) } },
            options: options
        )
    }

    private func trimming(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " }
        while text.last == " " { text.removeLast() }
        return text
    }

    private func write(_ comparisons: [PairedComparison], questions: [Question]) throws -> String {
        if json {
            var shortened = comparisons
            for index in shortened.indices {
                for metric in shortened[index].metrics.indices {
                    let changes = shortened[index].metrics[metric].changes.filter { $0.before != $0.after }
                    shortened[index].metrics[metric].changes = Array(changes.prefix(changed))
                }
            }
            return try canonicalJSON(["comparisons": shortened], pretty: true) + "\n"
        }
        let texts = Dictionary(questions.map { ($0.id, $0.question) }) { first, _ in first }
        return ComparisonReport(comparisons, questions: texts, changed: changed)
            .text(markdown ? .markdown : .terminal(Terminal.options))
    }
}
