package import AssayEval
import AssayModel

/// Labelled answers as samples that metrics can score.
struct LabelledRows: Sendable {
    let answers: [LabelledAnswer]
    let samples: [Sample]
    /// Cluster of each row: its document, or where none is named its contexts.
    let clusters: [Int]
    /// Rows whose contexts were cut.
    let cut: Int

    init(_ answers: [LabelledAnswer], contextLimit: Int?) {
        self.answers = answers
        var numbers: [String: Int] = [:]
        clusters = answers.map { answer in
            let key = answer.document ?? SHA256.hex(answer.contexts.joined(separator: "\n"))
            let number = numbers[key] ?? numbers.count
            numbers[key] = number
            return number
        }
        var cut = 0
        samples = answers.map { answer in
            var room = contextLimit ?? .max
            var chunks: [RetrievedChunk] = []
            let whole = answer.contexts.reduce(0) { $0 + $1.count }
            for (number, text) in answer.contexts.enumerated() where room > 0 {
                let kept = String(text.prefix(room))
                room -= kept.count
                chunks.append(Self.passage(number, kept, of: answer))
            }
            if whole > contextLimit ?? .max { cut += 1 }
            return Self.sample(answer, chunks)
        }
        self.cut = cut
    }

    /// Lowest and highest value of a label: 0…1, or what the rows have.
    func scale(of label: String) -> ClosedRange<Int> {
        let values = answers.compactMap { $0.labels[label] }
        guard let low = values.min(), let high = values.max(), low < 0 || high > 1 else { return 0...1 }
        return low...max(high, low + 1)
    }

    private static func passage(_ number: Int, _ text: String, of answer: LabelledAnswer) -> RetrievedChunk {
        RetrievedChunk(
            id: "context-\(number + 1)",
            document: answer.document ?? "contexts of \(answer.id)",
            start: 0,
            end: text.utf8.count,
            score: 1 / Double(number + 1),
            tokens: max(1, text.utf8.count / 4),
            text: text
        )
    }

    private static func sample(_ answer: LabelledAnswer, _ chunks: [RetrievedChunk]) -> Sample {
        // A row without labelled evidence would count as unanswerable: the passages stand for it.
        let evidence = Dictionary(chunks.map { ($0.document, 1) }) { first, _ in first }
        return Sample(
            question: Question(
                id: answer.id,
                question: answer.question,
                reference: answer.reference,
                qrels: evidence
            ),
            goldSpans: [],
            retrieved: chunks,
            contextCount: chunks.count,
            answer: Answer(
                text: answer.answer,
                abstained: false,
                finish: .stop,
                usage: Usage(promptTokens: 0, completionTokens: 0)
            )
        )
    }
}

/// Scores beside labels, and what follows from them.
package struct LabelComparison: Sendable, Codable, Equatable {
    /// Agreement over the rows with a score and a label.
    package var agreement: Agreement
    /// Rows with a label that could not be scored.
    package var notScored: Int
    /// Rows with a label to which the metric does not apply.
    package var notApplicable: Int
    /// The mean of the labels, estimated from a part of them and all scores, on 0…1; nil with too few rows.
    package var corrected: PredictionPoweredMean?

    init(
        _ rows: LabelledRows,
        _ values: [Double?],
        states: [Score],
        label: String,
        range: ClosedRange<Double>,
        scale: ClosedRange<Int>,
        part: Int,
        seed: UInt64
    ) {
        var pairs: [ScoredLabel] = []
        var unlabelled: [Double] = []
        notScored = 0
        notApplicable = 0
        let width = Double(scale.upperBound - scale.lowerBound)
        for (place, answer) in rows.answers.enumerated() {
            let score = values[place].map { value in
                min(1, max(0, (value - range.lowerBound) / (range.upperBound - range.lowerBound)))
            }
            guard let grade = answer.labels[label] else {
                if let score { unlabelled.append(score) }
                continue
            }
            if let score {
                pairs.append(ScoredLabel(score: score, label: Double(grade), cluster: rows.clusters[place]))
            } else if case .notApplicable = states[place] {
                notApplicable += 1
            } else {
                notScored += 1
            }
        }
        agreement = Agreement(pairs, scale: scale, seed: seed)
        var labelled = pairs
        if unlabelled.isEmpty, part < pairs.count {
            var random = SeededRandom(seed: seed)
            let order = random.shuffled(Array(pairs.indices))
            labelled = order.prefix(part).sorted().map { pairs[$0] }
            unlabelled = order.dropFirst(part).sorted().map { pairs[$0].score }
        }
        corrected = PredictionPoweredMean(
            labelled: labelled.map { (($0.label - Double(scale.lowerBound)) / width, $0.score) },
            unlabelled: unlabelled
        )
    }
}
