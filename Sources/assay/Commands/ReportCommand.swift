import ArgumentParser
import AssayModel
import AssayPipeline
import AssayReport
import AssayStore
import FoundationEssentials

/// `assay report [RUN…]`.
struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Renders recorded runs again; without a run it lists them.",
        discussion: """
            A run is an id or its unique beginning, 'latest', 'latest~N', or a record's file. \
            Two runs as HTML: the second is the report, the first its baseline, compared as 'assay compare' does. A page of more than 2,000 questions holds the worst and \
            most changed ones whole; with --output the others are written to the folder NAME.details beside it, from which the page \
            reads a question when it is opened.
            """
    )

    @Argument(help: "Runs; several are put side by side.")
    var runs: [String] = []

    @Option(help: "terminal, json, markdown or html.")
    var format = "terminal"

    @Option(name: .shortAndLong, help: "Write to this file instead of stdout.")
    var output: String?

    @Option(help: ArgumentHelp("Run or stored baseline that the HTML report compares with.", valueName: "run"))
    var baseline: String?

    @OptionGroup var place: WorkspaceOptions

    func run() async throws {
        do {
            let project = place.project(of: ".")
            try project.workspace.create()
            let store = try Store(project.workspace, now: { timestamp() })
            if runs.isEmpty {
                for line in try await store.runs() {
                    print("\(line.id)  \(line.status)  \(PlainText.line(line.pipeline))")
                }
                return
            }
            try write(try await text(RunReader(store: store), RunArgument(project: project, store: store)))
        } catch {
            throw fail(error)
        }
    }

    private func text(_ reader: RunReader, _ find: RunArgument) async throws -> String {
        let renderer = try ReportRenderers.builtin.renderer(format)
        var ids = runs
        var base = baseline
        if format == "html", base == nil, ids.count == 2 { base = ids.removeFirst() }
        guard ids.count == 1 else {
            var heads: [RunRecord] = []
            for id in ids { heads.append(try await reader.head(try await find.source(id))) }
            return compareTable(heads, format: format == "markdown" ? .markdown : .terminal(Terminal.options))
        }
        let source = try await find.source(ids[0])
        if format == "json" { return try renderer.render(try await reader.whole(source), options: Terminal.options) }
        let isPage = format == "html"
        var before: RunSource?
        if isPage, let base { before = try await find.source(base) }
        let input = try await reader.input(
            source,
            baseline: before,
            isPage: isPage,
            page: isPage ? output : nil
        )
        guard let output, input.details != nil else { return try renderer.render(input, options: Terminal.options) }
        // The page and the files beside it are written side by side: one is work, the other waits for the disk.
        async let written: Void = reader.writeDetails(input.record.id, besidePage: output)
        let page = try renderer.render(input, options: Terminal.options)
        try await written
        return page
    }

    private func write(_ text: String) throws {
        if let output {
            try Data(text.utf8).write(to: URL(filePath: output), options: .atomic)
        } else {
            print(text)
        }
    }
}
