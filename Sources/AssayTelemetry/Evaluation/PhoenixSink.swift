package import AssayHTTP
package import AssayModel

/// Sends evaluation results to Phoenix as annotations: Phoenix takes spans over OTLP, but no log events.
///
/// Scores become annotations of the question's span; which passages hold gold evidence becomes annotations of the retriever's documents.
package final class PhoenixSink: SpanSink {
    /// One annotation.
    struct Annotation: Sendable {
        /// Path below the server's URL.
        var path: String
        var body: JSONValue
    }

    private let exporter: BatchExporter<Annotation>
    private let shaping: SpanShaping

    /// Starts the sink.
    ///
    /// - Parameters:
    ///   - url: The server, for example `http://127.0.0.1:6006`.
    ///   - key: Sent as a bearer token.
    ///   - shaping: Whether reasons are sent.
    ///   - client: Sends the requests.
    ///   - clock: Clocks of schedule and retries.
    ///   - seed: Decides the jitter of retries.
    package init(
        url: String,
        key: String?,
        shaping: SpanShaping,
        client: HTTPClient,
        clock: WaitingClock = .system,
        seed: UInt64
    ) {
        self.shaping = shaping
        let base = url.hasSuffix("/") ? String(url.dropLast()) : url
        let headers = key.map { [HTTPHeader("Authorization", "Bearer \($0)")] } ?? []
        // Phoenix takes its time with many annotations at once.
        let batching = ExportSettings.Batching(batch: 200)
        exporter = BatchExporter(batching, clock: clock) { batch in
            for path in Set(batch.map(\.path)).sorted() {
                let settings = ExportSettings(url: base + path, headers: headers, encoding: .json, batching: batching)
                let sender = ExportClient(settings, client: client, clock: clock, seed: seed)
                let data = batch.filter { $0.path == path }.map(\.body)
                _ = try await sender.post(Array(JSONValue.object(["data": .array(data)]).text.utf8))
            }
            return 0
        }
    }

    package func take(_ span: SpanRecord) {
        for result in EvaluationResult.all(of: span) { exporter.take(annotation(result)) }
        for annotation in documents(of: span) { exporter.take(annotation) }
    }

    /// Sends what is left; call it after the spans have been sent.
    @discardableResult
    package func close() async -> (sent: Int, dropped: Int, failure: String?) {
        let counts = await exporter.close()
        return (counts.exported, counts.dropped, counts.failure)
    }

    private func annotation(_ result: EvaluationResult) -> Annotation {
        var value: [String: JSONValue] = ["label": .string(result.state)]
        if let score = result.value { value["score"] = .double(score) }
        if shaping.capturesContent, let reason = result.reason {
            value["explanation"] = .string(shaping.redacted(reason))
        }
        var body: [String: JSONValue] = [
            "span_id": .string(hex(result.evaluated.span)), "name": .string(result.name),
            "annotator_kind": .string(result.annotator), "result": .object(value), "identifier": "assay",
        ]
        if let question = result.question { body["metadata"] = ["question": .string(question)] }
        return Annotation(path: "/v1/span_annotations", body: .object(body))
    }

    private func documents(of span: SpanRecord) -> [Annotation] {
        guard let relevance = span[TraceKey.documentRelevance]?.numbers else { return [] }
        return relevance.enumerated().map { position, value in
            Annotation(
                path: "/v1/document_annotations",
                body: [
                    "span_id": .string(hex(span.identity.span)), "document_position": .int(position),
                    "name": "gold_evidence", "annotator_kind": "CODE",
                    "result": ["score": .double(value), "label": value > 0 ? "relevant" : "irrelevant"],
                ]
            )
        }
    }
}
