import AssayModel

// Where the time and the tokens went.

extension HTMLSections {
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
}
