package import AssayModel

/// Comparisons with a baseline as tables for a terminal or as Markdown.
package struct ComparisonReport {
    private let comparisons: [PairedComparison]
    private let questions: [String: String]
    private let changed: Int

    /// Prepares a report.
    ///
    /// - Parameters:
    ///   - comparisons: Each candidate against the one baseline.
    ///   - questions: Texts of the questions by id.
    ///   - changed: Questions that changed most, named for each candidate.
    package init(_ comparisons: [PairedComparison], questions: [String: String] = [:], changed: Int = 5) {
        self.comparisons = comparisons
        self.questions = questions
        self.changed = changed
    }

    /// The report with a line end at its end; empty without comparisons.
    package func text(_ format: ComparisonFormat) -> String {
        let page = ComparisonPage(format)
        let parts = comparisons.map { comparison in
            let sections = [
                page.title(comparison), page.metrics(comparison), page.notes(comparison), page.variances(comparison),
                page.slices(comparison), page.changes(comparison, questions: questions, limit: changed),
            ]
            return sections.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
        }
        return parts.isEmpty ? "" : parts.joined(separator: "\n\n") + "\n"
    }
}

/// The sections of a comparison, in one output format.
struct ComparisonPage {
    private let ink: Ink
    private let isMarkdown: Bool

    init(_ format: ComparisonFormat) {
        switch format {
        case .terminal(let options):
            ink = Ink(options)
            isMarkdown = false
        case .markdown:
            ink = Ink(ReportOptions())
            isMarkdown = true
        }
    }

    func title(_ comparison: PairedComparison) -> [String] {
        func side(_ side: PairedComparison.Side) -> String {
            let runs = side.runs > 1 ? ", \(Format.count(side.runs, "run"))" : ""
            return side.name == side.pipeline && runs.isEmpty
                ? text(side.name) : "\(text(side.name)) (\(text(side.pipeline))\(runs))"
        }
        let evalset = comparison.evalset
        let about = "\(text(evalset.name)), \(text(evalset.split)), \(Format.count(evalset.questions, "question"))"
        if isMarkdown {
            return ["## \(side(comparison.candidate)) against \(side(comparison.baseline))", "", "Evalset: \(about)."]
        }
        // One line a side: names of pipelines are long, and both matter.
        func line(_ head: String, _ tail: String) -> String {
            PrintableText.fit(head + tail, width: ink.width, ellipsis: ink.ellipsis)
        }
        return [
            ink.paint(line("", side(comparison.candidate)), .strong),
            line("against ", side(comparison.baseline)), ink.paint(line("over ", about), .faint), ink.rule,
        ]
    }

    /// One wide table where it fits, else what decides first and what it rests on below.
    func metrics(_ comparison: PairedComparison) -> [String] {
        var first = TextTable(columns: [
            .text("metric", flexible: true), .text("shown"), .number("diff"), .number("95 % interval"),
            .number("p (Holm)"), .number("baseline"), .number("candidate"),
        ])
        let basis: [TextTable.Column] = [
            .number("p"), .number("win/tie/loss"), .number("can show"), .number("n"), .number("clusters"),
            .number("coverage"),
        ]
        var second = TextTable(columns: [.text("metric", flexible: true)] + basis)
        for metric in comparison.metrics {
            let name = TextTable.Cell(self.name(metric))
            first.rows.append([
                name, Self.verdict(metric.verdict), .init(Self.signed(metric.difference), .strong),
                .init(Self.interval(metric)), .init(Self.p(metric.holm)), .init(Format.metric(metric.baselineMean)),
                .init(Format.metric(metric.candidateMean)),
            ])
            second.rows.append([name] + self.basis(of: metric))
        }
        if isMarkdown {
            return zip2(first, second).markdown()
        }
        let wide = zip2(first, second)
        if wide.width <= ink.width { return wide.lines(ink).map(ink.own) }
        return (first.lines(ink) + [""] + second.lines(ink)).map(ink.own)
    }

    private func zip2(_ first: TextTable, _ second: TextTable) -> TextTable {
        var table = first
        table.columns += second.columns.dropFirst()
        table.rows = zip(first.rows, second.rows).map { $0 + $1.dropFirst() }
        return table
    }

    private func basis(of metric: MetricComparison) -> [TextTable.Cell] {
        let coverage =
            metric.baselineCoverage == metric.candidateCoverage
            ? Format.percent(metric.baselineCoverage)
            : "\(Format.percent(metric.baselineCoverage)) / \(Format.percent(metric.candidateCoverage))"
        return [
            .init(Self.p(metric.pValue)), .init("\(metric.wins)/\(metric.ties)/\(metric.losses)"),
            .init(Format.metric(metric.detectableEffect)), .init(Format.count(metric.n)),
            .init(Format.count(metric.clusters)),
            .init(coverage, min(metric.baselineCoverage, metric.candidateCoverage) < 1 ? .bad : .plain),
        ]
    }

    /// How to read the table, and the comparison's warnings.
    func notes(_ comparison: PairedComparison) -> [String] {
        let notes = Self.sentences(comparison)
        if isMarkdown { return notes.map { "- \(MarkdownText.inline($0, limit: 600))" } }
        return notes.flatMap { PrintableText.wrap($0, width: ink.width) }.map(ink.own)
    }

    /// The same in plain text.
    static func sentences(_ comparison: PairedComparison) -> [String] {
        let tests = comparison.metrics.count { $0.pValue != nil }
        let flips = comparison.metrics.map(\.flips).max() ?? 0
        let level = Format.percent(comparison.level)
        var notes = comparison.warnings
        notes.append(
            "Paired by question, clustered by source document. p: whole clusters change sign, "
                + (flips == 0 ? "all patterns counted out; " : "\(Format.count(flips)) random patterns; ")
                + "corrected over \(Format.count(tests, "test")) (Holm), shown at \(level). "
                + "Intervals are of one metric each (\(comparison.metrics.first?.interval == .bootstrap ? "BCa bootstrap" : "t")). "
                + "'can show' is the smallest difference that this set shows with 80 % power; "
                + "a smaller one may be there unseen."
        )
        for metric in comparison.metrics where metric.verdict == .judgeNoise {
            notes.insert(
                "\(metric.name): the judge alone moves the mean by \(Format.metric(metric.judgeNoise)), "
                    + "so this change is not counted as one.",
                at: 0
            )
        }
        return notes
    }

    func variances(_ comparison: PairedComparison) -> [String] {
        var table = TextTable(columns: [
            .text("variance of", flexible: true), .text("side"), .number("between questions"), .number("answers"),
            .number("judgements"), .number("judge noise"),
        ])
        for metric in comparison.metrics {
            for (side, variance) in [("baseline", metric.baselineVariance), ("candidate", metric.candidateVariance)] {
                guard let variance else { continue }
                table.rows.append([
                    .init(name(metric)), .init(side), .init(Self.variance(variance.question)),
                    .init(Self.variance(variance.generation)), .init(Self.variance(variance.judge)),
                    .init(metric.judgeNoise.map { "±" + Format.metric($0) } ?? Format.none),
                ])
            }
        }
        return table.rows.isEmpty ? [] : written(table)
    }

    func slices(_ comparison: PairedComparison) -> [String] {
        guard !comparison.slices.isEmpty else { return [] }
        var table = TextTable(columns: [
            .text("slice", flexible: true), .text("metric"), .text("shown"), .number("diff"), .number("95 % interval"),
            .number("p (Holm)"), .number("n"), .number("baseline"), .number("candidate"),
        ])
        for slice in comparison.slices {
            for metric in slice.metrics where metric.n > 0 {
                table.rows.append([
                    .init(text(slice.tag)), .init(name(metric)), Self.verdict(metric.verdict),
                    .init(Self.signed(metric.difference)), .init(Self.interval(metric)), .init(Self.p(metric.holm)),
                    .init(Format.count(metric.n)), .init(Format.metric(metric.baselineMean)),
                    .init(Format.metric(metric.candidateMean)),
                ])
            }
        }
        return written(table)
    }

    func changes(_ comparison: PairedComparison, questions: [String: String], limit: Int) -> [String] {
        let most = ChangedQuestion.most(of: comparison.metrics, limit: limit)
        guard !most.isEmpty else { return [] }
        var table = TextTable(columns: [
            .text("changed most"), .text("question", flexible: true), .text("from → to"),
        ])
        table.rows = most.map { question in
            let changes = question.changes.prefix(3)
                .map { "\(label($0.metric)) \(Format.metric($0.before)) → \(Format.metric($0.after))" }
            let more = question.changes.count > 3 ? ", \(question.changes.count - 3) more" : ""
            let asked = questions[question.id] ?? ""
            return [
                .init(text(question.id)),
                .init(isMarkdown ? MarkdownText.inline(asked) : PrintableText.line(asked)),
                .init(changes.joined(separator: ", ") + more),
            ]
        }
        return written(table)
    }

    private func written(_ table: TextTable) -> [String] {
        isMarkdown ? table.markdown() : table.lines(ink).map(ink.own)
    }

    private func text(_ text: String) -> String {
        isMarkdown ? MarkdownText.inline(text) : PrintableText.line(text)
    }

    /// The name of a metric.
    private func label(_ name: String) -> String { isMarkdown ? MarkdownText.code(name) : PrintableText.line(name) }

    private func name(_ metric: MetricComparison) -> String {
        label(metric.name) + (metric.definition.higherIsBetter ? "" : " (less is better)")
    }

    private static func verdict(_ verdict: MetricComparison.Verdict) -> TextTable.Cell {
        switch verdict {
        case .better: .init(verdict.words, .good)
        case .worse: .init(verdict.words, .bad)
        case .notShown, .judgeNoise, .untested: .init(verdict.words, .faint)
        }
    }

    private static func signed(_ value: Double?) -> String {
        let text = Format.metric(value)
        guard let value, value > 0, text != Format.metric(0) else { return text }
        return "+" + text
    }

    private static func interval(_ metric: MetricComparison) -> String {
        guard let low = metric.low, let high = metric.high else { return Format.none }
        return "\(signed(low)) to \(signed(high))"
    }

    static func p(_ value: Double?) -> String {
        guard let value else { return Format.none }
        return value < 0.000_1 ? "<0.0001" : Format.fixed(value, decimals: 4)
    }

    private static func variance(_ value: Double?) -> String {
        value.map { Format.fixed($0, decimals: 4) } ?? Format.none
    }
}

extension MetricComparison.Verdict {
    /// What stands in the column `shown`.
    var words: String {
        switch self {
        case .better: "better"
        case .worse: "worse"
        case .notShown: "nothing"
        case .judgeNoise: "judge noise"
        case .untested: "untested"
        }
    }
}
