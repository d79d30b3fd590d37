import AssayModel

/// The data behind the table of questions: what the page's script draws rows from.
///
/// Passages are kept once however many questions found them. The size is bounded: `Limits` says how much of passages,
/// details and single texts goes in; the page says where something was left out.
struct QuestionPayload {
    /// Bounds of a page's size.
    struct Limits {
        /// Ranks shown for every question; those of the prompt are always shown.
        var ranks = 10
        /// UTF-8 bytes of one text.
        var textBytes = 12_000
        /// UTF-8 bytes of all passages; best ranks first.
        var passageBytes = 4_000_000
        /// UTF-8 bytes of all details of metrics, in the order of the questions.
        var detailBytes = 2_000_000
    }

    /// Metrics of the record, then those that only questions have, by name.
    let metrics: [(name: String, definition: MetricDefinition?)]
    /// Passages whose text is not in the page although the record has it.
    private(set) var droppedPassages = 0
    /// Details that are not in the page.
    private(set) var droppedDetails = 0
    private(set) var json = ScriptJSON()

    private let limits: Limits
    private var documents = Numbering()
    private var chunks = Numbering()
    private var chunkRows: [RetrievedChunk] = []
    private var detailBytes = 0

    init(_ record: RunRecord, limits: Limits = Limits()) {
        self.limits = limits
        let known = record.results.metrics.map(\.definition)
        let names = Set(known.map(\.name))
        let others = Set(record.results.questions.flatMap(\.scores.keys)).subtracting(names).sorted()
        metrics = known.map { ($0.name, $0) } + others.map { ($0, nil) }
        write(record)
    }

    private mutating func write(_ record: RunRecord) {
        let questions = record.results.questions
        let texts = chosenTexts(questions)
        var rows = ScriptJSON()
        rows.array { rows in
            for row in questions {
                write(row, record.timings.questions[row.sample.question.id], into: &rows)
            }
        }
        var page = ScriptJSON()
        page.object { page in
            page.key("metrics")
            page.array(metrics) { page, metric in
                page.object { page in
                    page.key("name")
                    page.string(metric.name)
                    page.key("low")
                    page.double(metric.definition?.range.lowerBound ?? 0)
                    page.key("high")
                    page.double(metric.definition?.range.upperBound ?? 1)
                    page.key("up")
                    page.bool(metric.definition?.higherIsBetter ?? true)
                }
            }
            page.key("documents")
            page.array(documents.names) { $0.string($1) }
            page.key("chunks")
            page.array(chunkRows) { page, chunk in
                page.array { page in
                    page.int(documents.number(chunk.document))
                    page.int(chunk.start)
                    page.int(chunk.end)
                    page.int(chunk.tokens)
                    if let text = texts[chunk.id] { page.string(clip(text)) } else { page.null() }
                }
            }
            page.key("questions")
            page.splice(rows)
        }
        json = page
    }

    /// Texts by chunk id: rank by rank over all questions until the budget is used, so that every question keeps its best.
    private mutating func chosenTexts(_ questions: [QuestionResult]) -> [String: String] {
        var texts: [String: String] = [:]
        var dropped: Set<String> = []
        var used = 0
        let depth = questions.reduce(0) { max($0, $1.sample.retrieved.count) }
        for rank in 0..<depth {
            for row in questions where rank < row.sample.retrieved.count && isShown(rank, row.sample) {
                let chunk = row.sample.retrieved[rank]
                guard !chunk.text.isEmpty, texts[chunk.id] == nil else { continue }
                let size = min(chunk.text.utf8.count, limits.textBytes)
                if used + size > limits.passageBytes {
                    dropped.insert(chunk.id)
                } else {
                    used += size
                    texts[chunk.id] = chunk.text
                }
            }
        }
        droppedPassages = dropped.count
        return texts
    }

    /// Ranks from the top, and deeper ones where evidence stands.
    private func isShown(_ rank: Int, _ sample: Sample) -> Bool {
        if rank < max(limits.ranks, sample.contextCount) { return true }
        let chunk = sample.retrieved[rank]
        return sample.goldSpans.contains {
            $0.document == chunk.document && $0.start < chunk.end && chunk.start < $0.end
        }
    }

    private mutating func write(_ row: QuestionResult, _ timing: QuestionTiming?, into json: inout ScriptJSON) {
        let sample = row.sample
        let question = sample.question
        json.object { json in
            json.key("id")
            json.string(question.id)
            json.key("text")
            json.string(clip(question.question))
            json.key("reference")
            json.string(clip(question.reference))
            json.key("tags")
            json.array(question.tags) { $0.string($1) }
            json.key("split")
            json.string(question.split)
            json.key("unanswerable")
            json.bool(question.isUnanswerable)
            json.key("gold")
            writeGold(sample, into: &json)
            json.key("context")
            json.int(sample.contextCount)
            json.key("depth")
            json.int(sample.retrieved.count)
            json.key("passages")
            writePassages(sample, into: &json)
            if let answer = sample.answer {
                json.key("answer")
                write(answer, of: sample, into: &json)
            }
            if let failure = row.failure {
                json.key("failure")
                json.string(clip(failure))
            }
            json.key("scores")
            writeScores(row, into: &json)
            writeDetails(row, into: &json)
            if let timing {
                json.key("ms")
                json.array { json in
                    json.double(timing.retrieveMs)
                    json.double(timing.answer?.firstTokenMs)
                    json.double(timing.answer?.totalMs)
                }
            }
        }
    }

    /// `[document, quote or null, rank at which half of it was found or 0, relevance]`.
    private mutating func writeGold(_ sample: Sample, into json: inout ScriptJSON) {
        let quotes = sample.question.gold
        let anchored = quotes.count == sample.goldSpans.count
        json.array { json in
            for (index, quote) in quotes.enumerated() {
                json.array { json in
                    json.int(documents.number(quote.document))
                    json.string(clip(quote.quote))
                    json.int(anchored ? EvidenceMarks.foundRank(of: sample.goldSpans[index], in: sample.retrieved) : 0)
                    json.int(1)
                }
            }
            for (document, relevance) in (sample.question.qrels ?? [:]).sorted(by: { $0.key < $1.key }) {
                json.array { json in
                    json.int(documents.number(document))
                    json.null()
                    json.int((sample.retrieved.firstIndex { $0.document == document } ?? -1) + 1)
                    json.int(relevance)
                }
            }
        }
    }

    /// `[rank, chunk, score, start, end, …]` with the marked ranges in UTF-16 units.
    private mutating func writePassages(_ sample: Sample, into json: inout ScriptJSON) {
        json.array { json in
            for (rank, chunk) in sample.retrieved.enumerated() where isShown(rank, sample) {
                let (number, isNew) = chunks.add(chunk.id)
                if isNew {
                    _ = documents.number(chunk.document)
                    chunkRows.append(chunk)
                }
                json.array { json in
                    json.int(rank + 1)
                    json.int(number)
                    json.double(chunk.score)
                    for bound in EvidenceMarks.ranges(of: sample.goldSpans, in: chunk) { json.int(bound) }
                }
            }
        }
    }

    private func write(_ answer: Answer, of sample: Sample, into json: inout ScriptJSON) {
        json.object { json in
            json.key("text")
            json.string(clip(answer.text))
            json.key("abstained")
            json.bool(answer.abstained)
            json.key("finish")
            json.string(answer.finish.rawValue)
            json.key("tokens")
            json.array([answer.usage.promptTokens, answer.usage.completionTokens]) { $0.int($1) }
            json.key("citations")
            let offsets = UTF16Offsets(answer.text)
            json.array(answer.citations) { json, citation in
                json.array { json in
                    json.int(citation.number)
                    json.int(offsets.offset(ofByte: citation.start))
                    json.int(offsets.offset(ofByte: citation.end))
                    json.int((sample.retrieved.firstIndex { $0.id == citation.chunk } ?? -1) + 1)
                }
            }
        }
    }

    /// A number, `["?", reason]` for not scored, `["-", reason]` for not applicable, null where there is nothing.
    private func writeScores(_ row: QuestionResult, into json: inout ScriptJSON) {
        json.array(metrics) { json, metric in
            switch row.scores[metric.name]?.score {
            case nil: json.null()
            case .scored(let value): json.double(value)
            case .notScored(let reason): json.array(["?", clip(reason)]) { $0.string($1) }
            case .notApplicable(let reason): json.array(["-", clip(reason)]) { $0.string($1) }
            }
        }
    }

    /// `details`: by number of the metric; left out when the budget is used.
    private mutating func writeDetails(_ row: QuestionResult, into json: inout ScriptJSON) {
        var details = ScriptJSON()
        var isEmpty = true
        details.object { details in
            for (number, metric) in metrics.enumerated() {
                guard let value = row.scores[metric.name]?.details, value != .null else { continue }
                var one = ScriptJSON()
                one.value(value)
                if one.bytes.count > 4 * limits.textBytes || detailBytes + one.bytes.count > limits.detailBytes {
                    droppedDetails += 1
                    continue
                }
                detailBytes += one.bytes.count
                isEmpty = false
                details.key("\(number)")
                details.splice(one)
            }
        }
        guard !isEmpty else { return }
        json.key("details")
        json.splice(details)
    }

    private func clip(_ text: String) -> String {
        guard text.utf8.count > limits.textBytes else { return text }
        // The cut may fall into a character; what `slice` puts for its rest is not part of the text.
        var end = limits.textBytes
        let view = text.utf8
        while end > 0, view[view.index(view.startIndex, offsetBy: end)] & 0xC0 == 0x80 { end -= 1 }
        return text.slice(bytes: 0..<end) + " […]"
    }
}

/// Numbers names in the order of their first appearance.
private struct Numbering {
    private(set) var names: [String] = []
    private var numbers: [String: Int] = [:]

    mutating func add(_ name: String) -> (number: Int, isNew: Bool) {
        if let number = numbers[name] { return (number, false) }
        numbers[name] = names.count
        names.append(name)
        return (names.count - 1, true)
    }

    mutating func number(_ name: String) -> Int { add(name).number }
}
