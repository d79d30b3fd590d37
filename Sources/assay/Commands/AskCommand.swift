import ArgumentParser
import AssayModel
import AssayPipeline

/// `assay ask FILE "question"`.
struct AskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ask",
        abstract: "Answers one question through a pipeline and shows the passages behind the answer."
    )

    @Argument(help: "Pipeline file.")
    var file: String

    @Argument(help: "The question.")
    var question: String

    @Flag(help: "Print JSON.")
    var json = false

    @Option(help: "Folder of the data for corpora that are recipes.")
    var data: String?

    @OptionGroup var place: WorkspaceOptions

    func run() async throws {
        let code = try await Interrupt.cancelling { () -> ExitCode in
            do {
                let spec = try PipelineSpec(file)
                let session = try PipelineSession(
                    spec,
                    project: place.project(of: file),
                    progress: ProgressLine.progress(),
                    now: { timestamp() }
                )
                do {
                    let reply = try await session.ask(question, data: data)
                    await session.close()
                    show(reply)
                } catch {
                    await session.close()
                    throw error
                }
                return .success
            } catch {
                return fail(error)
            }
        }
        if code != .success { throw code }
    }

    private func show(_ reply: PipelineSession.Reply) {
        if json {
            print((try? canonicalJSON(reply, pretty: true)) ?? "{}")
            return
        }
        if let answer = reply.answer { print(PlainText.line(answer.text), terminator: "\n\n") }
        for (number, passage) in reply.passages.enumerated() {
            print(
                "[\(number + 1)] \(PlainText.line(passage.id)) (score \(ProgressLine.rounded(passage.score * 1_000)) / 1000)"
            )
            print("    \(PlainText.line(String(passage.text.prefix(300))))")
        }
    }
}
