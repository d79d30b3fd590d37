import ArgumentParser
import AssayModel
import AssayPipeline
import FoundationEssentials

/// `assay init FOLDER`.
struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Makes a small pipeline over a folder of your own files, ready to run."
    )

    @Argument(help: "Folder with documents (Markdown, HTML, text, JSONL, PDF).")
    var documents: String

    @Option(help: "Where to put the pipeline and its evalset.")
    var into = "."

    @Flag(help: "Embed with the hashed test embedder instead of the model: no download, poor ranking.")
    var offline = false

    func run() async throws {
        do {
            for line in try Starter(documents: documents, into: into, offline: offline).write() { print(line) }
        } catch {
            throw fail(error)
        }
    }
}
