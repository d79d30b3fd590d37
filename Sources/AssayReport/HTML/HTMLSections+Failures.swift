import AssayModel

// Where questions went wrong.

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
            let doubtful = places.byUnvalidated[place].map { Format.count($0) } ?? ""
            let doubt: Markup =
                places.unvalidated.isEmpty
                ? "" : "<td class=\"num\">\(doubtful)</td>"
            return """
                <tr><th scope="row">\(name)</th><td class="num strong">\(Format.count(count))</td>\
                <td class="num">\(Format.percent(share))</td>\(doubt)\
                <td class="fit">\(Self.bar(Double(count) / Double(most)))</td><td class="wide muted">\(place.meaning)</td></tr>

                """
        }
        let head: Markup =
            places.unvalidated.isEmpty ? "" : "<th scope=\"col\" class=\"num\">by an unvalidated judge</th>"
        return """
            <section id="failures">
            <h2>Where questions went wrong</h2>
            <div class="scroll"><table class="data">
            <thead><tr><th scope="col">first place</th><th scope="col" class="num">questions</th><th scope="col" class="num">of all</th>\
            \(head)<td></td><td class="wide"></td></tr></thead>
            <tbody>
            \(rows)</tbody></table></div>
            <p class="measure"><small>\(PrintableText.line(places.meaning))</small></p>
            </section>
            """
    }
}
