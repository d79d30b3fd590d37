import AssayModel

/// The result table that a run prints, with what is needed to trust it.
package struct TerminalReport: ReportRenderer {
    package static let name = "terminal"
    package static let summary = "Tables for a terminal or a log."
    package static let fileExtension = "txt"

    /// Files and failures named one by one; the rest is counted.
    private static let listed = 5

    /// Creates the renderer.
    package init() {}

    package func render(_ input: ReportInput, options: ReportOptions) throws -> String {
        let record = input.record
        let ink = Ink(options)
        let facts = RunFacts(input)
        let sections = [
            header(record, ink),
            metrics(record, ink),
            places(facts, ink),
            sources(record, facts, ink),
            stages(record, facts, ink),
            leftOut(facts, ink),
            failures(facts, ink),
            notes(facts, ink),
        ]
        return sections.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
    }

    private func header(_ record: RunRecord, _ ink: Ink) -> [String] {
        let status = record.status
        let style: TextTable.Style = status == .success ? .good : .bad
        let id = PrintableText.line(record.id)
        let tail = status.rawValue + ink.separator + id
        let title = PrintableText.fit(
            PrintableText.line(record.results.pipeline),
            width: max(8, ink.width - PrintableText.width(tail) - 2),
            ellipsis: ink.ellipsis
        )
        let gap = max(2, ink.width - PrintableText.width(title) - PrintableText.width(tail))
        return [
            ink.paint(title, .strong) + String(repeating: " ", count: gap) + ink.paint(status.rawValue, style)
                + ink.paint(ink.separator + id, .faint),
            ink.rule,
        ]
    }

    private func metrics(_ record: RunRecord, _ ink: Ink) -> [String] {
        let metrics = record.results.metrics
        guard !metrics.isEmpty else { return [] }
        let hasNotApplicable = metrics.contains { $0.notApplicable > 0 }
        var table = TextTable(columns: [
            .text("metric", flexible: true), .number("mean"), .number("95 % interval"), .number("n"),
            .number("coverage"),
        ])
        if hasNotApplicable { table.columns.append(.number("n/a")) }
        table.rows = metrics.map { metric in
            var row: [TextTable.Cell] = [
                .init(
                    PrintableText.line(metric.definition.name)
                        + (metric.definition.higherIsBetter ? "" : " (less is better)")
                        + (metric.isUnvalidated ? " (unvalidated)" : "")
                ),
                .init(ink.own(Format.metric(metric.mean)), .strong),
                .init(ink.own(Format.interval(metric.low, metric.high))),
                .init(Format.count(metric.scored)),
                .init(Format.percent(metric.coverage), metric.notScored > 0 ? .bad : .plain),
            ]
            if hasNotApplicable { row.append(.init(Format.count(metric.notApplicable), .faint)) }
            return row
        }
        let room = ink.width - table.width - 2
        if room >= 12 {
            let columns = min(30, room)
            table.columns.append(.text(""))
            for (index, metric) in metrics.enumerated() {
                let bar = IntervalBar.draw(metric, columns: columns, unicode: ink.unicode)
                table.rows[index].append(.init(bar, .accent))
            }
        }
        return table.lines(ink)
    }

    /// Where questions went wrong; places without any are left out.
    private func places(_ facts: RunFacts, _ ink: Ink) -> [String] {
        guard facts.places.total > 0 else { return [] }
        var table = TextTable(columns: [.text("failed at"), .number("questions"), .text("", flexible: true)])
        table.rows = facts.places.counts.filter { $0.count > 0 }.map {
            [.init($0.place.title), .init(Format.count($0.count)), .init($0.place.meaning, .faint)]
        }
        return table.lines(ink)
    }

    private func sources(_ record: RunRecord, _ facts: RunFacts, _ ink: Ink) -> [String] {
        let results = record.results
        let environment = record.environment
        var lines: [(String, [String])] = []
        let corpus = results.corpus
        lines.append(
            (
                "corpus",
                [
                    PrintableText.line(corpus.name),
                    Format.count(corpus.documents, "document"), Format.count(corpus.chunks, "chunk"),
                    Format.bytes(corpus.bytes),
                ] + (corpus.tokens > 0 ? [Format.count(corpus.tokens, "token")] : []) + [
                    Format.digest(corpus.fingerprint)
                ]
            )
        )
        if let evalset = results.evalset {
            lines.append(
                (
                    "evalset",
                    [
                        PrintableText.line(evalset.name), PrintableText.line(evalset.split),
                        Format.count(evalset.questions, "question"),
                        "\(Format.count(evalset.unanswerable)) unanswerable", Format.digest(evalset.fingerprint),
                    ]
                )
            )
        }
        if let engine = results.engine {
            lines.append(("engine", Self.facts(of: engine)))
            lines.append(("answers", Self.answers(record, facts)))
        }
        if let judge = results.judge { lines.append(("judge", Self.facts(of: judge))) }
        for judge in results.panel ?? [] { lines.append(("and judge", Self.facts(of: judge))) }
        for fact in JudgeFacts.lines(record) { lines.append(("judging", [fact])) }
        lines.append(
            (
                "machine",
                [
                    PrintableText.line(environment.processor), Format.count(environment.cores, "core"),
                    "\(Format.fixed(environment.memoryGiB, decimals: 1)) GiB", PrintableText.line(environment.system),
                ]
            )
        )
        let finished = environment.finished.map { " to \(PrintableText.line($0))" } ?? ""
        lines.append(
            (
                "time",
                [PrintableText.line(environment.started) + finished, "Assay \(PrintableText.line(environment.assay))"]
            )
        )
        return lines.flatMap { label, parts in Self.labelled(label, parts, ink) }
    }

    /// A label and its facts, broken between facts where the line is full.
    private static func labelled(_ label: String, _ parts: [String], _ ink: Ink) -> [String] {
        let indent = 9
        let room = ink.width - indent
        var lines: [String] = []
        var line = ""
        for part in parts where !part.isEmpty {
            let part = PrintableText.fit(part, width: room, ellipsis: ink.ellipsis)
            if !line.isEmpty, PrintableText.width(line) + 3 + PrintableText.width(part) > room {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? part : ink.separator + part
        }
        lines.append(line)
        return lines.enumerated().map { index, text in
            let head = index == 0 ? label : ""
            return ink.paint(head, .faint) + String(repeating: " ", count: indent - head.utf8.count) + text
        }
    }

    private static func facts(of engine: EngineIdentity) -> [String] {
        [
            PrintableText.line(engine.name), PrintableText.line(engine.model), PrintableText.line(engine.mode),
            engine.modelHash.map { Format.digest($0) } ?? "not fingerprinted",
        ]
    }

    private static func answers(_ record: RunRecord, _ facts: RunFacts) -> [String] {
        let asked = record.results.evalset?.answered ?? facts.answered
        var parts = ["\(Format.count(facts.answered)) of \(Format.count(asked))"]
        if facts.abstained > 0 { parts.append("\(Format.count(facts.abstained)) declined") }
        if facts.cut > 0 { parts.append("\(Format.count(facts.cut)) cut by the token limit") }
        if !facts.failures.isEmpty { parts.append("\(Format.count(facts.failures.count)) failed") }
        return parts
    }

    private func stages(_ record: RunRecord, _ facts: RunFacts, _ ink: Ink) -> [String] {
        let stages = record.timings.stages
        guard !stages.isEmpty else { return [] }
        let hasTokens = facts.promptTokens + facts.completionTokens > 0
        var table = TextTable(columns: [
            .text("stage", flexible: true), .number("items"), .number("reused"), .number("time"),
        ])
        if hasTokens { table.columns += [.number("tokens in"), .number("tokens out")] }
        func tokens(_ count: Int) -> TextTable.Cell { .init(count == 0 ? "" : Format.count(count)) }
        table.rows = stages.map { stage in
            let row: [TextTable.Cell] = [
                .init(PrintableText.line(stage.stage)), .init(Format.count(stage.items)),
                .init(stage.reused == 0 ? "" : Format.count(stage.reused)),
                .init(ink.own(Format.duration(seconds: stage.seconds))),
            ]
            return hasTokens ? row + [tokens(stage.promptTokens), tokens(stage.completionTokens)] : row
        }
        let total: [TextTable.Cell] = [
            .init("all", .strong), "", "", .init(Format.duration(seconds: facts.seconds), .strong),
        ]
        table.rows.append(hasTokens ? total + [tokens(facts.promptTokens), tokens(facts.completionTokens)] : total)
        var lines = table.lines(ink)
        if !facts.latencies.isEmpty {
            var latencies = TextTable(columns: [
                .text("a question", flexible: true), .number("n"), .number("median"), .number("95th percentile"),
                .number("longest"),
            ])
            latencies.rows = facts.latencies.map { latency in
                [
                    .init(latency.name), .init(Format.count(latency.count)),
                    .init(Format.duration(seconds: latency.median)), .init(Format.duration(seconds: latency.p95)),
                    .init(Format.duration(seconds: latency.longest)),
                ]
            }
            lines += [""] + latencies.lines(ink)
        }
        return lines
    }

    private func leftOut(_ facts: RunFacts, _ ink: Ink) -> [String] {
        guard !facts.leftOut.isEmpty else { return [] }
        let count = facts.leftOut.reduce(0) { $0 + $1.files.count }
        let counts = facts.leftOut.map { "\(Format.count($0.files.count)) \(PrintableText.line($0.code))" }
        let head = ink.paint("left out", .strong) + " " + Format.count(count, "file") + ": "
        let wrapped = PrintableText.wrap(
            counts.joined(separator: ", "),
            width: ink.width - PrintableText.width("left out  files: ") - 6
        )
        // The first two of each reason: seven empty files should not hide the one that is too large.
        let files = facts.leftOut.flatMap { $0.files.prefix(2) }.prefix(Self.listed)
        return wrapped.enumerated().map { ($0 == 0 ? head : "  ") + $1 }
            + files.map {
                "  " + PrintableText.fit(PrintableText.line($0.reason), width: ink.width - 2, ellipsis: ink.ellipsis)
            }
            + Self.more(count - files.count, ink)
    }

    private func failures(_ facts: RunFacts, _ ink: Ink) -> [String] {
        guard !facts.failures.isEmpty else { return [] }
        var table = TextTable(columns: [.text(""), .text("", flexible: true)])
        table.rows = facts.failures.prefix(Self.listed).map { question, reason in
            let question = PrintableText.fit(PrintableText.line(question), width: 24, ellipsis: ink.ellipsis)
            return [.init(question), .init(PrintableText.line(reason))]
        }
        let head = ink.paint("failed", .bad) + " " + Format.count(facts.failures.count, "answer")
        return [head] + table.lines(ink, indent: 2).dropFirst()
            + Self.more(facts.failures.count - Self.listed, ink)
    }

    private static func more(_ rest: Int, _ ink: Ink) -> [String] {
        rest > 0 ? ["  " + ink.paint("and \(Format.count(rest)) more", .faint)] : []
    }

    private func notes(_ facts: RunFacts, _ ink: Ink) -> [String] {
        facts.notes.flatMap { note in
            PrintableText.wrap(note, width: ink.width - 6).enumerated().map { index, line in
                (index == 0 ? ink.paint("note", .faint) + "  " : "      ") + line
            }
        }
    }
}
