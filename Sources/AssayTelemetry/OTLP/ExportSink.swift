package import AssayHTTP
package import AssayModel

/// Sends spans, and the events made of them, over OTLP/HTTP.
package final class ExportSink: SpanSink {
    /// What became of spans and events.
    package struct Outcome: Sendable, Equatable {
        package var spans: BatchExporter<SpanRecord>.Counts
        package var events: BatchExporter<EventRecord>.Counts?
    }

    private let shaping: SpanShaping
    private let spans: BatchExporter<SpanRecord>
    private let events: BatchExporter<EventRecord>?

    /// Starts exporting.
    ///
    /// - Parameters:
    ///   - traces: Where spans go.
    ///   - logs: Where `gen_ai.evaluation.result` events go, nil for nowhere.
    ///   - shaping: Names and content of what is sent.
    ///   - resource: The program.
    ///   - client: Sends the requests.
    ///   - clock: Clocks of schedule and retries.
    ///   - seed: Decides the jitter of retries.
    package init(
        traces: ExportSettings,
        logs: ExportSettings?,
        shaping: SpanShaping,
        resource: TelemetryResource,
        client: HTTPClient,
        clock: WaitingClock = .system,
        seed: UInt64
    ) {
        self.shaping = shaping
        let sender = ExportClient(traces, client: client, clock: clock, seed: seed)
        spans = BatchExporter(traces.batching, clock: clock) { batch in
            let body = traces.encoding.traces(batch.map(shaping.shape), resource)
            return rejectedItems(try await sender.post(body), traces.encoding)
        }
        events = logs.map { logs in
            let sender = ExportClient(logs, client: client, clock: clock, seed: seed &+ 1)
            return BatchExporter(logs.batching, clock: clock) { batch in
                let body = logs.encoding.logs(batch, resource)
                return rejectedItems(try await sender.post(body), logs.encoding)
            }
        }
    }

    package func take(_ span: SpanRecord) {
        spans.take(span)
        guard let events else { return }
        for result in EvaluationResult.all(of: span) { events.take(result.event(shaping)) }
    }

    /// Spans so far.
    package var counts: BatchExporter<SpanRecord>.Counts { spans.counts }

    /// Sends what is left.
    @discardableResult
    package func close() async -> Outcome {
        async let sent = spans.close()
        let told = await events?.close()
        return Outcome(spans: await sent, events: told)
    }
}
