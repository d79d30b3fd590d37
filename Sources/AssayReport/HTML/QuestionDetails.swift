import AssayModel

/// The rows that a page shows in full, in the record's own form, with bounds on their size.
///
/// Texts of passages are kept once however many questions found them. Deep ranks without evidence are left out; `ranks` says which
/// are there. Byte ranges stay those of the record; the script leads them to its own units.
struct QuestionDetails {
    /// Bounds of a page's size.
    struct Limits {
        /// Ranks shown for every question; those of the prompt are always shown.
        var ranks = 10
        /// UTF-8 bytes of one text.
        var textBytes = 12_000
        /// UTF-8 bytes of all passages; best ranks first.
        var passageBytes = 8_000_000
        /// UTF-8 bytes of all rows without their passages.
        var rowBytes = 24_000_000
    }

    /// Passages whose text is not in the page although the record has it.
    private(set) var droppedPassages = 0
    /// Rows that are not in the page although they should be.
    private(set) var droppedRows = 0
    /// JSON that can stand inside a `<script>` element.
    private(set) var text = ""

    init(_ rows: [Int: RunRow], limits: Limits = Limits()) throws {
        let ordered = rows.sorted { $0.key < $1.key }
        let texts = chosenTexts(ordered.map(\.value), limits)
        var out = #"{"texts":"# + (try canonicalJSON(texts))
        out += #","rows":{"#
        var isFirst = true
        var used = 0
        for (number, row) in ordered {
            let json = try canonicalJSON(PageRow(row, limits))
            used += json.utf8.count
            if used > limits.rowBytes {
                droppedRows += 1
                continue
            }
            out += (isFirst ? "\"" : ",\n\"") + "\(number)\":" + json
            isFirst = false
        }
        out += "}}"
        text = Self.escapedForScript(JSONReport.escapingHidden(out))
    }

    /// Texts by chunk id: rank by rank over all questions until the budget is used, so that every question keeps its best.
    private mutating func chosenTexts(_ rows: [RunRow], _ limits: Limits) -> [String: String] {
        var texts: [String: String] = [:]
        var dropped: Set<String> = []
        var used = 0
        let depth = rows.reduce(0) { max($0, $1.result.sample.retrieved.count) }
        for rank in 0..<depth {
            for row in rows {
                let sample = row.result.sample
                guard rank < sample.retrieved.count, PageRow.isShown(rank, sample, limits) else { continue }
                let chunk = sample.retrieved[rank]
                guard !chunk.text.isEmpty, texts[chunk.id] == nil else { continue }
                let text = QuestionList.clip(chunk.text, limits.textBytes)
                if used + text.utf8.count > limits.passageBytes {
                    dropped.insert(chunk.id)
                } else {
                    used += text.utf8.count
                    texts[chunk.id] = text
                }
            }
        }
        droppedPassages = dropped.count
        return texts
    }

    /// `<`, `>` and `&` can only stand within JSON's strings: there an escape means the same.
    static func escapedForScript(_ json: String) -> String {
        var output: [UInt8] = []
        output.reserveCapacity(json.utf8.count + json.utf8.count / 64)
        for byte in json.utf8 {
            switch byte {
            case UInt8(ascii: "<"): output += "\\u003c".utf8
            case UInt8(ascii: ">"): output += "\\u003e".utf8
            case UInt8(ascii: "&"): output += "\\u0026".utf8
            default: output.append(byte)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }
}

/// A row as the page holds it: the stored row's fields, and which ranks are left.
private struct PageRow: Encodable {
    var result: QuestionResult
    var timing: QuestionTiming?
    var ranks: [Int]
    var depth: Int

    init(_ row: RunRow, _ limits: QuestionDetails.Limits) {
        result = row.result
        timing = row.timing
        let sample = row.result.sample
        depth = sample.retrieved.count
        let shown = sample.retrieved.indices.filter { Self.isShown($0, sample, limits) }
        ranks = shown.map { $0 + 1 }
        result.sample.retrieved = shown.map {
            var chunk = sample.retrieved[$0]
            chunk.text = ""
            return chunk
        }
        result.sample.question.question = QuestionList.clip(sample.question.question, limits.textBytes)
        result.sample.question.reference = QuestionList.clip(sample.question.reference, limits.textBytes)
        result.sample.question.history = sample.question.history?.map {
            Turn($0.role, QuestionList.clip($0.text, limits.textBytes))
        }
        if let answer = sample.answer { result.sample.answer?.text = QuestionList.clip(answer.text, limits.textBytes) }
        for (index, quote) in sample.question.gold.enumerated() {
            result.sample.question.gold[index].quote = QuestionList.clip(quote.quote, limits.textBytes)
        }
    }

    /// Ranks from the top, and deeper ones where evidence stands.
    static func isShown(_ rank: Int, _ sample: Sample, _ limits: QuestionDetails.Limits) -> Bool {
        if rank < max(limits.ranks, sample.contextCount) { return true }
        let chunk = sample.retrieved[rank]
        return sample.goldSpans.contains {
            $0.document == chunk.document && $0.start < chunk.end && chunk.start < $0.end
        }
    }
}
