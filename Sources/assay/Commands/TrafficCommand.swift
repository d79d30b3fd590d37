import ArgumentParser
import AssayModel
import AssayPipeline
import AssayReport
import FoundationEssentials

/// `assay traffic [list|report|delete]`.
struct TrafficCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "traffic",
        abstract: "Shows what a service has kept of its answers, by day or as a report, and deletes it.",
        discussion: """
            A service keeps and judges the share of its answers that 'serve: { online: { share: … } }' of the pipeline file says; \
            see docs/serving.md.
            """,
        subcommands: [List.self, Report.self, Delete.self],
        defaultSubcommand: List.self
    )

    /// Figures by day.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "Counts and mean scores of the kept answers, by day, with what readers said."
        )

        @OptionGroup var pipeline: PipelineArguments

        @OptionGroup var time: TrafficWindow

        @Flag(help: "List the answers one by one, with their ids and questions.")
        var answers = false

        @Flag(help: "Print JSON.")
        var json = false

        func run() async throws {
            try await pipeline.run { [answers, json, window = time.window] session in
                let log = try await TrafficLog(session, window)
                if answers {
                    let lines = log.answers
                    print(
                        json
                            ? try canonicalJSON(lines, pretty: true)
                            : lines.map(TrafficText.line).joined(separator: "\n")
                    )
                    return .success
                }
                let summary = TrafficSummary(log, pipeline: session.parts.spec.name)
                print(json ? try canonicalJSON(summary, pretty: true) : TrafficText.summary(summary))
                return .success
            }
        }
    }

    /// The report of a run.
    struct Report: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "report",
            abstract:
                "Renders the kept answers as the report of a run: scores with intervals, each answer with its passages and verdicts.",
            discussion: """
                Intervals are clustered by the document that an answer rests on: the first that it cites, else the best one found. \
                The history has a point a day. Written as json, the report is a record that 'assay report' and 'assay compare' take.
                """
        )

        @OptionGroup var pipeline: PipelineArguments

        @OptionGroup var time: TrafficWindow

        @Option(help: "terminal, json, markdown or html.")
        var format = "terminal"

        @Option(name: .shortAndLong, help: "Write to this file instead of stdout.")
        var output: String?

        @Flag(help: "Take in the answers that earlier versions of the pipeline gave.")
        var everyVersion = false

        func run() async throws {
            let renderer: any ReportRenderer
            do { renderer = try ReportRenderers.builtin.renderer(format) } catch { throw fail(error) }
            try await pipeline.run { [format, output, everyVersion, window = time.window] session in
                let traffic = try await TrafficRecord(session, window, everyVersion: everyVersion)
                if traffic.leftOut > 0 {
                    note(
                        "\(traffic.leftOut) answers of earlier versions of the pipeline are left out (--every-version)"
                    )
                }
                let input = try traffic.input(besidePage: format == "html" ? output : nil)
                let text =
                    format == "json"
                    ? try renderer.render(traffic.record, options: Terminal.options)
                    : try renderer.render(input, options: Terminal.options)
                if let output {
                    try Data(text.utf8).write(to: URL(filePath: output), options: .atomic)
                } else {
                    print(text)
                }
                return .success
            }
        }
    }

    /// Deletes answers.
    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "delete",
            abstract: "Deletes all that the workspace has of some served answers, feedback and judgements among it.",
            discussion: """
                An answer's id is the 'id' of its chat completion; 'assay traffic FILE --answers' lists them. Reports and evalsets \
                that were written before are files of yours and stay.
                """
        )

        @OptionGroup var pipeline: PipelineArguments

        @Argument(help: "Ids of answers.")
        var ids: [String]

        func run() async throws {
            try await pipeline.run { [ids] session in
                let gone = try await session.deleteTraffic(ids)
                for id in gone { print(PlainText.line(id)) }
                note("\(gone.count) of \(ids.count) answers were there and are deleted")
                return gone.count == ids.count ? .success : Exit.failed
            }
        }
    }
}

/// Traffic for a terminal.
enum TrafficText {
    static func summary(_ summary: TrafficSummary) -> String {
        var lines = [PlainText.line(summary.pipeline) + ": " + counts(summary.all)]
        if summary.versions > 1 {
            lines.append("\(summary.versions) versions of the pipeline answered; 'traffic report' shows the last one")
        }
        for metric in summary.all.metrics { lines.append("  " + line(metric)) }
        for day in summary.days {
            lines.append("\(day.day)  \(counts(day))")
            let means = day.metrics.compactMap { metric in
                metric.mean.map { "\(metric.metric) \(number($0)) (\(metric.scored))" }
            }
            if !means.isEmpty { lines.append("            " + PlainText.line(means.joined(separator: ", "))) }
        }
        return lines.joined(separator: "\n")
    }

    static func line(_ answer: TrafficLog.AnswerLine) -> String {
        let scores = answer.scores.sorted { $0.key < $1.key }.map { "\($0.key) \(number($0.value))" }
        let facts = [answer.rating ?? "", scores.joined(separator: ", ")].filter { !$0.isEmpty }
        return PlainText.line(
            "\(answer.time)  \(answer.id)  \(facts.joined(separator: ", "))\(facts.isEmpty ? "" : "  ")\(answer.question)"
        )
    }

    private static func counts(_ part: TrafficSummary.Part) -> String {
        var parts = ["\(part.answers) answers kept, \(part.judged) judged"]
        parts += part.missed.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        if part.up + part.down > 0 { parts.append("\(part.up) rated up, \(part.down) down") }
        return parts.joined(separator: ", ")
    }

    private static func line(_ metric: TrafficSummary.Line) -> String {
        var text = metric.metric + " "
        if let mean = metric.mean {
            text += number(mean)
            if let low = metric.low, let high = metric.high { text += " [\(number(low)), \(number(high))]" }
        } else {
            text += "none"
        }
        text += "  n \(metric.scored)"
        if metric.notScored > 0 { text += ", \(metric.notScored) not scored" }
        if metric.notApplicable > 0 { text += ", \(metric.notApplicable) not applicable" }
        return PlainText.line(text)
    }

    private static func number(_ value: Double) -> String {
        "\((value * 1_000).rounded() / 1_000)"
    }
}
