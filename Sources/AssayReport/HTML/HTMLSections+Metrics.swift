import AssayModel

// Means, and means by kind of question.

extension HTMLSections {
    var metrics: Markup {
        guard !results.metrics.isEmpty else { return "" }
        let rows = results.metrics.enumerated().map { column, metric -> Markup in
            let definition = metric.definition
            let values = input.cards.compactMap { $0.scores[column]?.value }.filter(\.isFinite)
            let meaning = [MetricMeaning.sentence(for: definition.name), definition.formula].compactMap(\.self)
                .joined(separator: " ")
            let direction: Markup = definition.higherIsBetter ? "" : " <small>less is better</small>"
            let standing: Markup = "\(Self.standing(metric, whole: false))\(judging(metric))"
            return """
                <tr><th scope="row" title="\(PrintableText.line(meaning))">\(PrintableText.line(definition.name))\(direction)\(standing)</th>\
                <td class="num strong">\(Format.metric(metric.mean))</td>\
                <td class="num">\(Format.interval(metric.low, metric.high))</td>\
                <td class="fit">\(MetricPlot.svg(metric, values: values))</td>\
                <td class="num">\(Format.count(metric.scored))</td>\
                <td class="num">\(Format.percent(metric.coverage))</td>\
                <td class="num wide">\(Format.count(metric.notScored))</td>\
                <td class="num wide">\(Format.count(metric.notApplicable))</td>\
                <td class="num wide">\(Format.count(metric.clusters))</td></tr>

                """
        }
        return """
            <section id="results">
            <h2>Results</h2>
            <div class="scroll"><table class="data">
            <thead><tr><th scope="col">metric</th><th scope="col" class="num">mean</th><th scope="col" class="num">95 % interval</th>\
            <th scope="col">values, mean and interval</th><th scope="col" class="num">n</th><th scope="col" class="num">coverage</th>\
            <th scope="col" class="num wide">not scored</th><th scope="col" class="num wide">not applicable</th>\
            <th scope="col" class="num wide">sources</th></tr></thead>
            <tbody>
            \(rows)</tbody></table></div>
            <p><small>Questions from one source document count as one cluster of the interval. Coverage is the share scored among the \
            questions that the metric applies to; what could not be scored is left out of the mean, never counted as 0.</small></p>
            \(definitions)
            </section>
            """
    }

    private var definitions: Markup {
        let items = results.metrics.map(\.definition).map { definition -> Markup in
            let meaning: Markup = MetricMeaning.sentence(for: definition.name).map { "\($0)<br>" } ?? ""
            return """
                <dt>\(PrintableText.line(definition.name))</dt><dd>\(meaning)<small>\(PrintableText.line(definition.formula)), \
                version \(definition.version)</small></dd>

                """
        }
        return "<details><summary>What the numbers mean</summary><dl class=\"facts\">\(items)</dl></details>"
    }

    var slices: Markup {
        let slices = QuestionSlices(input)
        guard !slices.metrics.isEmpty, !slices.slices.isEmpty else { return "<span id=\"kinds\"></span>" }
        let heads = slices.metrics.map { "<th scope=\"col\" class=\"num\">\(Self.breakable($0))</th>" as Markup }
        let rows = slices.slices.map { slice -> Markup in
            let cells = slice.means.map { mean -> Markup in
                let interval = mean.low == nil ? "" : Format.interval(mean.low, mean.high)
                let few = mean.scored > 0 && mean.scored < slice.questions ? " · n \(Format.count(mean.scored))" : ""
                return "<td class=\"num\">\(Format.metric(mean.mean))<small>\(interval)\(few)</small></td>"
            }
            return """
                <tr><th scope="row">\(PrintableText.line(slice.tag))</th><td class="num">\(Format.count(slice.questions))</td>\(cells)</tr>

                """
        }
        return """
            <section id="kinds">
            <h2>By kind of question</h2>
            <div class="scroll"><table class="data">
            <thead><tr><th scope="col">kind</th><th scope="col" class="num">questions</th>\(heads)</tr></thead>
            <tbody>
            \(rows)</tbody></table></div>
            </section>
            """
    }

    /// A name that may break after its joints.
    private static func breakable(_ name: String) -> Markup {
        var parts: [Markup] = []
        var part = ""
        for character in PrintableText.line(name) {
            part.append(character)
            if character == "_" {
                parts.append("\(part)<wbr>")
                part = ""
            }
        }
        return "\(parts)\(part)"
    }
}
