import ArgumentParser
import AssayModel
import AssayPipeline

extension EvalsetCommand {
    /// Makes questions with gold spans from a corpus.
    struct Generate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "generate",
            abstract: "Makes questions from a corpus, with gold spans by construction, for a person to review.",
            discussion: """
                Sentences of the corpus are chosen by seed; an engine writes a question and its answer for each, or for two linked ones. \
                Filters look for answers that are not in the evidence, copied wording, questions that the engine answers without \
                documents, and duplicates. Every row is written with 'review: keep', 'edit' or 'drop' and the reasons; only rows that \
                are kept are asked. Without --engine questions are made by rule (gaps in sentences, headings). What the engine said is \
                kept in the workspace: the same command goes on where it stopped.
                """
        )

        @Argument(help: "Pipeline file, or folder of documents.")
        var source: String

        @Option(help: "File of rows to write (JSON lines); must not exist.")
        var out: String

        @Option(help: "Engine of engines.yaml that writes the questions; none makes them by rule.")
        var engine: String?

        @Option(help: "Questions wanted.")
        var count = 20

        @Option(help: "Share of questions that need two documents.")
        var multiHop = 0.25

        @Option(help: "Decides evidence, personas, styles and splits.")
        var seed = 1

        @Option(help: "Share of source documents whose questions go to the split dev.")
        var dev = 0.5

        @Option(help: "Who asks, in a few words; can be given several times.")
        var persona: [String] = []

        @Option(help: "How they ask, in a few words; can be given several times.")
        var style: [String] = []

        @Option(help: "Engine calls at most.")
        var maxCalls = 200

        @Option(help: "Embedding model for finding duplicates, where SOURCE is a folder.")
        var embed: String?

        @Option(help: "Folder of the data for corpora that are recipes.")
        var data: String?

        @Flag(help: "Print JSON.")
        var json = false

        @OptionGroup var place: WorkspaceOptions

        func validate() throws {
            if !(1...100_000).contains(count) { throw ValidationError("--count takes 1 to 100000") }
            if !(0...1).contains(multiHop) { throw ValidationError("--multi-hop takes 0 to 1") }
            if !(0...1).contains(dev) { throw ValidationError("--dev takes 0 to 1") }
            if !(0...1_000_000).contains(maxCalls) { throw ValidationError("--max-calls takes 0 to 1000000") }
            if !(0...Int(Int32.max)).contains(seed) { throw ValidationError("--seed takes 0 to \(Int32.max)") }
        }

        func run() async throws {
            let code = try await Interrupt.cancelling { () -> ExitCode in
                do {
                    return try await generate()
                } catch {
                    return fail(error)
                }
            }
            if code != .success { throw code }
        }

        private func generate() async throws -> ExitCode {
            var options = GenerationOptions()
            options.engine = engine
            options.count = count
            options.multiHop = multiHop
            options.seed = seed
            options.dev = dev
            if !persona.isEmpty { options.personas = persona }
            if !style.isEmpty { options.styles = style }
            options.maxCalls = maxCalls
            options.data = data
            let isFile = source.hasSuffix(".yaml") || source.hasSuffix(".yml")
            let session = try PipelineSession(
                isFile ? try PipelineSpec(source) : try PipelineSpec.corpus(source, embedder: embed),
                project: place.project(of: isFile ? source : "."),
                progress: ProgressLine.progress(),
                now: { timestamp() }
            )
            do {
                let report = try await EvalsetGeneration(session, options: options).run(writing: out)
                await session.close()
                show(report)
                return .success
            } catch {
                await session.close()
                throw error
            }
        }

        private func show(_ report: GenerationReport) {
            if json {
                print((try? canonicalJSON(report, pretty: true)) ?? "{}")
                return
            }
            print("\(out): \(report.rows) rows: \(report.kept) keep, \(report.edit) edit, \(report.dropped) drop")
            for (reason, count) in report.reasons.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
                print(PlainText.line("  \(count) × \(reason)"))
            }
            print("evidence: \(report.evidence) usable sentences")
            if engine != nil {
                print(
                    "engine: \(report.calls) calls, \(report.reused) from the journal, \(report.refused) replies refused"
                )
            }
            for note in report.notes { print(PlainText.line("note: \(note)")) }
        }
    }
}
