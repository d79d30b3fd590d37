import AssayModel

/// Edit distance of texts in Unicode scalars, as Python counts characters.
enum Levenshtein {
    /// Fewest insertions, deletions and replacements of one scalar that make one text of the other.
    static func distance(_ left: String, _ right: String) -> Int {
        let (rows, columns) = (Array(left.unicodeScalars), Array(right.unicodeScalars))
        if rows.isEmpty || columns.isEmpty { return max(rows.count, columns.count) }
        var previous = Array(0...columns.count)
        var current = previous
        for (row, scalar) in rows.enumerated() {
            current[0] = row + 1
            for (column, other) in columns.enumerated() {
                current[column + 1] = min(
                    previous[column + 1] + 1,
                    current[column] + 1,
                    previous[column] + (scalar == other ? 0 : 1)
                )
            }
            swap(&previous, &current)
        }
        return previous[columns.count]
    }

    /// 1 − distance / length of the longer text; 1 for two empty texts.
    static func similarity(_ left: String, _ right: String) -> Double {
        let length = max(left.unicodeScalars.count, right.unicodeScalars.count)
        return length == 0 ? 1 : 1 - Double(distance(left, right)) / Double(length)
    }
}

extension MetricEntry {
    static let stringSimilarity = MetricEntry(
        name: "nonllm_string_similarity",
        summary: "Closeness of answer and reference letter by letter",
        formula:
            "1 - Levenshtein distance / length of the longer text, in Unicode scalars; Ragas NonLLMStringSimilarity, same in both "
            + "of its implementations",
        needs: [.answer, .reference]
    ) { _, _ in
        { sample, _ in
            MetricResult(.scored(Levenshtein.similarity(sample.question.reference, sample.answer?.text ?? "")))
        }
    }

    static let quotedSpansAlignment = MetricEntry(
        name: "quoted_spans_alignment",
        summary: "Share of the answer's quotations that stand in the passages of the prompt",
        formula:
            "texts in double quotes of at least 3 words that the passages hold, letter case and white space aside / such texts; "
            + "none: not applicable; Ragas QuotedSpansAlignment, corrected",
        needs: [.answer],
        compat: [
            .collections:
                "texts in straight double quotes of at least 3 words that the passages hold, letter case and white space aside "
                + "/ such texts, 1 with none; Ragas 0.4.3 collections QuotedSpansAlignment"
        ]
    ) { _, options in
        let mode = try MetricMode.read(&options, among: [.collections: ""])
        return { sample, _ in
            let quotes = QuotedSpans.quotes(sample.answer?.text ?? "", curly: mode == .corrected)
            if quotes.isEmpty {
                return mode == .corrected
                    ? MetricResult(.notApplicable(reason: "the answer quotes nothing of three words or more"))
                    : MetricResult(.scored(1))
            }
            guard let passages = sample.recordedContextTexts else { return .contextMissing }
            let source = QuotedSpans.folded(passages.joined(separator: " "))
            return MetricResult(.scored(quotes.map { source.contains(QuotedSpans.folded($0)) }.share ?? 1))
        }
    }
}

/// Quotations in a text.
enum QuotedSpans {
    /// The texts of three words or more between two quotation marks; with `curly` also between “ and ”.
    static func quotes(_ text: String, curly: Bool) -> [String] {
        var quotes: [String] = []
        var open: Character?
        var span = ""
        for character in text {
            if let mark = open {
                if character == mark {
                    // Python's pattern wants something between the marks: of two marks in a row the second opens.
                    if span.isEmpty { continue }
                    quotes.append(span)
                    open = nil
                } else {
                    span.append(character)
                }
            } else if character == "\"" || (curly && character == "\u{201c}") {
                open = character == "\"" ? "\"" : "\u{201d}"
                span = ""
            }
        }
        return quotes.filter { $0.split(whereSeparator: \.isWhitespace).count >= 3 }
    }

    /// Lower case, each run of white space one space.
    static func folded(_ text: String) -> String {
        text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
