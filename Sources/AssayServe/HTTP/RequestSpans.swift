import AssayTelemetry
import HTTPTypes
import Hummingbird

/// Gives every request its span, in the trace that the client's headers name; the refused and the unknown ones too.
///
/// Probes, scrapes and the overview have none: they come every few seconds and say nothing of a question.
struct RequestSpans: RouterMiddleware {
    typealias Context = ServeContext

    private static let unwatched: Set<String> = [
        "/healthz", "/readyz", "/metrics", "/dashboard", "/dashboard.json", "/dashboard.css", "/dashboard.js",
    ]

    @concurrent func handle(
        _ request: Request,
        context: ServeContext,
        next: @concurrent (Request, ServeContext) async throws -> Response
    ) async throws -> Response {
        guard !Self.unwatched.contains(request.uri.path) else { return try await next(request, context) }
        let span = ServerSpan(
            .init(
                method: request.method.rawValue,
                path: request.uri.path,
                authority: request.head.authority,
                parent: Self.header(TraceContext.parentHeader, of: request),
                state: Self.header(TraceContext.stateHeader, of: request)
            )
        )
        var response = try await span.within { try await next(request, context) }
        guard span.isRecording else { return response }
        let route = context.endpointPath
        span.answered(status: response.status.code, route: route == "NotFound" ? nil : route)
        if response.body.contentLength == nil {
            // A stream has only begun: its span ends with the body, or with the connection, which lets go of both.
            let body = response.body
            response.body = ResponseBody { writer in
                defer { span.end() }
                try await body.write(writer)
            }
        } else {
            span.end()
        }
        return response
    }

    private static func header(_ name: String, of request: Request) -> String? {
        HTTPField.Name(name).flatMap { request.headers[$0] }
    }
}
