/// The metrics of the service, all of them; dashboards, alert rules and the page on telemetry are tested against this table.
///
/// Names and buckets that begin with `gen_ai.` and `http.` are OpenTelemetry's; `process.` ones are Prometheus's own convention.
package enum ServiceMetrics {
    // MARK: requests

    package static let requestDuration = MetricDefinition(
        "http.server.request.duration",
        .histogram,
        unit: .seconds,
        help: "Time from the first byte of a request to the last byte of its response",
        labels: ["http.request.method", "http.route", "http.response.status_code"],
        buckets: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60]
    )
    package static let activeRequests = MetricDefinition(
        "http.server.active_requests",
        .gauge,
        help: "Requests that are being answered"
    )
    package static let answers = MetricDefinition(
        "assay.answers",
        .counter,
        help: "Questions by how they ended",
        labels: [
            "assay.pipeline",
            .init("assay.outcome", ["answered", "refused", "degraded", "failed", "rejected", "cancelled"]),
        ]
    )
    package static let feedback = MetricDefinition(
        "assay.feedback",
        .counter,
        help: "Judgements of users",
        labels: [.init("assay.rating", ["up", "down"])]
    )

    // MARK: engines

    package static let operationDuration = MetricDefinition(
        "gen_ai.client.operation.duration",
        .histogram,
        unit: .seconds,
        help: "Time of one call of an engine, with its retries",
        labels: ["gen_ai.operation.name", "gen_ai.request.model", "error.type"],
        buckets: longBuckets
    )
    package static let tokenUsage = MetricDefinition(
        "gen_ai.client.token.usage",
        .histogram,
        help: "Tokens of one call of an engine",
        labels: [
            "gen_ai.operation.name", "gen_ai.request.model", .init("gen_ai.token.type", ["input", "output"]),
        ],
        buckets: tokenBuckets
    )
    package static let timeToFirstToken = MetricDefinition(
        "gen_ai.server.time_to_first_token",
        .histogram,
        unit: .seconds,
        help: "Time from a question's arrival to the first token of its answer",
        labels: ["gen_ai.request.model"],
        buckets: [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
    )
    package static let timePerOutputToken = MetricDefinition(
        "gen_ai.server.time_per_output_token",
        .histogram,
        unit: .seconds,
        help: "Time of each token of an answer after its first",
        labels: ["gen_ai.request.model"],
        buckets: [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5]
    )
    package static let serverDuration = MetricDefinition(
        "gen_ai.server.request.duration",
        .histogram,
        unit: .seconds,
        help: "Time from a question's arrival to the last token of its answer",
        labels: ["gen_ai.operation.name", "gen_ai.request.model", "error.type"],
        buckets: longBuckets
    )
    package static let engineRetries = MetricDefinition(
        "assay.engine.retries",
        .counter,
        help: "Second and later tries of engine calls",
        labels: ["assay.engine"]
    )
    package static let breakerState = MetricDefinition(
        "assay.engine.breaker.state",
        .gauge,
        help: "1 for the state that an engine's circuit breaker is in",
        labels: ["assay.engine", .init("assay.state", ["closed", "open", "half_open"])]
    )
    package static let cost = MetricDefinition(
        "assay.cost",
        .counter,
        help: "What engines cost, in the unit of the prices in engines.yaml",
        labels: ["assay.engine"]
    )
    package static let neutralisedTokens = MetricDefinition(
        "assay.prompt.neutralised_tokens",
        .counter,
        help: "Literals of control tokens that were broken in retrieved texts and questions"
    )

    // MARK: stages

    package static let stageDuration = MetricDefinition(
        "assay.stage.duration",
        .histogram,
        unit: .seconds,
        help: "Time of one stage of a question",
        labels: [
            .init(
                "assay.stage",
                ["rewrite", "embed", "search", "fuse", "rerank", "retrieve", "prompt", "generate", "judge"]
            )
        ],
        buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
    )
    package static let retrievedDocuments = MetricDefinition(
        "assay.retrieval.documents",
        .histogram,
        help: "Passages retrieved for a question",
        buckets: [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
    )
    package static let topScore = MetricDefinition(
        "assay.retrieval.top_score",
        .histogram,
        unit: .ratio,
        help: "Score of a question's best passage",
        buckets: [0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 2, 5, 10, 20, 50]
    )
    package static let contextTokens = MetricDefinition(
        "assay.context.tokens",
        .histogram,
        help: "Tokens of the passages in a prompt",
        buckets: [0, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536]
    )
    package static let cacheRequests = MetricDefinition(
        "assay.cache.requests",
        .counter,
        help: "Finished work that was looked for",
        labels: [
            .init("assay.cache", ["answer", "embedding", "retrieval", "judge", "prefix"]),
            .init("assay.result", ["hit", "miss"]),
        ]
    )

    // MARK: admission

    package static let queueDepth = MetricDefinition(
        "assay.queue.depth",
        .gauge,
        help: "Questions that wait for a slot of the engine"
    )
    package static let inFlight = MetricDefinition(
        "assay.engine.in_flight",
        .gauge,
        help: "Questions that an engine is answering",
        labels: ["assay.engine"]
    )
    package static let queueWait = MetricDefinition(
        "assay.queue.wait.duration",
        .histogram,
        unit: .seconds,
        help: "Time that a question waited for a slot",
        buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
    )
    package static let rejections = MetricDefinition(
        "assay.rejections",
        .counter,
        help: "Requests that were turned away, by reason",
        labels: [
            .init(
                "assay.reason",
                [
                    "queue_full", "predicted_wait", "deadline", "draining", "breaker_open", "rate_limit", "token_limit",
                    "key", "scope", "too_large", "malformed",
                ]
            )
        ]
    )

    // MARK: index

    package static let indexGeneration = MetricDefinition(
        "assay.index.generation",
        .gauge,
        help: "Number of the generation that answers"
    )
    package static let indexChunks = MetricDefinition(
        "assay.index.chunks",
        .gauge,
        help: "Live chunks of the generation that answers"
    )
    package static let indexDocuments = MetricDefinition(
        "assay.index.documents",
        .gauge,
        help: "Documents of the generation that answers"
    )
    package static let ingestedDocuments = MetricDefinition(
        "assay.ingest.documents",
        .counter,
        help: "Documents sent to the service",
        labels: [.init("assay.result", ["added", "replaced", "deleted", "unchanged", "failed"])]
    )

    // MARK: online evaluation

    package static let onlineScore = MetricDefinition(
        "assay.online.score",
        .histogram,
        unit: .ratio,
        help:
            "Scores of the sampled answers that a judge has read; faithfulness below a threshold is the hallucination rate",
        labels: ["gen_ai.evaluation.name"],
        buckets: [0, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 1]
    )
    package static let onlineJudged = MetricDefinition(
        "assay.online.judged",
        .counter,
        help: "Sampled answers by what became of their judgement",
        labels: [
            "gen_ai.evaluation.name", .init("assay.result", ["scored", "not_scored", "not_applicable", "dropped"]),
        ]
    )

    // MARK: the program

    package static let telemetrySpans = MetricDefinition(
        "assay.telemetry.spans",
        .counter,
        help: "Spans by what became of them",
        labels: [.init("assay.result", ["exported", "dropped", "rejected"])]
    )
    package static let buildInfo = MetricDefinition(
        "assay.build.info",
        .gauge,
        help: "1; the labels say what runs",
        labels: ["assay.version", "assay.pipeline"]
    )
    package static let startTime = MetricDefinition(
        "process.start_time",
        .gauge,
        unit: .seconds,
        help: "When the process started, in seconds since 1970"
    )
    package static let processorTime = MetricDefinition(
        "process.cpu",
        .counter,
        unit: .seconds,
        help: "Processor time of the process, user and system"
    )
    package static let residentMemory = MetricDefinition(
        "process.resident_memory",
        .gauge,
        unit: .bytes,
        help: "Memory of the process that is in RAM"
    )
    package static let openFiles = MetricDefinition(
        "process.open_fds",
        .gauge,
        help: "Open file descriptors of the process"
    )

    /// Every metric in the order in which it is exposed.
    package static let all: [MetricDefinition] = [
        requestDuration, activeRequests, answers, feedback,
        serverDuration, timeToFirstToken, timePerOutputToken, operationDuration, tokenUsage,
        engineRetries, breakerState, cost, neutralisedTokens,
        stageDuration, retrievedDocuments, topScore, contextTokens, cacheRequests,
        queueDepth, inFlight, queueWait, rejections,
        indexGeneration, indexChunks, indexDocuments, ingestedDocuments,
        onlineScore, onlineJudged,
        telemetrySpans, buildInfo, startTime, processorTime, residentMemory, openFiles,
    ]

    /// OpenTelemetry's advice for operations that take long.
    private static let longBuckets = [
        0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
    ]
    /// OpenTelemetry's advice for token counts: powers of 4, cut at a million.
    private static let tokenBuckets: [Double] = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262_144, 1_048_576]
}
