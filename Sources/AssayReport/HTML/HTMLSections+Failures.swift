import AssayModel

// Where questions went wrong, how the run differs from its baseline, how far its judge can be trusted, and its history.

extension HTMLSections {
    // MARK: Failures

    var places: Markup {
        let places = facts.places
        guard places.total > 0 else { return "<span id=\"failures\"></span>" }
        let most = places.counts.reduce(1) { max($0, $1.count) }
        let rows = places.counts.map { place, count -> Markup in
            let share = input.cards.isEmpty ? 0 : Double(count) / Double(input.cards.count)
            let name: Markup =
                count == 0
                ? "\(place.title)"
                : "<a href=\"#attribution=\(place.rawValue)\" title=\"show these questions\">\(place.title)</a>"
            return """
                <tr><th scope="row">\(name)</th><td class="num strong">\(Format.count(count))</td>\
                <td class="num">\(Format.percent(share))</td>\
                <td class="fit">\(Self.bar(Double(count) / Double(most)))</td><td class="wide muted">\(place.meaning)</td></tr>

                """
        }
        return """
            <section id="failures">
            <h2>Where questions went wrong</h2>
            <div class="scroll"><table class="data">
            <thead><tr><th scope="col">first place</th><th scope="col" class="num">questions</th><th scope="col" class="num">of all</th>\
            <td></td><td class="wide"></td></tr></thead>
            <tbody>
            \(rows)</tbody></table></div>
            <p class="measure"><small>\(FailureCounts.meaning)</small></p>
            </section>
            """
    }

    // MARK: Baseline

    var comparison: Markup {
        guard let comparison = input.comparison else { return "" }
        let span = comparison.lines.flatMap { [$0.low, $0.high, $0.difference].compactMap(\.self) }
            .filter(\.isFinite).reduce(0) { max($0, abs($1)) }
        let hasP = comparison.lines.contains { $0.pValue != nil }
        let rows = comparison.lines.map { line -> Markup in
            let verdict = line.verdict
            let tone: Markup = verdict == "better" ? " good" : verdict == "worse" ? " bad" : ""
            let p: Markup = hasP ? "<td class=\"num wide\">\(Format.metric(line.pValue))</td>" : ""
            return """
                <tr><th scope="row">\(PrintableText.line(line.metric))</th><td class="num">\(Format.metric(line.before))</td>\
                <td class="num">\(Format.metric(line.after))</td><td class="num strong">\(Self.signed(line.difference))</td>\
                <td class="num">\(Self.signed(line.low)) to \(Self.signed(line.high))</td>\
                <td class="fit wide">\(DifferencePlot.svg(line, span: span))</td>\
                <td><span class="tag\(tone)">\(verdict)</span></td>\(p)\
                <td class="num">\(Format.count(line.wins))</td><td class="num">\(Format.count(line.ties))</td>\
                <td class="num">\(Format.count(line.losses))</td><td class="num wide">\(Format.count(line.n))</td></tr>

                """
        }
        let notes = comparison.notes.map { "<li>\(PrintableText.line($0))</li>\n" as Markup }
        let list: Markup = notes.isEmpty ? "" : "<ul class=\"notes\">\(notes)</ul>"
        let head: Markup = hasP ? "<th scope=\"col\" class=\"num wide\">p</th>" : ""
        return """
            <section id="comparison">
            <h2>Against \(PrintableText.line(comparison.baseline))</h2>
            <div class="scroll"><table class="data">
            <thead><tr><th scope="col">metric</th><th scope="col" class="num">baseline</th><th scope="col" class="num">this run</th>\
            <th scope="col" class="num">difference</th><th scope="col" class="num">95 % interval</th><td class="wide"></td>\
            <th scope="col">shown</th>\(head)<th scope="col" class="num">better</th><th scope="col" class="num">same</th>\
            <th scope="col" class="num">worse</th><th scope="col" class="num wide">n</th></tr></thead>
            <tbody>
            \(rows)</tbody></table></div>
            <p class="measure"><small>Paired over the questions that both runs scored; the interval counts questions of one source document as \
            one cluster. Each line stands for itself: among many metrics some differ by chance.</small></p>
            \(list)
            </section>
            """
    }

    /// A number with its sign, the minus as wide as the plus.
    private static func signed(_ value: Double?) -> String {
        guard let value, value.isFinite else { return Format.none }
        let text = Format.fixed(abs(value), decimals: 3)
        if !text.contains(where: { $0 != "0" && $0 != "." }) { return text }
        return (value < 0 ? "−" : "+") + text
    }

    // MARK: Judge

    var judges: Markup {
        let judged = results.metrics.enumerated().filter { $0.element.definition.needs.contains(.judge) }
        guard !judged.isEmpty else { return "" }
        let rows = judged.map { column, metric -> Markup in
            let standing: Markup =
                switch metric.judgeStanding {
                case .validated: "<span class=\"tag good\">validated</span>"
                case .unvalidated: "<span class=\"tag bad\">unvalidated</span>"
                case nil: "<span class=\"tag\">no record</span>"
                }
            let repeats = input.cards.flatMap { $0.repeats.filter { $0.metric == column } }
            let differ = repeats.count(where: \.differ)
            let flips = repeats.isEmpty ? Format.none : Format.percent(Double(differ) / Double(repeats.count))
            return """
                <tr><th scope="row">\(PrintableText.line(metric.definition.name))</th><td>\(standing)</td>\
                <td class="num">\(Format.percent(metric.coverage))</td><td class="num">\(Format.count(metric.notScored))</td>\
                <td class="num">\(repeats.isEmpty ? Format.none : Format.count(repeats.count))</td><td class="num">\(flips)</td></tr>

                """
        }
        return """
            <section id="judge">
            <h2>How far the judge can be trusted</h2>
            <div class="scroll"><table class="data">
            <thead><tr><th scope="col">metric</th><th scope="col">agreement with people</th><th scope="col" class="num">verdicts usable</th>\
            <th scope="col" class="num">no verdict</th><th scope="col" class="num">judged repeatedly</th>\
            <th scope="col" class="num">verdict changed</th></tr></thead>
            <tbody>
            \(rows)</tbody></table></div>
            <p class="measure"><small>Validated: a calibration record shows the judge better than chance against human labels. \
            Verdict changed: share of the questions judged more than once whose values differ between the repeats.</small></p>
            </section>
            """
    }

    // MARK: History

    var history: Markup {
        let names = results.metrics.map(\.definition.name)
        guard input.history.count > 1 else { return "" }
        let rows = names.compactMap { name -> Markup? in
            let metrics = input.history.map { point in point.metrics.first { $0.definition.name == name } }
            guard metrics.count(where: { $0?.mean != nil }) > 1, let last = metrics.last else { return nil }
            let means = metrics.compactMap { $0?.mean }
            return """
                <tr><th scope="row">\(PrintableText.line(name))</th><td class="num strong">\(Format.metric(last?.mean))</td>\
                <td class="fit">\(TrendPlot.svg(name, input.history))</td>\
                <td class="num wide">\(Format.metric(means.min()))</td><td class="num wide">\(Format.metric(means.max()))</td></tr>

                """
        }
        guard !rows.isEmpty else { return "" }
        let first = input.history.first?.started ?? ""
        return """
            <section id="history">
            <h2>History</h2>
            <div class="scroll"><table class="data">
            <thead><tr><th scope="col">metric</th><th scope="col" class="num">now</th>\
            <th scope="col">\(Format.count(input.history.count, "run")) since \(PrintableText.line(String(first.prefix(10))))</th>\
            <th scope="col" class="num wide">lowest</th><th scope="col" class="num wide">highest</th></tr></thead>
            <tbody>
            \(rows)</tbody></table></div>
            <p class="measure"><small>Mean and 95 % interval of each run, oldest first; a hollow point measured by another specification, \
            a ring marks a change of level.</small></p>
            </section>
            """
    }
}
