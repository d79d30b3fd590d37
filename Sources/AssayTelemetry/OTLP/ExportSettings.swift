package import AssayHTTP
import AssayModel

/// Where and how telemetry is exported: OpenTelemetry's variables.
///
/// Nothing is exported unless an endpoint is set. Headers may hold keys: they are never printed.
package struct ExportSettings: Sendable {
    /// What is exported over its own path.
    package enum Signal: String, Sendable {
        case traces
        case logs
    }

    /// Form of the request's body.
    package enum Encoding: String, Sendable {
        case protobuf = "http/protobuf"
        case json = "http/json"

        /// `ExportTraceServiceRequest` with these spans.
        package func traces(_ spans: [SpanRecord], _ resource: TelemetryResource) -> [UInt8] {
            self == .json ? OTLPJSON.traces(spans, resource) : OTLPProtobuf.traces(spans, resource)
        }

        /// `ExportLogsServiceRequest` with these events.
        func logs(_ events: [EventRecord], _ resource: TelemetryResource) -> [UInt8] {
            self == .json ? OTLPJSON.logs(events, resource) : OTLPProtobuf.logs(events, resource)
        }

        var contentType: String { self == .json ? "application/json" : "application/x-protobuf" }
    }

    /// Absolute URL that is posted to.
    package var url: String
    package var headers: [HTTPHeader]
    package var encoding: Encoding
    /// Time for one request.
    package var timeout: Duration
    package var batching: Batching

    /// How items are collected before they are sent (`OTEL_BSP_…`, for logs `OTEL_BLRP_…`).
    package struct Batching: Sendable {
        /// Items that wait at most; more are dropped and counted.
        ///
        /// OpenTelemetry's default is 2,048. An evaluation ends thousands of spans within a second, and its trace is wanted whole.
        package var queue = 65_536
        /// Items in one request at most.
        package var batch = 512
        /// Time after which fewer are sent.
        package var delay = Duration.seconds(5)
        /// Time for a batch with its retries, and for the flush at exit.
        package var exportTimeout = Duration.seconds(30)

        package init(batch: Int = 512) {
            self.batch = batch
        }
    }

    package init(
        url: String,
        headers: [HTTPHeader] = [],
        encoding: Encoding = .protobuf,
        timeout: Duration = .seconds(10),
        batching: Batching = Batching()
    ) {
        self.url = url
        self.headers = headers
        self.encoding = encoding
        self.timeout = timeout
        self.batching = batching
    }

    /// Reads the variables of a signal.
    ///
    /// Nil where nothing is to be exported: no endpoint, `OTEL_SDK_DISABLED=true`, or the signal's exporter is `none`.
    ///
    /// - Parameters:
    ///   - signal: What is exported.
    ///   - environment: Variables of the process.
    /// - Throws: `AssayError` "telemetry.variable" for a value that cannot be used; a wrong setting must not look like an empty back end.
    package init?(_ signal: Signal, environment: [String: String]) throws {
        let reader = VariableReader(environment: environment, signal: signal.rawValue.uppercased())
        guard environment["OTEL_SDK_DISABLED"]?.lowercased() != "true",
            environment["OTEL_\(reader.signal)_EXPORTER"] != "none"
        else { return nil }
        if let own = reader.text("OTEL_EXPORTER_OTLP_\(reader.signal)_ENDPOINT") {
            url = own
        } else if let base = reader.text("OTEL_EXPORTER_OTLP_ENDPOINT") {
            url = (base.hasSuffix("/") ? String(base.dropLast()) : base) + "/v1/" + signal.rawValue
        } else {
            return nil
        }
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            throw VariableReader.failure("OTEL_EXPORTER_OTLP_ENDPOINT", "is not an http or https URL")
        }
        let (name, list) = reader.specific("HEADERS")
        headers = try keyValueList(list ?? "", variable: name).map { HTTPHeader($0.key, $0.value) }
        let (protocolName, word) = reader.specific("PROTOCOL")
        guard let encoding = Encoding(rawValue: word ?? Encoding.protobuf.rawValue) else {
            throw VariableReader.failure(protocolName, "must be http/protobuf or http/json; gRPC is not spoken")
        }
        self.encoding = encoding
        timeout = try reader.milliseconds(reader.specific("TIMEOUT").name) ?? .seconds(10)
        batching = try Batching(environment, prefix: signal == .traces ? "OTEL_BSP" : "OTEL_BLRP")
    }
}

extension ExportSettings.Batching {
    fileprivate init(_ environment: [String: String], prefix: String) throws {
        let reader = VariableReader(environment: environment, signal: "")
        if let value = try reader.count(prefix + "_MAX_QUEUE_SIZE") { queue = value }
        if let value = try reader.count(prefix + "_MAX_EXPORT_BATCH_SIZE") { batch = value }
        if let value = try reader.milliseconds(prefix + "_SCHEDULE_DELAY") { delay = value }
        if let value = try reader.milliseconds(prefix + "_EXPORT_TIMEOUT") { exportTimeout = value }
        batch = min(batch, queue)
    }
}

extension Sampler {
    /// Reads `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`.
    ///
    /// - Throws: `AssayError` "telemetry.variable".
    package init(environment: [String: String]) throws {
        let name = "OTEL_TRACES_SAMPLER"
        var share = 1.0
        let word = environment[name].flatMap { $0.isEmpty ? nil : $0 } ?? "parentbased_always_on"
        switch word.hasPrefix("parentbased_") ? String(word.dropFirst(12)) : word {
        case "always_on": break
        case "always_off": share = 0
        case "traceidratio":
            guard let value = Double(environment[name + "_ARG"] ?? "1"), (0...1).contains(value) else {
                throw VariableReader.failure(name + "_ARG", "must be a number from 0 to 1")
            }
            share = value
        default:
            throw VariableReader.failure(
                name,
                "must be always_on, always_off or traceidratio, with or without parentbased_ before it"
            )
        }
        self.init(share: share, followsParent: word.hasPrefix("parentbased_"))
    }
}

/// Reads variables; an empty one counts as not set, as OpenTelemetry has it.
struct VariableReader {
    let environment: [String: String]
    let signal: String

    func text(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The signal's own variable, else the one for all signals.
    func specific(_ word: String) -> (name: String, text: String?) {
        let own = "OTEL_EXPORTER_OTLP_\(signal)_\(word)"
        if let value = text(own) { return (own, value) }
        let common = "OTEL_EXPORTER_OTLP_\(word)"
        return (common, text(common))
    }

    func count(_ name: String) throws -> Int? {
        guard let text = text(name) else { return nil }
        guard let value = Int(text), value > 0, value <= 10_000_000 else {
            throw Self.failure(name, "must be a whole number from 1 to 10,000,000")
        }
        return value
    }

    func milliseconds(_ name: String) throws -> Duration? {
        guard let text = text(name) else { return nil }
        guard let value = Int(text), value > 0, value <= 86_400_000 else {
            throw Self.failure(name, "must be a whole number of milliseconds from 1 to 86,400,000")
        }
        return .milliseconds(value)
    }

    static func failure(_ name: String, _ what: String) -> AssayError {
        AssayError("telemetry.variable", "\(name) \(what)")
    }
}
