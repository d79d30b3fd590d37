package import AssayModel

/// How a table of runs is written.
package enum ComparisonFormat: Sendable, Equatable {
    /// For a terminal.
    case terminal(ReportOptions)
    /// GitHub Markdown.
    case markdown
}

/// One row a run with the mean of every metric: the table of a sweep.
///
/// The best mean of each metric is marked. A mark is no statement of significance; `assay compare` makes that one.
///
/// - Parameters:
///   - records: The runs in the order of the rows.
///   - format: Terminal or Markdown.
/// - Returns: The table, and sentences about what makes runs incomparable; empty without runs.
package func compareTable(_ records: [RunRecord], format: ComparisonFormat) -> String {
    VariantTable(records).text(format)
}

/// The values of the table, apart from how they are written.
struct VariantTable {
    /// One metric of one run.
    struct Value {
        var summary: MetricSummary
        /// Computed by the same definition as in the first run that has the metric.
        var isComparable: Bool
        var isBest: Bool
    }

    let records: [RunRecord]
    let metrics: [String]
    /// By run, then by metric.
    let values: [[Value?]]

    init(_ records: [RunRecord]) {
        self.records = records
        var names: [String] = []
        var definitions: [String: MetricDefinition] = [:]
        for metric in records.flatMap(\.results.metrics) where definitions[metric.definition.name] == nil {
            names.append(metric.definition.name)
            definitions[metric.definition.name] = metric.definition
        }
        metrics = names
        let hashes = definitions.mapValues(\.hash)
        let summaries = records.map { record in
            names.map { name in record.results.metrics.first { $0.definition.name == name } }
        }
        values = summaries.map { row in
            row.enumerated().map { column, summary in
                guard let summary else { return nil }
                let comparable = summary.definitionHash == hashes[names[column]]
                let rivals = summaries.compactMap { $0[column] }.filter { $0.definitionHash == hashes[names[column]] }
                let means = rivals.compactMap(\.mean).filter(\.isFinite)
                let best = summary.definition.higherIsBetter ? means.max() : means.min()
                let stands = comparable && means.count > 1 && summary.mean != nil
                return Value(
                    summary: summary,
                    isComparable: comparable,
                    // Where all are equal nothing is best.
                    isBest: stands && summary.mean == best && means.contains { $0 != best }
                )
            }
        }
    }

    func text(_ format: ComparisonFormat) -> String {
        guard !records.isEmpty else { return "" }
        let lines: [String]
        switch format {
        case .markdown:
            let warnings = warnings.map { "- \(MarkdownText.inline($0, limit: 600))" }
            lines =
                table(metrics: Array(metrics.indices), intervals: true, markdown: true).markdown()
                + (warnings.isEmpty ? [] : [""] + warnings)
        case .terminal(let options):
            lines = terminal(Ink(options))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Blocks of as many metrics as fit side by side; intervals are shown when that does not need more blocks.
    private func terminal(_ ink: Ink) -> [String] {
        let all = Array(metrics.indices)
        let wide = blocks(all, intervals: true, width: ink.width)
        let narrow = blocks(all, intervals: false, width: ink.width)
        let useWide = wide.count == narrow.count
        var lines: [String] = []
        for block in useWide ? wide : narrow {
            if !lines.isEmpty { lines.append("") }
            lines += table(metrics: block, intervals: useWide, markdown: false).lines(ink).map(ink.own)
        }
        let sentences = warnings.flatMap { PrintableText.wrap($0, width: ink.width) }
        return lines + (sentences.isEmpty ? [] : [""] + sentences.map(ink.own))
    }

    private func blocks(_ columns: [Int], intervals: Bool, width: Int) -> [[Int]] {
        var blocks: [[Int]] = [[]]
        for column in columns {
            let candidate = blocks[blocks.count - 1] + [column]
            if candidate.count > 1, table(metrics: candidate, intervals: intervals, markdown: false).width > width {
                blocks.append([column])
            } else {
                blocks[blocks.count - 1] = candidate
            }
        }
        return blocks
    }

    private func table(metrics columns: [Int], intervals: Bool, markdown: Bool) -> TextTable {
        func name(_ text: String) -> String { markdown ? MarkdownText.code(text) : PrintableText.line(text) }
        var table = TextTable(columns: [.text("variant", flexible: true), .number("chunks"), .number("time")])
        table.columns += columns.map { .number(name(metrics[$0])) }
        table.rows = records.enumerated().map { index, record in
            let seconds = record.timings.stages.reduce(0) { $0 + $1.seconds }
            let head: [TextTable.Cell] = [
                .init(
                    (markdown
                        ? MarkdownText.inline(record.results.pipeline) : PrintableText.line(record.results.pipeline))
                        + (record.status == .success ? "" : " (\(record.status.rawValue))")
                ),
                .init(Format.count(record.results.corpus.chunks)), .init(Format.duration(seconds: seconds)),
            ]
            return head + columns.map { cell(values[index][$0], intervals: intervals, markdown: markdown) }
        }
        return table
    }

    private func cell(_ value: Value?, intervals: Bool, markdown: Bool) -> TextTable.Cell {
        guard let value else { return .init(Format.none) }
        let summary = value.summary
        var text = Format.metric(summary.mean)
        if intervals, let low = summary.low, let high = summary.high {
            text += " (\(Format.metric(low))–\(Format.metric(high)))"
        }
        if !value.isComparable { text += "†" }
        // A star, not colour alone: the table must read the same in a log.
        if value.isBest, !markdown { text = "* " + text }
        return .init(text, value.isBest ? .strong : .plain)
    }

    /// What makes rows incomparable.
    private var warnings: [String] {
        var warnings: [String] = []
        if values.joined().contains(where: { $0?.isComparable == false }) {
            warnings.append("† computed by another definition than in the first run with that metric; not comparable.")
        }
        let others = records.dropFirst().map { (first: records[0].results, other: $0.results) }
        if others.contains(where: { $0.first.corpusObstacle(to: $0.other) != nil }) {
            warnings.append("The runs read different versions of the corpus, or different corpora.")
        }
        // Runs that only index have no evalset to differ in.
        let asked = others.filter { $0.first.evalset != nil || $0.other.evalset != nil }
        if asked.contains(where: { $0.first.evalsetObstacle(to: $0.other) != nil }) {
            warnings.append("The runs asked different questions: evalset or split differ.")
        }
        if values.joined().contains(where: { ($0?.summary.notScored ?? 0) > 0 }) {
            warnings.append("Some questions could not be scored; see the coverage in each run's own report.")
        }
        return warnings
    }
}
