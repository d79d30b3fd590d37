import AssayModel

/// What every report says about a run besides its metrics, counted once.
struct RunFacts {
    /// One reason for which files were left out.
    struct LeftOutReason: Equatable {
        var code: String
        var files: [LeftOut]
    }

    /// Questions whose answer is missing although it was asked for, in the order of the evalset.
    let failures: [(question: String, reason: String)]
    /// Questions with an answer.
    let answered: Int
    /// Of these, answers that say the documents do not answer the question.
    let abstained: Int
    /// Of the answers, those cut by the token limit.
    let cut: Int
    /// Where questions went wrong.
    let places: FailureCounts
    /// Sum over the stages.
    let seconds: Double
    /// Tokens into models over all stages.
    let promptTokens: Int
    /// Tokens out of models over all stages.
    let completionTokens: Int
    /// Left-out files by reason: most files first, then by code.
    let leftOut: [LeftOutReason]
    /// Percentiles of the times of single questions.
    let latencies: [Latency]
    /// Sentences about what a reader should know before trusting the numbers.
    let notes: [String]

    init(_ input: ReportInput) {
        let record = input.record
        let cards = input.cards
        failures = cards.compactMap { card in card.failure.map { (card.id, $0) } }
        answered = cards.count { $0.outcome != .notAsked && $0.outcome != .failed }
        abstained = cards.count { $0.outcome == .declined }
        cut = cards.count(where: \.isCut)
        places = FailureCounts(input)
        seconds = record.timings.stages.reduce(0) { $0 + $1.seconds }
        promptTokens = record.timings.stages.reduce(0) { $0 + $1.promptTokens }
        completionTokens = record.timings.stages.reduce(0) { $0 + $1.completionTokens }
        leftOut = Self.reasons(record.results.corpus.leftOut)
        latencies = Latency.all(of: cards)
        notes = Self.notes(input, cut: cut)
    }

    private static func reasons(_ files: [LeftOut]) -> [LeftOutReason] {
        Dictionary(grouping: files, by: \.code)
            .map { LeftOutReason(code: $0.key, files: $0.value) }
            .sorted { ($1.files.count, $0.code) < ($0.files.count, $1.code) }
    }

    private static func notes(_ input: ReportInput, cut: Int) -> [String] {
        let record = input.record
        let corpus = record.results.corpus
        var notes: [String] = []
        switch record.status {
        case .success: break
        case .started: notes.append("The run is not finished; the numbers are of what there is so far.")
        case .failed: notes.append("The run ended with an error; the numbers are of what was done before it.")
        case .cancelled: notes.append("The run was cancelled; the numbers are of what was done before.")
        }
        if corpus.truncatedChunks > 0 {
            notes.append(
                "\(Format.count(corpus.truncatedChunks, "chunk")) longer than the embedder's window: their ends were not embedded."
            )
        }
        if corpus.stripped.total > 0 {
            notes.append(
                "\(Format.count(corpus.stripped.total, "invisible character")) stripped from documents "
                    + "(\(Format.count(corpus.stripped.tags)) tag, \(Format.count(corpus.stripped.variationSelectors)) variation selector, "
                    + "\(Format.count(corpus.stripped.zeroWidth)) zero-width, \(Format.count(corpus.stripped.controls)) control)."
            )
        }
        if let rewrites = record.results.rewrites, rewrites.questions > 0 {
            let writer = rewrites.engine.map { "'\(PrintableText.line($0.model))'" } ?? "the previous turns alone"
            notes.append(
                "\(Format.count(rewrites.questions, "question")) of conversations rewritten by \(writer)"
                    + (rewrites.fallbacks > 0
                        ? "; \(Format.count(rewrites.fallbacks)) by the previous turns instead, as the engine's reply was not usable."
                        : ".")
            )
        }
        if record.results.neutralisedTokens > 0 {
            let literals = Format.count(record.results.neutralisedTokens, "control-token literal")
            let prompts = record.results.tokenPrompts.map { Format.count($0, "prompt") + " went out as token ids" }
            notes.append(
                prompts.map { "\(literals) kept as plain text: \($0)." } ?? "\(literals) neutralised before prompting."
            )
        }
        if cut > 0 { notes.append("\(Format.count(cut, "answer")) cut by the token limit.") }
        notes += notScored(input)
        notes += standings(record)
        return notes
    }

    /// Judged metrics whose judge has not been shown to agree with people.
    private static func standings(_ record: RunRecord) -> [String] {
        let names = record.results.metrics.filter { $0.judgeStanding == .unvalidated }.map(\.definition.name)
        guard !names.isEmpty else { return [] }
        return [
            "Unvalidated: the judge behind \(names.map(PrintableText.line).joined(separator: ", ")) is not shown to agree with people."
        ]
    }

    /// One sentence for each reason for which scores are missing, the most frequent first.
    private static func notScored(_ input: ReportInput) -> [String] {
        struct Missing {
            var count = 0
            var metrics: [String] = []
        }
        var byReason: [String: Missing] = [:]
        for (column, metric) in input.record.results.metrics.enumerated() where metric.notScored > 0 {
            let name = PrintableText.line(metric.definition.name)
            var counts: [String: Int] = [:]
            for card in input.cards {
                if case .notScored(let reason) = card.scores[column] { counts[reason, default: 0] += 1 }
            }
            for (reason, count) in counts {
                let reason = PrintableText.line(reason)
                byReason[reason, default: Missing()].count += count
                if byReason[reason]?.metrics.last != name { byReason[reason]?.metrics.append(name) }
            }
        }
        let ordered = byReason.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
        let shown = ordered.prefix(3).map { reason, missing in
            "\(Format.count(missing.count, "score")) missing (\(missing.metrics.joined(separator: ", "))): "
                + "\(PrintableText.fit(reason, width: 200)); not counted in the mean."
        }
        let rest = ordered.dropFirst(3).reduce(0) { $0 + $1.value.count }
        return shown + (rest > 0 ? ["\(Format.count(rest, "score")) missing for other reasons."] : [])
    }
}

/// Percentiles of one kind of time over the questions of a run.
struct Latency: Equatable {
    var name: String
    var count: Int
    /// Seconds.
    var median: Double
    /// Seconds.
    var p95: Double
    /// Seconds.
    var longest: Double

    /// Nearest-rank percentiles, nil without values.
    init?(_ name: String, milliseconds: [Double]) {
        let values = milliseconds.filter(\.isFinite).sorted()
        guard let last = values.last else { return nil }
        func percentile(_ percent: Int) -> Double {
            values[max(0, (values.count * percent + 99) / 100 - 1)] / 1_000
        }
        self.name = name
        count = values.count
        median = percentile(50)
        p95 = percentile(95)
        longest = last / 1_000
    }

    static func all(of cards: [QuestionCard]) -> [Latency] {
        let times = cards.compactMap(\.timing)
        return [
            Latency("retrieval", milliseconds: times.map(\.retrieveMs)),
            Latency("first token", milliseconds: times.compactMap { $0.answer?.firstTokenMs }),
            Latency("whole answer", milliseconds: times.compactMap { $0.answer?.totalMs }),
        ].compactMap(\.self)
    }
}
