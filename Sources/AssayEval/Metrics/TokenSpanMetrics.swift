import AssayModel

// Gold spans in tokens, as Chroma's chunking evaluation has them (Smith, Troynikov 2024): a token that two overlapping
// passages repeat counts twice in what was retrieved, so that overlap and large passages cost precision. A token is a run of
// letters and digits, or one other character that is not white space.

extension MetricEntry {
    static let tokenRecall = tokens(
        "token_recall",
        summary: "Share of the gold tokens that the top passages hold",
        formula: "gold tokens covered by the union of the top passages / gold tokens; Smith and Troynikov 2024"
    ) { min(1, Double($0.covered) / Double($0.gold)) }

    static let tokenPrecision = tokens(
        "token_precision",
        summary: "Share of the top passages' tokens that is gold, repeated tokens counted each time",
        formula: "gold tokens covered / tokens of the top passages, 0 with none; Smith and Troynikov 2024"
    ) { $0.retrieved == 0 ? 0 : min(1, Double($0.covered) / Double($0.retrieved)) }

    static let tokenIoU = tokens(
        "token_iou",
        summary: "Gold tokens and the top passages' tokens, intersection over union, repeated tokens counted each time",
        formula:
            "gold tokens covered / (gold tokens + tokens of the top passages - gold tokens covered); Smith and Troynikov "
            + "2024"
    ) { min(1, Double($0.covered) / Double(max(1, $0.gold + $0.retrieved - $0.covered))) }

    private static func tokens(
        _ name: String,
        summary: String,
        formula: String,
        measure: @escaping @Sendable (TokenOverlap) -> Double
    ) -> MetricEntry {
        .pure(name, summary: summary, formula: formula, needs: [.spans], cuts: [.rank, .tokens]) { sample, cut in
            let top = sample.retrieved.prefix(cut.count(of: sample.retrieved))
            if let gap = top.first(where: { $0.text.utf8.count != $0.bytes.count }) {
                return MetricResult(.notScored(reason: "the record lacks the text of passage '\(gap.id)'"))
            }
            guard let overlap = TokenOverlap(sample, top) else {
                return MetricResult(.notScored(reason: "gold quotes overlap or hold no token"))
            }
            return MetricResult(.scored(measure(overlap)))
        }
    }
}

/// Tokens of gold spans and passages.
struct TokenOverlap: Equatable {
    var gold = 0
    var retrieved = 0
    var covered = 0

    /// Counts; nil when the gold quotes overlap, so that their tokens cannot be told apart, or have none.
    ///
    /// Gold tokens are counted in the quotes, because white space, which is all in which quote and text may differ, is in no
    /// token; a word that a passage's edge cuts counts where a part of it is covered.
    init?(_ sample: Sample, _ passages: ArraySlice<RetrievedChunk>) {
        let evidence = SpanEvidence(sample.goldSpans)
        let quotes = Dictionary(sample.question.gold.map { ([$0.document, $0.quote, "\($0.occurrence)"], $0.quote) }) {
            first,
            _ in first
        }
        guard quotes.count == evidence.spans.count else { return nil }
        gold = quotes.values.reduce(0) { $0 + Self.count($1.utf8) }
        guard gold > 0 else { return nil }
        retrieved = passages.reduce(0) { $0 + Self.count($1.text.utf8) }
        for span in evidence.spans {
            var bytes = [UInt8](repeating: 0, count: span.range.count)
            var union = ByteRanges()
            for passage in passages where passage.document == span.document {
                let part = passage.bytes.clamped(to: span.range)
                guard !part.isEmpty else { continue }
                union.insert(part)
                let text = Array(passage.text.utf8)
                for place in part { bytes[place - span.range.lowerBound] = text[place - passage.start] }
            }
            for range in union.ranges {
                let low = range.lowerBound - span.range.lowerBound
                covered += Self.count(bytes[low..<low + range.count])
            }
        }
    }

    /// The tokens of a text.
    static func count(_ utf8: some Sequence<UInt8>) -> Int {
        var count = 0
        var isInWord = false
        for scalar in String(decoding: Array(utf8), as: UTF8.self).unicodeScalars {
            let isWord = scalar.properties.isAlphabetic || scalar.properties.numericType != nil
            if isWord {
                if !isInWord { count += 1 }
            } else if !scalar.properties.isWhitespace {
                count += 1
            }
            isInWord = isWord
        }
        return count
    }
}
