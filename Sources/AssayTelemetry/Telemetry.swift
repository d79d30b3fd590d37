import AssayHTTP
package import AssayModel

/// A program's telemetry: one tracer and where its spans go.
package struct Telemetry: Sendable {
    /// What a person asked for on the command line.
    package struct Options: Sendable {
        /// File for spans as OTLP JSON lines.
        package var file: String?
        package var profile = AttributeProfile.genai
        /// Exports texts; `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` can ask for it too.
        package var capturesContent = false
        /// Phoenix's URL, for annotations.
        package var phoenix: String?

        package init() {}
    }

    /// Makes the spans.
    package let tracer: SpanTracer
    /// Sends spans, nil where no endpoint is set.
    package let export: ExportSink?
    private let phoenix: PhoenixSink?

    /// Starts what options and variables ask for; nil when nobody asks: then no tracer is installed and spans cost nothing.
    ///
    /// - Parameters:
    ///   - options: Of the command line.
    ///   - environment: Variables of the process (`OTEL_…`, `PHOENIX_API_KEY`).
    ///   - version: Assay's version.
    ///   - clock: Clocks of schedules and retries.
    ///   - seed: Seed of ids and jitter.
    /// - Throws: `AssayError` "trace.file", "telemetry.variable".
    package init?(
        _ options: Options,
        environment: [String: String],
        version: String,
        clock: WaitingClock = .system,
        seed: UInt64
    ) throws {
        let isDisabled = environment["OTEL_SDK_DISABLED"]?.lowercased() == "true"
        let traces = try ExportSettings(.traces, environment: environment)
        guard options.file != nil || traces != nil || (options.phoenix != nil && !isDisabled) else { return nil }
        if options.phoenix != nil, traces == nil {
            throw AssayError(
                "telemetry.phoenix",
                "annotations need the spans that they belong to, and no spans are exported",
                remedy: "set OTEL_EXPORTER_OTLP_ENDPOINT to Phoenix's URL too"
            )
        }
        let shaping = SpanShaping(
            options.profile,
            capturesContent: options.capturesContent || Self.asksForContent(environment)
        )
        var resource = try TelemetryResource(environment: environment, version: version)
        resource.name(options.profile)
        var sinks: [any SpanSink] = []
        if let file = options.file { sinks.append(try FileSink(path: file, shaping: shaping, resource: resource)) }
        if let traces {
            let client = try HTTPClient()
            let export = ExportSink(
                traces: traces,
                logs: try ExportSettings(.logs, environment: environment),
                shaping: shaping,
                resource: resource,
                client: client,
                clock: clock,
                seed: seed
            )
            self.export = export
            sinks.append(export)
            phoenix = options.phoenix.map {
                PhoenixSink(
                    url: $0,
                    key: environment["PHOENIX_API_KEY"],
                    shaping: shaping,
                    client: client,
                    clock: clock,
                    seed: seed &+ 2
                )
            }
            if let phoenix { sinks.append(phoenix) }
        } else {
            export = nil
            phoenix = nil
        }
        tracer = SpanTracer(sinks: sinks, sampler: try Sampler(environment: environment), seed: seed)
    }

    /// Sends what is left, spans before their annotations.
    ///
    /// - Returns: Sentences for a person where something was lost; nothing when all went well.
    package func finish() async -> [String] {
        var notices: [String] = []
        func tell(_ what: String, lost: Int, _ failure: String?) {
            guard lost > 0 else { return }
            notices.append("telemetry: \(lost) \(what) were lost" + (failure.map { ": \($0)" } ?? ""))
        }
        if let outcome = await export?.close() {
            tell("spans", lost: outcome.spans.dropped + outcome.spans.rejected, outcome.spans.failure)
            if let events = outcome.events {
                tell("evaluation events", lost: events.dropped + events.rejected, events.failure)
            }
        }
        if let outcome = await phoenix?.close() {
            tell("annotations", lost: outcome.dropped, outcome.failure)
        }
        return notices
    }

    private static func asksForContent(_ environment: [String: String]) -> Bool {
        let value = environment["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"]?.lowercased() ?? ""
        return ["true", "1", "span_only", "span_and_event"].contains(value)
    }
}

extension TelemetryResource {
    /// Says which table named the attributes, and gives Phoenix its project.
    mutating func name(_ profile: AttributeProfile) {
        attributes.append(Attribute("assay.telemetry.profile", profile.versioned))
        let project = "openinference.project.name"
        if profile == .openinference, !attributes.contains(where: { $0.key == project }),
            let service = attributes.first(where: { $0.key == "service.name" })
        {
            attributes.append(Attribute(project, service.value))
        }
        attributes.sort { $0.key < $1.key }
    }
}
