import AssayModel

// How the run differs from its baseline: what `assay compare` says, drawn.

extension HTMLSections {
    var comparison: Markup {
        guard let comparison = input.comparison else { return "" }
        let notes = comparison.notes.map { "<li>\(PrintableText.line($0))</li>\n" as Markup }
        let list: Markup = notes.isEmpty ? "" : "<ul class=\"notes\">\(notes)</ul>"
        let body: Markup =
            if let compared = comparison.compared {
                "\(table(compared))\(list)\(warnings(compared))\(mostChanged(comparison))"
            } else {
                "<p><span class=\"tag bad\">not compared</span> \(PrintableText.line(comparison.refusal ?? ""))</p>\n\(list)"
            }
        return """
            <section id="comparison">
            <h2>Against \(PrintableText.line(comparison.baseline))</h2>
            \(body)
            </section>
            """
    }

    private func table(_ compared: PairedComparison) -> Markup {
        let span = compared.metrics.flatMap { [$0.low, $0.high, $0.difference].compactMap(\.self) }
            .filter(\.isFinite).reduce(0) { max($0, abs($1)) }
        let rows = compared.metrics.map { metric -> Markup in
            let tone: Markup =
                metric.verdict == .better ? " good" : metric.verdict == .worse ? " bad" : ""
            let direction: Markup = metric.definition.higherIsBetter ? "" : " <small>less is better</small>"
            let interval =
                metric.low == nil ? Format.none : "\(Self.signed(metric.low)) to \(Self.signed(metric.high))"
            return """
                <tr><th scope="row">\(PrintableText.line(metric.name))\(direction)</th>\
                <td class="num">\(Format.metric(metric.baselineMean))</td><td class="num">\(Format.metric(metric.candidateMean))</td>\
                <td class="num strong">\(Self.signed(metric.difference))</td><td class="num">\(interval)</td>\
                <td class="fit wide">\(DifferencePlot.svg(metric, span: span))</td>\
                <td><span class="tag\(tone)">\(metric.verdict.words)</span></td>\
                <td class="num">\(ComparisonPage.p(metric.holm))</td><td class="num wide">\(ComparisonPage.p(metric.pValue))</td>\
                <td class="num">\(Format.metric(metric.detectableEffect))</td>\
                <td class="num">\(Format.count(metric.wins))/\(Format.count(metric.ties))/\(Format.count(metric.losses))</td>\
                <td class="num wide">\(Format.count(metric.n))</td><td class="num wide">\(Format.count(metric.clusters))</td></tr>

                """
        }
        return """
            <div class="scroll"><table class="data">
            <thead><tr><th scope="col">metric</th><th scope="col" class="num">baseline</th><th scope="col" class="num">this run</th>\
            <th scope="col" class="num">difference</th><th scope="col" class="num">95 % interval</th><td class="wide"></td>\
            <th scope="col">shown</th><th scope="col" class="num">p (Holm)</th><th scope="col" class="num wide">p</th>\
            <th scope="col" class="num">can show</th><th scope="col" class="num">better/same/worse</th>\
            <th scope="col" class="num wide">n</th><th scope="col" class="num wide">sources</th></tr></thead>
            <tbody>
            \(rows)</tbody></table></div>

            """
    }

    private func warnings(_ compared: PairedComparison) -> Markup {
        let sentences = ComparisonPage.sentences(compared)
        return "<ul class=\"notes\">\(sentences.map { "<li>\(PrintableText.line($0))</li>\n" as Markup })</ul>\n"
    }

    private func mostChanged(_ comparison: ReportComparison) -> Markup {
        guard !comparison.mostChanged.isEmpty else { return "" }
        let texts = Dictionary(input.cards.map { ($0.id, $0.text) }) { first, _ in first }
        let rows = comparison.mostChanged.map { question -> Markup in
            let changes = question.changes.prefix(3).map {
                "\(PrintableText.line($0.metric)) \(Format.metric($0.before)) → \(Format.metric($0.after))"
            }
            let more = question.changes.count > 3 ? ", \(question.changes.count - 3) more" : ""
            return """
                <tr><th scope="row"><a href="#q=\(Self.queryEscaped(question.id))">\(PrintableText.line(question.id))</a></th>\
                <td>\(PrintableText.line(texts[question.id] ?? ""))</td><td>\(changes.joined(separator: ", "))\(more)</td></tr>

                """
        }
        return """
            <h3>Changed most</h3>
            <div class="scroll"><table class="data">
            <thead><tr><th scope="col">question</th><th scope="col">asked</th><th scope="col">from → to</th></tr></thead>
            <tbody>
            \(rows)</tbody></table></div>

            """
    }

    /// A text as the value of a field in an address.
    private static func queryEscaped(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain =
                (byte | 32 >= 97 && byte | 32 <= 122) || (byte >= 48 && byte <= 57) || byte == 45 || byte == 46
                || byte == 95
            return isPlain ? String(UnicodeScalar(byte)) : "%" + Format.hex(byte)
        }
        .joined()
    }

    /// A number with its sign, the minus as wide as the plus.
    private static func signed(_ value: Double?) -> String {
        guard let value, value.isFinite else { return Format.none }
        let text = Format.fixed(abs(value), decimals: 3)
        if !text.contains(where: { $0 != "0" && $0 != "." }) { return text }
        return (value < 0 ? "−" : "+") + text
    }
}
