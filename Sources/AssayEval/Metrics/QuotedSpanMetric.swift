import AssayModel

// What an answer puts in quotation marks should stand in the passages it was given.

extension MetricEntry {
    static let quotedSpans = MetricEntry.pure(
        "quoted_spans",
        summary: "Share of the answer's quotations that stand in the passages of its prompt",
        formula:
            "quotations found / quotations of at least 3 words, case and white space ignored; marks \"…\", “…”, „…“, «…»; "
            + "after Ragas QuotedSpansAlignment, which takes apostrophes for marks and gives 1 without quotations",
        needs: [.answer]
    ) { sample, _ in
        let quotations = QuotedText.quotations(sample.answer?.text ?? "")
        guard !quotations.isEmpty else { return MetricResult(.notApplicable(reason: "the answer quotes nothing")) }
        if let gap = sample.context.first(where: { $0.text.isEmpty && !$0.bytes.isEmpty }) {
            return MetricResult(.notScored(reason: "the record lacks the text of passage '\(gap.id)'"))
        }
        let sources = sample.context.map { QuotedText.normalized($0.text) }
        let found = quotations.map { quotation in sources.contains { $0.contains(quotation) } }
        return MetricResult(
            .scored(Double(found.count { $0 }) / Double(found.count)),
            details: .array(zip(quotations, found).map { ["quotation": .string($0), "found": .bool($1)] })
        )
    }
}

/// Quotations of a text.
enum QuotedText {
    /// The quotations of at least three words, normalised, in order.
    static func quotations(_ text: String) -> [String] {
        let closing: [Unicode.Scalar: Set<Unicode.Scalar>] = [
            "\"": ["\""], "\u{201c}": ["\u{201d}"], "\u{201e}": ["\u{201c}", "\u{201d}"], "\u{ab}": ["\u{bb}"],
        ]
        var found: [String] = []
        var rest = text.unicodeScalars[...]
        while let open = rest.firstIndex(where: { closing[$0] != nil }) {
            let inside = rest[rest.index(after: open)...]
            guard let marks = closing[rest[open]], let end = inside.firstIndex(where: marks.contains) else {
                rest = inside
                continue
            }
            let quotation = normalized(String(inside[..<end]))
            if quotation.split(separator: " ").count >= 3 { found.append(quotation) }
            rest = inside[inside.index(after: end)...]
        }
        return found
    }

    /// Lower case, white space joined.
    static func normalized(_ text: String) -> String {
        text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
