package import AssayModel

/// What a report is made of: the record, a card of every question, and whole rows for the questions shown in full.
///
/// A run of 200,000 questions is reported without ever holding its record as one value.
package struct ReportInput: Sendable {
    /// Questions that a page shows in full; the rest is in files beside it.
    package static let fullRows = 2_000

    /// The record; its questions may be missing, `cards` has them all.
    package var record: RunRecord
    /// Names that the cards' scores follow.
    package var metrics: [String]
    /// All questions in the order of the evalset.
    package var cards: [QuestionCard]
    /// Whole rows by number, for the questions shown in full.
    package var rows: [Int: RunRow]
    /// Where the other rows are, nil when nowhere.
    package var details: DetailFolder?
    /// How the run differs from a baseline.
    package var comparison: ReportComparison?
    /// The pipeline's runs, this one among them.
    package var history: MetricHistory?

    /// Takes everything from a whole record; above `fullRows` questions the worst ones are shown in full.
    package init(_ record: RunRecord) {
        let questions = record.results.questions
        let metrics = QuestionCard.metrics(record.results.metrics.map(\.definition), rows: questions)
        self.init(
            head: record,
            metrics: metrics,
            cards: questions.map {
                QuestionCard($0, timing: record.timings.questions[$0.sample.question.id], metrics: metrics)
            }
        )
        show(record)
    }

    /// Takes the whole rows of `shownInFull` from a record.
    package mutating func show(_ record: RunRecord) {
        rows = [:]
        for number in shownInFull {
            let row = record.results.questions[number]
            rows[number] = RunRow(row, timing: record.timings.questions[row.sample.question.id])
        }
    }

    /// Takes a record whose questions are stored apart; `rows` is filled in afterwards with those of `shownInFull`.
    package init(head: RunRecord, metrics: [String], cards: [QuestionCard]) {
        record = head
        self.metrics = metrics
        self.cards = cards
        rows = [:]
    }

    /// The definition of each name in `metrics`, nil for those that the record does not sum up.
    var definitions: [MetricDefinition?] {
        let known = record.results.metrics.map(\.definition)
        return metrics.enumerated().map { $0.offset < known.count ? known[$0.offset] : nil }
    }

    /// Numbers of the questions to show in full: all of a small run, else the worst and, with a baseline, those that changed most.
    package var shownInFull: [Int] {
        guard cards.count > Self.fullRows else { return Array(cards.indices) }
        let definitions = definitions
        let badness = cards.map { Self.badness($0, definitions) }
        let worst = cards.indices.sorted { (badness[$1], $0) < (badness[$0], $1) }
        guard let comparison, comparison.compared != nil, case let changes = comparison.changes(definitions),
            changes.count == cards.count
        else {
            return worst.prefix(Self.fullRows).sorted()
        }
        let changed = cards.indices.sorted { (changes[$1], $0) < (changes[$0], $1) }.prefix(Self.fullRows / 2)
        var chosen = Set(changed)
        for number in worst where chosen.count < Self.fullRows { chosen.insert(number) }
        return chosen.sorted()
    }

    /// Failed answers first, then attributed failures, then by the mean share of each bounded metric's range that was missed.
    private static func badness(_ card: QuestionCard, _ definitions: [MetricDefinition?]) -> Double {
        var sum = 0.0
        var count = 0.0
        for (score, definition) in zip(card.scores, definitions) {
            guard let value = score?.value, value.isFinite, let definition else { continue }
            let span = definition.range.upperBound - definition.range.lowerBound
            guard span.isFinite, span > 0 else { continue }
            let share = min(1, max(0, (value - definition.range.lowerBound) / span))
            sum += definition.higherIsBetter ? 1 - share : share
            count += 1
        }
        return (card.outcome == .failed ? 2 : 0) + (card.attribution == nil ? 0 : 1) + (count > 0 ? sum / count : 0)
    }
}

/// Files beside a page that hold the rows which are not in it.
package struct DetailFolder: Sendable, Equatable {
    /// The folder's name, beside the page.
    package var name: String
    /// Rows in each file; file `n` starts with row `n · rowsPerFile`.
    package var rowsPerFile: Int
}
