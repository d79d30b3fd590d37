import AssayModel
import FoundationEssentials

/// The data behind the table of questions, in columns: the script draws the rows that are seen from it.
///
/// A column is a list of its distinct values and, for each question, the number of one of them as 1, 2 or 4 bytes in base64. So a
/// metric of 200,000 questions takes 2.7 bytes a question, and every value is exact to the four decimals that are kept.
struct QuestionList {
    /// Bytes a question at most when there are many.
    static let rowBytes = 200

    private(set) var json = ScriptJSON()

    private let input: ReportInput

    init(_ input: ReportInput) {
        self.input = input
        let cards = input.cards
        var columns = ScriptJSON()
        columns.object { json in
            json.key("tags")
            write(tags(cards), into: &json)
            json.key("outcome")
            write(cards.map { .text(Self.name($0.outcome)) }, into: &json)
            json.key("attribution")
            write(cards.map { $0.attribution.map { .text($0.rawValue) } ?? .none }, into: &json)
            json.key("scores")
            json.array { json in
                for number in input.metrics.indices { write(cards.map { Cell($0.scores[number]) }, into: &json) }
            }
            if let comparison = input.comparison, comparison.compared != nil {
                json.key("before")
                json.array { json in
                    for values in comparison.before { write(values.map { Cell($0.map { .scored($0) }) }, into: &json) }
                }
            }
        }
        var page = ScriptJSON()
        page.object { json in
            json.key("rows")
            json.int(cards.count)
            json.key("run")
            json.string(input.record.id)
            json.key("baseline")
            if let comparison = input.comparison, comparison.compared != nil {
                json.string(comparison.baseline)
            } else {
                json.null()
            }
            json.key("places")
            json.array(FailureAttribution.allCases) { json, place in
                json.array([place.rawValue, place.title]) { $0.string($1) }
            }
            json.key("metrics")
            writeMetrics(into: &json)
            json.key("details")
            if let details = input.details {
                json.object { json in
                    json.key("folder")
                    json.string(details.name)
                    json.key("rows")
                    json.int(details.rowsPerFile)
                }
            } else {
                json.null()
            }
            json.key("ids")
            json.array(cards) { $0.string($1.id) }
            json.key("columns")
            json.splice(columns)
            json.key("texts")
            let limit = textBytes(used: json.bytes.count)
            json.array(cards) { $0.string(Self.clip($1.text, limit)) }
        }
        json = page
    }

    /// All of a card's text where there are few questions, else what the budget leaves.
    private func textBytes(used: Int) -> Int {
        guard input.cards.count > ReportInput.fullRows else { return .max }
        // Quotation marks, comma, ellipsis, and some for characters that are written as escapes.
        return max(16, Self.rowBytes - used / input.cards.count - 10)
    }

    private func writeMetrics(into json: inout ScriptJSON) {
        json.array(zip(input.metrics, input.definitions)) { json, metric in
            json.object { json in
                json.key("name")
                json.string(metric.0)
                json.key("low")
                json.double(metric.1?.range.lowerBound ?? 0)
                json.key("high")
                json.double(metric.1?.range.upperBound ?? 1)
                json.key("up")
                json.bool(metric.1?.higherIsBetter ?? true)
            }
        }
    }

    private func tags(_ cards: [QuestionCard]) -> [Cell] {
        // Tags that are different for each question would make the list as long as the questions: then only the kind stays.
        let combinations = Set(cards.lazy.map(\.tags))
        let whole = combinations.count <= max(1_000, 2 * ReportInput.fullRows)
        return cards.map { .list(whole ? $0.tags : Array($0.tags.prefix(1))) }
    }

    private static func name(_ outcome: QuestionCard.Outcome) -> String {
        switch outcome {
        case .notAsked: "not asked"
        case .answered: "answered"
        case .declined: "declined"
        case .cut: "cut off"
        case .failed: "failed"
        }
    }

    /// One value of a column.
    private enum Cell: Hashable {
        case none
        /// Ten-thousandths.
        case number(Int)
        case text(String)
        case list([String])

        init(_ score: Score?) {
            switch score {
            case nil: self = .none
            case .scored(let value):
                self = value.isFinite && value.magnitude < 1e11 ? .number(Int((value * 10_000).rounded())) : .none
            case .notScored(let reason): self = .list(["?", QuestionList.clip(reason, 400)])
            case .notApplicable(let reason): self = .list(["-", QuestionList.clip(reason, 400)])
            }
        }
    }

    private func write(_ cells: [Cell], into json: inout ScriptJSON) {
        var numbers: [Cell: UInt32] = [:]
        var values: [Cell] = []
        let codes = cells.map { cell -> UInt32 in
            if let number = numbers[cell] { return number }
            let number = UInt32(values.count)
            numbers[cell] = number
            values.append(cell)
            return number
        }
        let width = values.count <= 256 ? 1 : values.count <= 65_536 ? 2 : 4
        var data = Data(capacity: width * codes.count)
        for code in codes {
            for byte in 0..<width { data.append(UInt8(truncatingIfNeeded: code >> (8 * UInt32(byte)))) }
        }
        json.object { json in
            json.key("width")
            json.int(width)
            json.key("values")
            json.array(values) { json, cell in
                switch cell {
                case .none: json.null()
                case .number(let units): json.double(Double(units) / 10_000)
                case .text(let text): json.string(text)
                case .list(let texts): json.array(texts) { $0.string($1) }
                }
            }
            json.key("data")
            json.string(data.base64EncodedString())
        }
    }

    static func clip(_ text: String, _ limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: limit)
        while end > text.startIndex, text.utf8[end] & 0xC0 == 0x80 { end = text.utf8.index(before: end) }
        return text[..<end] + "…"
    }
}
