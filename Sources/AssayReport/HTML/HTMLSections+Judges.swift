import AssayModel

// Who judged, and how far that can be trusted.

extension HTMLSections {
    var judges: Markup {
        let judged = results.metrics.enumerated().filter { $0.element.definition.needs.contains(.judge) }
        guard !judged.isEmpty else { return "" }
        let consistency = judged.map { $0.element.orderConsistency }
        let hasOrder = consistency.contains { $0 != nil }
        let rows = zip(judged, consistency).map { judged, consistency -> Markup in
            let (column, metric) = judged
            let repeats = input.cards.flatMap { $0.repeats.filter { $0.metric == column } }
            let differ = repeats.count(where: \.differ)
            let changed = repeats.isEmpty ? Format.none : Format.percent(Double(differ) / Double(repeats.count))
            let order: Markup =
                hasOrder ? "<td class=\"num\">\(consistency.map { Format.percent($0) } ?? Format.none)</td>" : ""
            return """
                <tr><th scope="row">\(PrintableText.line(metric.definition.name))</th><td>\(Self.standing(metric, whole: true))</td>\
                <td class="num">\(Format.percent(metric.coverage))</td><td class="num">\(Format.count(metric.notScored))</td>\
                <td class="num">\(repeats.isEmpty ? Format.none : Format.count(repeats.count))</td><td class="num">\(changed)</td>\
                <td class="num">\(metric.flipRate.map { Format.percent($0) } ?? Format.none)</td>\(order)</tr>

                """
        }
        let head: Markup = hasOrder ? "<th scope=\"col\" class=\"num\">same in both orders</th>" : ""
        return """
            <section id="judge">
            <h2>How far the judge can be trusted</h2>
            \(members)
            <div class="scroll"><table class="data">
            <thead><tr><th scope="col">metric</th><th scope="col">agreement with people</th><th scope="col" class="num">verdicts usable</th>\
            <th scope="col" class="num">no verdict</th><th scope="col" class="num">judged repeatedly</th>\
            <th scope="col" class="num">verdict changed</th><th scope="col" class="num">flip rate</th>\(head)</tr></thead>
            <tbody>
            \(rows)</tbody></table></div>
            <p class="measure"><small>Validated: a calibration record shows the judge better than chance against human labels. \
            Verdict changed: share of the questions judged more than once whose values differ between the repeats. \
            Flip rate: share of pairs of repeats that fall on different sides of the middle.</small></p>
            </section>
            """
    }

    /// The judge, or the members of the panel.
    private var members: Markup {
        let all = [results.judge].compactMap(\.self) + (results.panel ?? [])
        guard !all.isEmpty else { return "" }
        let items = all.enumerated().map { number, judge -> Markup in
            let name = all.count == 1 ? "judge" : "member \(number + 1)"
            return "<dt>\(name)</dt><dd>\(PrintableText.line(Self.facts(of: judge)))</dd>\n"
        }
        let way = asking.map { " \($0)" } ?? ""
        let title: Markup = all.count == 1 ? "" : "<p>A panel of \(all.count).\(way)</p>\n"
        return "\(title)<dl class=\"facts\">\(items)</dl>"
    }

    /// How the members' verdicts are put together, from the specification.
    private var asking: String? {
        switch results.spec["evaluate"]?["judge"]?["combine"]?.stringValue {
        case "majority": "The majority of the verdicts counts."
        case "mean": "The mean of the members' values counts."
        default: nil
        }
    }

    /// A metric's standing as a tag; nothing for metrics without a judge.
    ///
    /// - Parameters:
    ///   - metric: The metric.
    ///   - whole: Whether the reason is written out and missing standings are told, or stands in the tag's title.
    /// - Returns: The tag.
    static func standing(_ metric: MetricSummary, whole: Bool) -> Markup {
        let reason = metric.standingReason.map(PrintableText.line) ?? "the judge is not shown to agree with people"
        switch metric.judgeStanding {
        case .validated:
            return whole ? "<span class=\"tag good\">validated</span>" : " <span class=\"tag good\">validated</span>"
        case .unvalidated:
            return whole
                ? "<span class=\"tag bad\">unvalidated</span> <small>\(reason)</small>"
                : " <span class=\"tag bad\" title=\"\(reason)\">unvalidated</span>"
        case nil: return whole ? "<span class=\"tag\">no record</span>" : ""
        }
    }

    /// What else a reader of a judged mean must see beside it: the size of the panel and how often repeats flip.
    func judging(_ metric: MetricSummary) -> Markup {
        guard metric.definition.needs.contains(.judge) else { return "" }
        var facts: [String] = []
        if let panel = results.panel, !panel.isEmpty { facts.append("panel of \(panel.count + 1)") }
        if let flips = metric.flipRate { facts.append("\(Format.percent(flips)) flips") }
        if let consistency = metric.orderConsistency {
            facts.append("\(Format.percent(consistency)) same in both orders")
        }
        return facts.isEmpty ? "" : " <small>\(facts.joined(separator: ", "))</small>"
    }
}
