import AssayModel
import AssayPipeline
import AssayTelemetry
import HTTPTypes
import Hummingbird

extension Service {
    /// Whether requests would be answered now: a generation is open, the engine has answered, its queue has room, nothing is ending.
    func readiness() -> Response {
        // The queue that users stand in is that of the first engine; one engine that works is enough to answer.
        let counts = live.session.engineNames.first.flatMap { guards[$0] }?.admission.counts
        var reasons: [JSONValue] = []
        if isDraining { reasons.append("draining") }
        if !isEngineReady { reasons.append("the engine is not ready") }
        let engines = guards.all
        if !engines.isEmpty, engines.allSatisfy({ $0.guards.breaker.position != .closed }) {
            reasons.append(engines.count == 1 ? "the engine fails" : "all engines fail")
        }
        if let counts, counts.waiting >= options.queue { reasons.append("the queue is full") }
        let body: JSONValue = [
            "status": reasons.isEmpty ? "ready" : "not ready", "reasons": .array(reasons),
            "generation": .int(live.opened.generation), "in_flight": .int(counts?.inFlight ?? 0),
            "waiting": .int(counts?.waiting ?? 0),
        ]
        return .json(body, status: reasons.isEmpty ? .ok : .serviceUnavailable)
    }

    /// What the service counts, as Prometheus reads it.
    func metrics(_ request: Request) -> Response {
        let format = MetricFormat(accept: request.headers[.accept])
        return Response(
            status: .ok,
            headers: [.contentType: format.contentType, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: meter.registry.text(format)))
        )
    }

    /// OpenAI's list of models: the pipeline, and its embedder where it has one.
    func models() -> Response {
        .json(["object": "list", "data": .array(modelNames.map(model(named:)))])
    }

    func oneModel(_ context: ServeContext) throws -> Response {
        let name = context.parameters.get("model") ?? ""
        guard modelNames.contains(name) else { throw Failure.noModel(name, known: modelNames) }
        return .json(model(named: name))
    }

    private var modelNames: [String] { [model] + (embeddingModel.map { [$0] } ?? []) }

    /// Name of the embedder, nil without one.
    var embeddingModel: String? { live.session.parts.embedderName }

    private func model(named name: String) -> JSONValue {
        ["id": .string(name), "object": "model", "created": 0, "owned_by": "assay"]
    }
}

extension Failure {
    static func noModel(_ name: String, known: [String]) -> Failure {
        Failure(
            status: .notFound,
            type: "invalid_request_error",
            code: "model_not_found",
            message: "there is no model '\(name.prefix(100))'; known: \(known.joined(separator: ", "))",
            param: "model"
        )
    }
}
