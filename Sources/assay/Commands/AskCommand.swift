import ArgumentParser
import AssayModel
import AssayPipeline

/// `assay ask FILE "question"`.
struct AskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ask",
        abstract: "Answers one question through a pipeline and shows the passages behind the answer."
    )

    @OptionGroup var pipeline: PipelineArguments

    @OptionGroup var tracing: TraceOptions

    @Argument(help: "The question.")
    var question: String

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        try await pipeline.run(tracing) { session in
            show(try await session.ask(question, data: pipeline.data))
            return .success
        }
    }

    private func show(_ reply: PipelineSession.Reply) {
        if let notice = reply.notice { note(notice) }
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
