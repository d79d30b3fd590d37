import AssayModel

/// The parts of the page that do not need the script.
struct HTMLSections {
    let input: ReportInput
    let facts: RunFacts

    var record: RunRecord { input.record }
    var results: RunResults { input.record.results }

    var header: Markup {
        let isGood = record.status == .success
        var links: [(String, String)] = [("results", "Results")]
        if input.comparison != nil { links.append(("comparison", "Baseline")) }
        if facts.places.total > 0 { links.append(("failures", "Failures")) }
        links += [("kinds", "Kinds"), ("list", "Questions"), ("stages", "Time"), ("sources", "Sources")]
        return """
            <header class="top">
            <div>
            <h1>\(PrintableText.line(results.pipeline))</h1>
            <p class="sub"><span class="tag \(isGood ? "good" : "bad")">\(record.status.rawValue)</span> \
            run <span class="mono">\(PrintableText.line(record.id))</span> · \(PrintableText.line(record.environment.started)) · \
            specification <span class="mono">\(Format.digest(results.specHash))</span></p>
            </div>
            <nav aria-label="Sections">\(links.map { "<a href=\"#\($0.0)\">\($0.1)</a>\n" as Markup })\
            <button type="button" id="theme" hidden></button></nav>
            </header>
            """
    }

    // MARK: Summary

    var readouts: Markup {
        var items: [(label: String, value: String, below: String)] = []
        if let evalset = results.evalset {
            items.append(
                ("questions", Format.count(evalset.questions), "\(Format.count(evalset.unanswerable)) unanswerable")
            )
        }
        if results.engine != nil || facts.answered > 0 {
            let asked = results.evalset?.answered ?? facts.answered
            var below = ["\(Format.count(facts.abstained)) declined"]
            if facts.cut > 0 { below.append("\(Format.count(facts.cut)) cut off") }
            if !facts.failures.isEmpty { below.append("\(Format.count(facts.failures.count)) failed") }
            items.append(
                ("answers", "\(Format.count(facts.answered)) of \(Format.count(asked))", below.joined(separator: ", "))
            )
        }
        let corpus = results.corpus
        let leftOut = corpus.leftOut.isEmpty ? "none left out" : "\(Format.count(corpus.leftOut.count)) left out"
        items.append(("documents", Format.count(corpus.documents), leftOut))
        let size = corpus.tokens > 0 ? Format.count(corpus.tokens, "token") : Format.bytes(corpus.bytes)
        items.append(("chunks", Format.count(corpus.chunks), size))
        let work = record.timings.stages.reduce(into: (items: 0, reused: 0)) {
            $0.items += $1.items
            $0.reused += $1.reused
        }
        let reused =
            work.items == 0 ? "" : "\(Format.percent(Double(work.reused) / Double(work.items))) of the work reused"
        items.append(("time", Format.duration(seconds: facts.seconds), reused))
        if facts.promptTokens + facts.completionTokens > 0 {
            items.append(
                ("model tokens", Format.count(facts.promptTokens), "in, \(Format.count(facts.completionTokens)) out")
            )
        }
        return """
            <dl class="readouts">
            \(items.map { "<div><dt>\($0.label)</dt><dd>\($0.value)<small>\($0.below)</small></dd></div>\n" as Markup })\
            </dl>
            """
    }

    var notes: Markup {
        guard !facts.notes.isEmpty else { return "" }
        return "<ul class=\"notes\">\(facts.notes.map { "<li>\($0)</li>\n" as Markup })</ul>"
    }

    // MARK: Metrics

    var metrics: Markup {
        guard !results.metrics.isEmpty else { return "" }
        let rows = results.metrics.enumerated().map { column, metric -> Markup in
            let definition = metric.definition
            let values = input.cards.compactMap { $0.scores[column]?.value }.filter(\.isFinite)
            let meaning = [MetricMeaning.sentence(for: definition.name), definition.formula].compactMap(\.self)
                .joined(separator: " ")
            let direction: Markup = definition.higherIsBetter ? "" : " <small>less is better</small>"
            let standing: Markup = metric.isUnvalidated ? " <span class=\"tag bad\">unvalidated</span>" : ""
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

    // MARK: Time

    var stages: Markup {
        guard !record.timings.stages.isEmpty else { return "<span id=\"stages\"></span>" }
        let longest = record.timings.stages.reduce(0) { max($0, $1.seconds) }
        func tokens(_ count: Int) -> String { count == 0 ? "" : Format.count(count) }
        let rows = record.timings.stages.map { stage -> Markup in
            """
            <tr><th scope="row">\(PrintableText.line(stage.stage))</th><td class="num">\(Format.count(stage.items))</td>\
            <td class="num">\(stage.reused == 0 ? "" : Format.count(stage.reused))</td>\
            <td class="num">\(Format.duration(seconds: stage.seconds))</td>\
            <td class="fit wide">\(Self.bar(longest > 0 ? stage.seconds / longest : 0))</td>\
            <td class="num">\(tokens(stage.promptTokens))</td><td class="num">\(tokens(stage.completionTokens))</td></tr>

            """
        }
        return """
            <section id="stages">
            <h2>Time and tokens</h2>
            <div class="columns">
            <div class="scroll"><table class="data">
            <thead><tr><th scope="col">stage</th><th scope="col" class="num">items</th><th scope="col" class="num">reused</th>\
            <th scope="col" class="num">time</th><td class="wide"></td><th scope="col" class="num">tokens in</th>\
            <th scope="col" class="num">tokens out</th></tr></thead>
            <tbody>
            \(rows)</tbody>
            <tfoot><tr><th scope="row">all</th><td></td><td></td><td class="num">\(Format.duration(seconds: facts.seconds))</td>\
            <td class="wide"></td><td class="num">\(tokens(facts.promptTokens))</td>\
            <td class="num">\(tokens(facts.completionTokens))</td></tr></tfoot></table></div>
            \(latencies)
            </div>
            </section>
            """
    }

    private var latencies: Markup {
        guard !facts.latencies.isEmpty else { return "" }
        let rows = facts.latencies.map { latency -> Markup in
            """
            <tr><th scope="row">\(latency.name)</th><td class="num">\(Format.count(latency.count))</td>\
            <td class="num">\(Format.duration(seconds: latency.median))</td><td class="num">\(Format.duration(seconds: latency.p95))</td>\
            <td class="num">\(Format.duration(seconds: latency.longest))</td></tr>

            """
        }
        return """
            <div class="scroll"><table class="data">
            <thead><tr><th scope="col">time of a question</th><th scope="col" class="num">n</th><th scope="col" class="num">median</th>\
            <th scope="col" class="num">95th percentile</th><th scope="col" class="num">longest</th></tr></thead>
            <tbody>
            \(rows)</tbody></table></div>
            """
    }

    static func bar(_ share: Double) -> Markup {
        let width = Format.fixed(min(1, max(0, share)) * 96, decimals: 1)
        return Markup(
            trusted:
                "<svg class=\"share\" width=\"96\" height=\"7\" aria-hidden=\"true\"><rect class=\"rail\" width=\"96\" height=\"7\"/>"
                + "<rect width=\"\(width)\" height=\"7\"/></svg>"
        )
    }

    // MARK: Sources

    /// Files listed by name for each reason.
    private static let listedFiles = 200

    var leftOut: Markup {
        guard !facts.leftOut.isEmpty else { return "" }
        let reasons = facts.leftOut.map { reason -> Markup in
            let files = reason.files.prefix(Self.listedFiles).map { file -> Markup in
                "<li>\(PrintableText.line(file.reason))</li>\n"
            }
            let rest = reason.files.count - Self.listedFiles
            let more: Markup = rest > 0 ? "<li>and \(Format.count(rest)) more</li>" : ""
            return """
                <details><summary>\(PrintableText.line(reason.code)): \(Format.count(reason.files.count, "file"))</summary>
                <ul class="files">\(files)\(more)</ul></details>

                """
        }
        return """
            <section id="left-out">
            <h2>Left out</h2>
            \(reasons)
            </section>
            """
    }

    var sources: Markup {
        let environment = record.environment
        let corpus = results.corpus
        var measured: [(String, String)] = [
            (
                "corpus",
                "\(corpus.name): \(Format.count(corpus.documents, "document")), \(Format.count(corpus.chunks, "chunk")), "
                    + "\(Format.bytes(corpus.bytes)); fingerprint \(Format.digest(corpus.fingerprint))"
            )
        ]
        if let evalset = results.evalset {
            measured.append(
                (
                    "evalset",
                    "\(evalset.name), split \(evalset.split): \(Format.count(evalset.questions, "question")); "
                        + "fingerprint \(Format.digest(evalset.fingerprint))"
                )
            )
        }
        if let engine = results.engine { measured.append(("engine", Self.facts(of: engine))) }
        if let judge = results.judge { measured.append(("judge", Self.facts(of: judge))) }
        measured += results.components.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        let machine: [(String, String)] =
            [
                ("processor", "\(environment.processor), \(Format.count(environment.cores, "core"))"),
                ("memory", "\(Format.fixed(environment.memoryGiB, decimals: 1)) GiB"),
                ("system", environment.system),
                ("started", environment.started),
                ("finished", environment.finished ?? "not finished"),
                ("Assay", environment.assay),
            ] + environment.libraries.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        let spec = (try? canonicalJSON(results.spec, pretty: true)) ?? ""
        return """
            <section id="sources">
            <h2>What was measured, and where</h2>
            <div class="columns">
            \(Self.list(measured))
            \(Self.list(machine))
            </div>
            <details><summary>Specification with every default</summary><pre>\(spec)</pre></details>
            </section>
            """
    }

    private static func facts(of engine: EngineIdentity) -> String {
        let digest = engine.modelHash.map { "SHA-256 \(Format.digest($0))" } ?? "not fingerprinted"
        return "\(engine.name): \(engine.model), mode \(engine.mode), \(digest)"
    }

    private static func list(_ facts: [(String, String)]) -> Markup {
        let items = facts.map { "<dt>\(PrintableText.line($0.0))</dt><dd>\(PrintableText.line($0.1))</dd>\n" as Markup }
        return "<dl class=\"facts\">\(items)</dl>"
    }

    // MARK: Questions

    func questions(_ details: QuestionDetails) -> Markup {
        guard !input.cards.isEmpty else { return "<span id=\"list\"></span>" }
        var notes: [String] = []
        if details.droppedPassages > 0 {
            notes.append(
                "\(Format.count(details.droppedPassages, "passage")) left out to keep this page small; the run's record has them."
            )
        }
        if input.rows.count < input.cards.count || details.droppedRows > 0 {
            let rest = input.cards.count - input.rows.count + details.droppedRows
            notes.append(
                "\(Format.count(input.cards.count - rest)) questions are in this page whole, the worst and most changed ones; "
                    + (input.details.map { "the rest is read from the folder \($0.name) beside it when opened." }
                        ?? "of the rest it has the scores.")
            )
        }
        let note: Markup =
            notes.isEmpty ? "" : "<p class=\"measure\"><small>\(notes.joined(separator: " "))</small></p>"
        return """
            <section id="list">
            <h2>Questions</h2>
            \(note)
            <div id="questions"></div>
            <noscript><p>The table of questions is drawn by a script, which is switched off here. \
            \(Format.count(input.cards.count, "question")), \(Format.count(facts.answered)) answered, \
            \(Format.count(facts.failures.count)) failed. The Markdown report lists the worst ones, the JSON report holds all.</p></noscript>
            </section>
            """
    }

    var footer: Markup {
        """
        <footer>Assay \(PrintableText.line(record.environment.assay)). Press <kbd>?</kbd> for the keys.</footer>
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
