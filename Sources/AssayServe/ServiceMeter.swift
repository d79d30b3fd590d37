import AssayModel
import AssayPipeline
import AssayTelemetry
import HTTPTypes

/// What a service counts of itself; the names are the telemetry's table.
final class ServiceMeter: Sendable {
    let registry = MetricRegistry()
    private let pipeline: String

    init(pipeline: String) {
        self.pipeline = pipeline
        registry.set(ServiceMetrics.buildInfo, 1, Assay.version, pipeline)
        registry.readProcess()
    }

    /// A request was answered, its body included.
    func request(_ method: String, _ route: String, status: Int, since start: ContinuousClock.Instant) {
        registry.observe(ServiceMetrics.requestDuration, seconds(since: start), method, route, "\(status)")
    }

    /// A request was turned away.
    func rejection(_ failure: Failure) {
        guard let code = failure.code, let reason = Self.reasons[code] else { return }
        registry.add(ServiceMetrics.rejections, 1, reason)
    }

    private static let reasons = [
        "queue_full": "queue_full", "deadline_exceeded": "deadline", "draining": "draining",
        "engine_unavailable": "breaker_open", "request_limit": "rate_limit", "token_limit": "token_limit",
        "invalid_api_key": "key", "missing_scope": "scope", "body_too_large": "too_large", "invalid_json": "malformed",
    ]

    /// Passages were found for a question.
    func retrieved(_ passages: [RetrievedChunk], _ stages: [StageTime]) {
        registry.observe(ServiceMetrics.retrievedDocuments, Double(passages.count))
        if let best = passages.first { registry.observe(ServiceMetrics.topScore, best.score) }
        self.stages(stages)
    }

    private func stages(_ stages: [StageTime]) {
        for time in stages where ["rewrite", "embed", "search", "generate"].contains(time.stage) {
            registry.observe(ServiceMetrics.stageDuration, time.milliseconds / 1_000, time.stage)
        }
    }

    /// A question was answered.
    ///
    /// - Parameters:
    ///   - served: The answer.
    ///   - engine: Model of the engine, for labels.
    ///   - start: When the question came.
    ///   - first: When the first piece of the answer came, nil for stored answers.
    ///   - stages: Times of the answer.
    func answered(
        _ served: Served,
        engine: String,
        since start: ContinuousClock.Instant,
        first: ContinuousClock.Instant?,
        _ stages: [StageTime]
    ) {
        let outcome = served.degraded != nil ? "degraded" : served.abstained ? "refused" : "answered"
        registry.add(ServiceMetrics.answers, 1, pipeline, outcome)
        registry.observe(ServiceMetrics.serverDuration, seconds(since: start), "chat", engine, "")
        registry.observe(ServiceMetrics.contextTokens, Double(served.passages.reduce(0) { $0 + $1.tokens }))
        self.stages(stages)
        guard served.degraded == nil else { return }
        let isStored = stages.contains { $0.stage == "stored answer" }
        registry.add(ServiceMetrics.cacheRequests, 1, "answer", isStored ? "hit" : "miss")
        guard !isStored else { return }
        registry.observe(ServiceMetrics.tokenUsage, Double(served.usage.promptTokens), "chat", engine, "input")
        registry.observe(ServiceMetrics.tokenUsage, Double(served.usage.completionTokens), "chat", engine, "output")
        guard let first else { return }
        registry.observe(ServiceMetrics.timeToFirstToken, (first - start) / .seconds(1), engine)
        if served.usage.completionTokens > 1 {
            let each = seconds(since: first) / Double(served.usage.completionTokens - 1)
            registry.observe(ServiceMetrics.timePerOutputToken, each, engine)
        }
    }

    /// An engine wrote a query, new.
    func rewrote(_ usage: Usage, engine: String) {
        registry.observe(ServiceMetrics.tokenUsage, Double(usage.promptTokens), "chat", engine, "input")
        registry.observe(ServiceMetrics.tokenUsage, Double(usage.completionTokens), "chat", engine, "output")
    }

    /// A question ended without an answer.
    ///
    /// Who is turned away, by a full queue or for a request of his own making, did not meet a failure of the service.
    func failed(_ error: any Error, engine: String, since start: ContinuousClock.Instant) {
        let failure = Failure(error)
        let isRejected = failure.status.kind == .clientError || failure.code == "draining"
        let outcome = error is CancellationError ? "cancelled" : isRejected ? "rejected" : "failed"
        registry.add(ServiceMetrics.answers, 1, pipeline, outcome)
        let kind = outcome == "cancelled" ? "cancelled" : failure.code ?? "error"
        registry.observe(ServiceMetrics.serverDuration, seconds(since: start), "chat", engine, kind)
    }

    /// An engine was asked, or a stored answer of it found.
    func asked(_ answered: Answered) {
        if answered.neutralised > 0 { registry.add(ServiceMetrics.neutralisedTokens, Double(answered.neutralised)) }
        if answered.cost > 0, let engine = answered.engine { registry.add(ServiceMetrics.cost, answered.cost, engine) }
    }

    /// A request had to wait so long for a slot of the engine.
    func waited(_ time: Duration) {
        registry.observe(ServiceMetrics.queueWait, time / .seconds(1))
    }

    private func seconds(since start: ContinuousClock.Instant) -> Double { (ContinuousClock.now - start) / .seconds(1) }
}

extension Service {
    /// Readings that are taken when somebody looks.
    func meterReadings() {
        meter.registry.onRead { [weak self] registry in
            guard let self else { return }
            registry.set(ServiceMetrics.activeRequests, Double(activeRequests))
            registry.set(ServiceMetrics.indexGeneration, Double(live.opened.generation))
            registry.set(ServiceMetrics.indexChunks, Double(live.opened.chunks))
            registry.set(ServiceMetrics.indexDocuments, Double(live.opened.documents))
            registry.set(
                ServiceMetrics.queueDepth,
                Double(guards.all.reduce(0) { $0 + $1.guards.admission.counts.waiting })
            )
            for (engine, guards) in guards.all {
                registry.set(ServiceMetrics.inFlight, Double(guards.admission.counts.inFlight), engine)
                registry.set(ServiceMetrics.engineRetries, Double(guards.retries.counts.made), engine)
                let state = guards.breaker.position.name
                for name in CircuitBreaker.Position.names {
                    registry.set(ServiceMetrics.breakerState, name == state ? 1 : 0, engine, name)
                }
            }
        }
    }
}

extension CircuitBreaker.Position {
    /// All names that metrics have.
    fileprivate static let names = ["closed", "open", "half_open"]
    fileprivate var name: String {
        switch self {
        case .closed: "closed"
        case .open: "open"
        case .trying: "half_open"
        }
    }
}
