import Synchronization
package import Tracing

/// The span of one served HTTP request, named as OpenTelemetry's HTTP conventions have it: what the spans of its question hang below.
///
/// It holds no header, no query, no address of a client and no text. It ends once: when the response is complete, or when nobody keeps it any more.
package final class ServerSpan: Sendable {
    /// The request that the current task serves.
    @TaskLocal package static var current: ServerSpan?

    /// What a request says of itself.
    package struct Request: Sendable {
        package var method: String
        /// Path without query.
        package var path: String
        /// `host:port` of the `Host` header, nil without one.
        package var authority: String?
        /// Value of `traceparent`.
        package var parent: String?
        /// Value of `tracestate`.
        package var state: String?

        package init(method: String, path: String, authority: String?, parent: String?, state: String?) {
            self.method = method
            self.path = path
            self.authority = authority
            self.parent = parent
            self.state = state
        }
    }

    private let span: any Span
    private let method: String
    private let failure = Mutex<String?>(nil)

    /// Starts the span in the trace of W3C's headers; without valid ones in a trace of its own.
    ///
    /// - Parameters:
    ///   - request: What is answered.
    ///   - tracer: Makes the span; without one that keeps it, it costs next to nothing.
    package init(_ request: Request, tracer: any Tracer = InstrumentationSystem.tracer) {
        var context = ServiceContext.current ?? .topLevel
        if let caller = TraceContext.identity(parent: request.parent, state: request.state) {
            context.spanIdentity = caller
        }
        method = Self.methods.contains(request.method) ? request.method : "HTTP"
        span = tracer.startAnySpan(method, context: context, ofKind: .server)
        guard span.isRecording else { return }
        span.updateAttributes { attributes in
            if Self.methods.contains(request.method) {
                attributes["http.request.method"] = request.method
            } else {
                attributes["http.request.method"] = "_OTHER"
                attributes["http.request.method_original"] = String(request.method.prefix(32))
            }
            attributes["url.path"] = String(request.path.prefix { $0 != "?" && $0 != "#" }.prefix(1_024))
            attributes["url.scheme"] = "http"
            if let authority = request.authority {
                let (host, port) = Self.split(authority)
                attributes["server.address"] = host
                if let port { attributes["server.port"] = port }
            }
        }
    }

    deinit { span.end() }

    /// Whether anything is kept of it.
    package var isRecording: Bool { span.isRecording }

    /// Runs `body` in the span: spans that begin in it are its children.
    package func within<Result>(_ body: () async throws -> Result) async rethrows -> Result {
        try await ServiceContext.$current.withValue(span.context) {
            try await Self.$current.withValue(self, operation: body)
        }
    }

    /// Says that the response failed after its status was sent.
    ///
    /// - Parameter code: What failed: a stable name, never a text.
    package func failed(_ code: String) {
        failure.withLock { $0 = code }
    }

    /// Says how the request was answered.
    ///
    /// - Parameters:
    ///   - status: The response's status.
    ///   - route: The path of the table of routes, nil where none fits.
    package func answered(status: Int, route: String?) {
        if let route { span.operationName = "\(method) \(route)" }
        span.updateAttributes { attributes in
            if let route { attributes["http.route"] = route }
            attributes["http.response.status_code"] = status
        }
        if status >= 500 { failure.withLock { $0 = $0 ?? "\(status)" } }
    }

    /// The response is complete, or nobody takes it any more.
    package func end() {
        if let code = failure.withLock({ $0 }) {
            span.updateAttributes { $0["error.type"] = code }
            span.setStatus(SpanStatus(code: .error))
        }
        span.end()
    }

    /// The methods that the conventions know.
    private static let methods: Set<String> = [
        "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY",
    ]

    /// Host and port of a `Host` header.
    static func split(_ authority: String) -> (host: String, port: Int?) {
        let text = String(authority.prefix(255))
        guard let colon = text.lastIndex(of: ":"), !text.hasSuffix("]"),
            let port = Int(text[text.index(after: colon)...])
        else { return (text, nil) }
        return (String(text[..<colon]), port)
    }
}
