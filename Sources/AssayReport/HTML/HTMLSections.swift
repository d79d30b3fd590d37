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
}
