import AssayModel

@testable import AssayReport

// The questions of the small record: every state, and hostile text.

extension SampleRecords {
    static let passage =
        "Größe zählt: ein Wort 🧮 vor dem Beleg. The cache grows by 0.5 MiB a token. Then the text goes on."

    static func chunk(_ document: String, _ start: Int, _ text: String, _ score: Double) -> RetrievedChunk {
        RetrievedChunk(
            id: "\(document)#\(start)-\(start + text.utf8.count)",
            document: document,
            start: start,
            end: start + text.utf8.count,
            score: score,
            tokens: text.utf8.count / 4,
            text: text
        )
    }

    static let retrieved = [
        chunk("models/kv-cache.md", 100, passage, 0.812_345),
        chunk("models/\(hostile).md", 0, hostile, 0.5),
        chunk("environment/gpu-drivers.md", 40, "A passage\nof two lines <b>that look like markup</b>.", -0.25),
    ]

    /// The sentence about the cache within `passage`, which stands at byte 100 of its document.
    static let span: GoldSpan = {
        let before = passage.prefix(upTo: passage.firstIndex(of: "T") ?? passage.startIndex).utf8.count
        return GoldSpan(document: "models/kv-cache.md", start: 100 + before, end: 100 + before + 35)
    }()

    static let rows: [QuestionResult] = [
        QuestionResult(
            sample: Sample(
                question: Question(
                    id: "A-001",
                    question: "How fast does the cache grow?",
                    reference: "By 0.5 MiB a token.",
                    gold: [GoldQuote(document: "models/kv-cache.md", quote: "The cache grows by 0.5 MiB a token.")],
                    tags: ["fact", "kv-cache"]
                ),
                goldSpans: [span],
                retrieved: retrieved,
                contextCount: 2,
                answer: Answer(
                    text: "Größe: 0.5 MiB a token [1], says [9].",
                    citations: [
                        Citation(number: 1, start: 25, end: 28, chunk: retrieved[0].id),
                        Citation(number: 9, start: 35, end: 38, chunk: nil),
                    ],
                    abstained: false,
                    finish: .stop,
                    usage: Usage(promptTokens: 901, completionTokens: 17)
                )
            ),
            scores: [
                "span_recall@5": MetricResult(.scored(1)), "mrr": MetricResult(.scored(1)),
                "token_f1": MetricResult(.scored(0.615_384_615), details: ["precision": 0.5, "recall": 0.8]),
                "faithfulness": MetricResult(
                    .scored(0.5),
                    details: [
                        "statements": [
                            ["statement": "It grows by 0.5 MiB.", "verdict": true, "reason": "Passage 1 says so."],
                            ["statement": .string(hostile), "verdict": false, "reason": "No passage does."],
                        ]
                    ]
                ),
                "latency|s": MetricResult(.scored(42.3 / 3)), "extra": MetricResult(.scored(0.123_456)),
            ]
        ),
        QuestionResult(
            sample: Sample(
                question: Question(
                    id: "A-002",
                    question: hostile,
                    reference: "Nobody knows. https://evil.example/?a=1",
                    gold: [GoldQuote(document: "models/kv-cache.md", quote: "not found anywhere")],
                    tags: ["fact", "<img src=x onerror=alert(1)>"]
                ),
                goldSpans: [GoldSpan(document: "models/kv-cache.md", start: 5_000, end: 5_040)],
                retrieved: retrieved,
                contextCount: 1,
                answer: Answer(
                    text: hostile,
                    abstained: false,
                    finish: .length,
                    usage: Usage(promptTokens: 880, completionTokens: 128)
                )
            ),
            scores: [
                "span_recall@5": MetricResult(.scored(0)), "mrr": MetricResult(.scored(0)),
                "token_f1": MetricResult(.scored(0)),
                "faithfulness": MetricResult(.notScored(reason: "the judge's reply was cut")),
                "latency|s": MetricResult(.scored(20.333)),
            ]
        ),
        QuestionResult(
            sample: Sample(
                question: Question(
                    id: "B-007",
                    question: "Which driver fits?",
                    gold: [GoldQuote(document: "environment/gpu-drivers.md", quote: "of two lines")],
                    tags: ["procedure"]
                ),
                goldSpans: [GoldSpan(document: "environment/gpu-drivers.md", start: 50, end: 62)],
                retrieved: retrieved,
                contextCount: 3
            ),
            scores: [
                "span_recall@5": MetricResult(.scored(1)), "mrr": MetricResult(.scored(1.0 / 3)),
                "token_f1": MetricResult(.notScored(reason: "there is no answer")),
                "faithfulness": MetricResult(.notScored(reason: "there is no answer")),
            ],
            failure: "engine.timeout: no token within 60 s \u{1B}[2Jfrom the engine"
        ),
        QuestionResult(
            sample: Sample(
                question: Question(
                    id: "C-001",
                    question: "What does it cost in 2031?",
                    tags: ["unanswerable", "prices"]
                ),
                goldSpans: [],
                retrieved: retrieved,
                contextCount: 2,
                answer: Answer(
                    text: "The documents do not answer this question.",
                    abstained: true,
                    finish: .stop,
                    usage: Usage(promptTokens: 870, completionTokens: 9)
                )
            ),
            scores: [
                "span_recall@5": MetricResult(.notApplicable(reason: "the question is unanswerable")),
                "mrr": MetricResult(.notApplicable(reason: "the question is unanswerable")),
            ]
        ),
        QuestionResult(
            sample: Sample(
                question: Question(
                    id: "D-001",
                    question: "日本語の質問ですか？",
                    qrels: ["models/kv-cache.md": 2, "other.md": 1]
                ),
                goldSpans: [],
                retrieved: retrieved,
                contextCount: 0
            ),
            scores: [
                "span_recall@5": MetricResult(.notApplicable(reason: "there are no quotes")),
                "mrr": MetricResult(.scored(1)),
            ]
        ),
    ]
}
