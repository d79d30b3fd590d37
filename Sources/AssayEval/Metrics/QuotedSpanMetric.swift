import AssayModel

// What an answer puts in quotation marks should stand in the passages it was given.

extension MetricEntry {
    static let quotedSpans = MetricEntry(
        name: "quoted_spans",
        summary: "Share of the answer's quotations that stand in the passages of its prompt",
        formula:
            "quotations found / quotations of at least 3 words, case and white space ignored; marks \"…\", “…”, „…“, «…»; "
            + "none: not applicable; Ragas QuotedSpansAlignment, corrected",
        needs: [.answer],
        compat: [
            .collections:
                "texts in straight double quotes of at least 3 words that the joined passages hold, letter case and white space "
                + "aside / such texts, 1 with none; Ragas 0.4.3 collections QuotedSpansAlignment"
        ]
    ) { _, options in
        let mode = try MetricMode.read(&options, among: [.collections: ""])
        return { sample, _ in
            let text = sample.answer?.text ?? ""
            let quotations = mode == .corrected ? QuotedText.quotations(text) : QuotedText.straightQuotations(text)
            guard !quotations.isEmpty else {
                return MetricResult(
                    mode == .corrected ? .notApplicable(reason: "the answer quotes nothing") : .scored(1)
                )
            }
            guard let passages = sample.recordedContextTexts else { return .contextMissing }
            let sources = (mode == .corrected ? passages : [passages.joined(separator: " ")]).map(QuotedText.normalized)
            let found = quotations.map { quotation in sources.contains { $0.contains(quotation) } }
            return MetricResult(
                .scored(Double(found.count { $0 }) / Double(found.count)),
                details: .array(zip(quotations, found).map { ["quotation": .string($0), "found": .bool($1)] })
            )
        }
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

    /// Ragas's quotations: of at least three words between two straight marks, normalised.
    static func straightQuotations(_ text: String) -> [String] {
        var found: [String] = []
        var span: String?
        for character in text {
            guard character == "\"" else {
                span?.append(character)
                continue
            }
            // Python's pattern wants something between the marks: of two marks in a row the second opens.
            if let inside = span, !inside.isEmpty {
                found.append(normalized(inside))
                span = nil
            } else {
                span = ""
            }
        }
        return found.filter { $0.split(separator: " ").count >= 3 }
    }

    /// Lower case, white space joined.
    static func normalized(_ text: String) -> String {
        text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
