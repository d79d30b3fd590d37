import AssayModel

/// Made-up records: a small one with every state and hostile text, and one of any size.
enum SampleRecords {
    static let hostile =
        "</script><script>alert('x')</script> \u{1B}[31mred\u{1B}[0m & \"quoted\" \u{2028}line \u{202E}tfel `|*"

    static let metrics = [
        MetricDefinition(
            name: "span_recall@5",
            version: 1,
            formula: "gold bytes covered by the union of the top k / gold bytes",
            needs: [.spans]
        ),
        MetricDefinition(name: "mrr", version: 1, formula: "1 / rank of the first gold span found", needs: [.spans]),
        MetricDefinition(
            name: "token_f1",
            version: 2,
            formula: "2PR / (P + R) over normalised words (SQuAD)",
            needs: [.reference, .answer]
        ),
        MetricDefinition(
            name: "faithfulness",
            version: 1,
            formula: "supported statements / statements (Ragas)",
            needs: [.judge, .answer]
        ),
        MetricDefinition(
            name: "latency|s",
            version: 1,
            formula: "seconds to the whole answer",
            range: 0...30,
            higherIsBetter: false,
            needs: [.answer]
        ),
    ]

    static let small: RunRecord = {
        var questions = rows
        questions[1].attribution = .usedWrong
        questions[4].attribution = .notRetrieved
        let results = RunResults(
            pipeline: "handbook",
            specHash: "0f3c9d2ab45e6711",
            spec: ["assay": 1, "chunk": ["by": "headings", "tokens": 160], "note": .string(hostile)],
            corpus: CorpusSummary(
                name: "handbook",
                fingerprint: "9f2c41d07b7a55e1c0",
                documents: 34,
                chunks: 612,
                bytes: 1_234_567,
                tokens: 98_120,
                truncatedChunks: 2,
                leftOut: leftOut,
                stripped: stripped
            ),
            evalset: EvalsetSummary(
                name: "handbook",
                fingerprint: "77ab03",
                split: "dev",
                questions: 7,
                unanswerable: 1,
                answered: 5
            ),
            components: ["chunk": "headings/1", "embed": "all-MiniLM-L6-v2/1", "corpus": "markdown/1"],
            engine: EngineIdentity(
                name: "local",
                model: "SmolLM2-135M-Instruct",
                modelHash: "5a1395716f7913741cc51d98581b9b1228d80987a9f7d3664106742eb06bba83",
                mode: "strict",
                contextTokens: 2_048
            ),
            judge: EngineIdentity(
                name: "judge",
                model: "a-remote-model",
                modelHash: nil,
                mode: "remote",
                contextTokens: 0
            ),
            metrics: metrics.map { summary($0, questions) },
            questions: questions,
            neutralisedTokens: 3
        )
        return RunRecord(
            id: "20261122T213846-3f9a",
            status: .success,
            results: results,
            environment: environment,
            timings: RunTimings(
                stages: [
                    StageTiming(stage: "read", items: 34, reused: 0, seconds: 0.018_4),
                    StageTiming(stage: "embed", items: 612, reused: 600, seconds: 1.24, promptTokens: 98_120),
                    StageTiming(
                        stage: "answer",
                        items: 5,
                        reused: 1,
                        seconds: 183.6,
                        promptTokens: 4_310,
                        completionTokens: 402
                    ),
                    StageTiming(stage: "score", items: 35, reused: 0, seconds: 0.000_4),
                ],
                questions: [
                    "A-001": QuestionTiming(
                        retrieveMs: 3.25,
                        answer: CallTimings(firstTokenMs: 812.5, totalMs: 42_300)
                    ),
                    "A-002": QuestionTiming(retrieveMs: 4.5, answer: CallTimings(totalMs: 61_000)),
                    "A-003": QuestionTiming(retrieveMs: 2.75),
                ]
            )
        )
    }()

    static let environment = RunEnvironment(
        assay: "0.1.0",
        started: "2026-11-22T21:38:46Z",
        finished: "2026-11-22T21:42:01Z",
        processor: "AMD EPYC 7B13",
        cores: 2,
        memoryGiB: 23.5,
        system: "Debian GNU/Linux 12",
        libraries: ["faiss": "1.7.3 avx2", "blas": "openblas 0.3.21"]
    )

    private static let leftOut: [LeftOut] =
        (1...7).map { LeftOut(file: "empty-\($0).md", code: "empty", reason: "empty-\($0).md holds no text") } + [
            LeftOut(
                file: "\u{1B}]0;owned\u{07}scan<b>.pdf",
                code: "too-large",
                reason: "scan<b>.pdf has 81,000,000 bytes; 64 MiB are allowed"
            )
        ]

    private static let stripped: StrippedCharacters = {
        var counts = StrippedCharacters()
        counts.zeroWidth = 4
        counts.tags = 1_200
        return counts
    }()

    private static func summary(_ definition: MetricDefinition, _ rows: [QuestionResult]) -> MetricSummary {
        let scores = rows.compactMap { $0.scores[definition.name]?.score }
        let values = scores.compactMap(\.value)
        let mean = values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        let hasInterval = values.count > 1
        return MetricSummary(
            definition: definition,
            mean: mean,
            low: hasInterval ? mean.map { max(definition.range.lowerBound, $0 - 0.2) } : nil,
            high: hasInterval ? mean.map { min(definition.range.upperBound, $0 + 0.15) } : nil,
            scored: values.count,
            notScored: scores.count { if case .notScored = $0 { true } else { false } },
            notApplicable: scores.count { if case .notApplicable = $0 { true } else { false } },
            clusters: min(values.count, 3)
        )
    }

    // MARK: Questions

    private static let passage =
        "Größe zählt: ein Wort 🧮 vor dem Beleg. The cache grows by 0.5 MiB a token. Then the text goes on."

    private static func chunk(_ document: String, _ start: Int, _ text: String, _ score: Double) -> RetrievedChunk {
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

    private static let retrieved = [
        chunk("models/kv-cache.md", 100, passage, 0.812_345),
        chunk("models/\(hostile).md", 0, hostile, 0.5),
        chunk("environment/gpu-drivers.md", 40, "A passage\nof two lines <b>that look like markup</b>.", -0.25),
    ]

    /// The sentence about the cache within `passage`, which stands at byte 100 of its document.
    private static let span: GoldSpan = {
        let before = passage.prefix(upTo: passage.firstIndex(of: "T") ?? passage.startIndex).utf8.count
        return GoldSpan(document: "models/kv-cache.md", start: 100 + before, end: 100 + before + 35)
    }()

    private static let rows: [QuestionResult] = [
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

    // MARK: Any size

    /// A record of `questions` questions, `depth` passages each, over a corpus of 1,200 chunks of about 700 bytes.
    static func large(questions: Int, depth: Int = 100, seed: UInt64 = 7) -> RunRecord {
        var random = SeededRandom(seed: seed)
        let words =
            ("cache token batch kernel memory bandwidth latency driver tensor quantisation layer attention head prefix page block "
            + "throughput engine prompt window server request queue stream the a of and to in is with for when each per about")
            .split(separator: " ")
        func text(_ count: Int) -> String {
            (0..<count).map { _ in String(words[random.index(below: words.count)]) }.joined(separator: " ")
        }
        let kinds = ["fact", "fact", "comparison", "procedure", "multi-document", "unanswerable"]
        let pool = (0..<1_200).map { number in
            chunk("handbook/chapter-\(number / 40).md", (number % 40) * 700, text(105), 0)
        }
        let rows = (0..<questions).map { number -> QuestionResult in
            let kind = kinds[random.index(below: kinds.count)]
            let target = pool[random.index(below: pool.count)]
            let isAnswerable = kind != "unanswerable"
            var found = (0..<depth).map { rank in
                var chunk = pool[random.index(below: pool.count)]
                chunk.score = 0.9 - 0.7 * Double(rank) / Double(depth) - 0.005 * random.unit()
                if rank >= 10 { chunk.text = "" }
                return chunk
            }
            let place = random.index(below: 8)
            if isAnswerable, place < 5, place < depth {
                let score = found[place].score
                found[place] = target
                found[place].score = score
            }
            let hit = isAnswerable && place < 5
            let declined = !isAnswerable && random.index(below: 2) == 0
            let isFailed = number % 97 == 13
            let body = text(24) + " [1], " + text(9) + " [2]."
            let first = body.utf8.count - 4
            let answer =
                isFailed
                ? nil
                : Answer(
                    text: declined ? "The documents do not answer this question." : body,
                    citations: declined ? [] : [Citation(number: 2, start: first, end: first + 3, chunk: found[1].id)],
                    abstained: declined,
                    finish: number % 41 == 5 ? .length : .stop,
                    usage: Usage(promptTokens: 900, completionTokens: 44)
                )
            func score(_ value: Double) -> MetricResult { MetricResult(.scored(value)) }
            let none = MetricResult(.notApplicable(reason: "the question is unanswerable"))
            let missing = MetricResult(.notScored(reason: "there is no answer"))
            let verdicts = (0..<3).map { _ in
                [
                    "statement": .string(text(9)), "verdict": .bool(random.index(below: 3) > 0),
                    "reason": .string(text(12)),
                ] as JSONValue
            }
            return QuestionResult(
                sample: Sample(
                    question: Question(
                        id: "Q-\(String(repeating: "0", count: 4 - "\(number)".utf8.count))\(number)",
                        question: text(11) + "?",
                        reference: isAnswerable ? text(18) + "." : "The documents do not answer this question.",
                        gold: isAnswerable
                            ? [GoldQuote(document: target.document, quote: target.text.slice(bytes: 80..<240))] : [],
                        tags: [kind, "topic-\(random.index(below: 12))"]
                    ),
                    goldSpans: isAnswerable
                        ? [GoldSpan(document: target.document, start: target.start + 80, end: target.start + 240)] : [],
                    retrieved: found,
                    contextCount: min(4, depth),
                    answer: answer
                ),
                scores: [
                    "span_recall@5": isAnswerable ? score(hit ? 1 : random.unit() < 0.3 ? 0.5 : 0) : none,
                    "mrr": isAnswerable ? score(hit ? 1 / Double(place + 1) : 0) : none,
                    "token_f1": isFailed
                        ? missing : isAnswerable ? score(0.2 + 0.7 * random.unit() * random.unit()) : none,
                    "faithfulness": isFailed
                        ? missing
                        : MetricResult(
                            .scored(Double(random.index(below: 4)) / 3),
                            details: ["statements": .array(verdicts)]
                        ),
                    "latency|s": isFailed ? missing : score(1 + 9 * random.unit()),
                ],
                failure: isFailed ? "engine.timeout: no token within 60 s" : nil
            )
        }
        var record = small
        record.results.pipeline = "handbook-headings-160"
        record.results.questions = rows.map { row in
            var row = row
            if let f1 = row.scores["token_f1"]?.score.value, f1 < 0.25 { row.attribution = .usedWrong }
            return row
        }
        record.results.metrics = metrics.map { summary($0, rows) }
        record.results.evalset = EvalsetSummary(
            name: "handbook",
            fingerprint: "77ab03",
            split: "dev",
            questions: questions,
            unanswerable: rows.count { $0.sample.question.isUnanswerable },
            answered: questions
        )
        record.timings.questions = Dictionary(
            uniqueKeysWithValues: rows.map {
                (
                    $0.sample.question.id,
                    QuestionTiming(retrieveMs: 2, answer: CallTimings(firstTokenMs: 400, totalMs: 2_100))
                )
            }
        )
        return record
    }
}
