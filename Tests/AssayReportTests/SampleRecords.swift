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

    static let leftOut: [LeftOut] =
        (1...7).map { LeftOut(file: "empty-\($0).md", code: "empty", reason: "empty-\($0).md holds no text") } + [
            LeftOut(
                file: "\u{1B}]0;owned\u{07}scan<b>.pdf",
                code: "too-large",
                reason: "scan<b>.pdf has 81,000,000 bytes; 64 MiB are allowed"
            )
        ]

    static let stripped: StrippedCharacters = {
        var counts = StrippedCharacters()
        counts.zeroWidth = 4
        counts.tags = 1_200
        return counts
    }()

    static func summary(_ definition: MetricDefinition, _ rows: [QuestionResult]) -> MetricSummary {
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
}
