import AssayModel
import HTTPTypes
import Hummingbird
import NIOCore

extension Service {
    /// All routes.
    ///
    /// Each says what a key needs for it; nil needs none.
    func router() -> Router<ServeContext> {
        let router = Router(context: ServeContext.self)
        router.add(middleware: RequestSpans())
        router.add(middleware: Answers())
        func on(
            _ method: HTTPRequest.Method,
            _ path: String,
            needs scope: KeyScope?,
            _ handler: @escaping @Sendable (Request, ServeContext, Caller) async throws -> Response
        ) {
            router.on(RouterPath(path), method: method) { request, context in
                await self.handle(request, context, route: path, needs: scope, handler)
            }
        }
        on(.get, "/healthz", needs: nil) { _, _, _ in .json(["status": "ok"]) }
        on(.get, "/readyz", needs: nil) { _, _, _ in self.readiness() }
        on(.get, "/metrics", needs: .eval) { request, _, _ in self.metrics(request) }
        on(.get, "/dashboard.json", needs: .eval) { request, _, _ in try self.dashboard(request) }
        on(.get, "/v1/models", needs: .query) { _, _, _ in self.models() }
        on(.get, "/v1/models/:model", needs: .query) { _, context, _ in try self.oneModel(context) }
        on(.post, "/v1/retrieve", needs: .query) { try await self.retrieve($0, $1, $2) }
        on(.post, "/v1/chat/completions", needs: .query) { try await self.chat($0, $1, $2) }
        on(.post, "/v1/responses", needs: .query) { try await self.responses($0, $1, $2) }
        on(.post, "/v1/embeddings", needs: .query) { try await self.embeddings($0, $1, $2) }
        on(.post, "/v1/feedback", needs: .query) { try await self.feedback($0, $1, $2) }
        on(.post, "/v1/documents", needs: .ingest) { try await self.addDocument($0, $1, $2) }
        on(.delete, "/v1/documents/**", needs: .ingest) { try await self.removeDocument($0, $1, $2) }
        on(.post, "/mcp", needs: .query) { try await self.tools($0, $1, $2) }
        on(.get, "/openapi.json", needs: nil) { _, _, _ in Self.openAPI() }
        on(.get, "/page.json", needs: nil) { _, _, _ in self.pageFacts() }
        for (path, bytes, type) in [
            ("/", PackageResources.page_html, "text/html; charset=utf-8"),
            ("/page.css", PackageResources.page_css, "text/css; charset=utf-8"),
            ("/page.js", PackageResources.page_js, "text/javascript; charset=utf-8"),
            ("/dashboard", PackageResources.dashboard_html, "text/html; charset=utf-8"),
            ("/dashboard.css", PackageResources.dashboard_css, "text/css; charset=utf-8"),
            ("/dashboard.js", PackageResources.dashboard_js, "text/javascript; charset=utf-8"),
        ] {
            on(.get, path, needs: nil) { _, _, _ in Self.page(bytes, type: type) }
        }
        return router
    }

    private func handle(
        _ request: Request,
        _ context: ServeContext,
        route: String,
        needs scope: KeyScope?,
        _ handler: (Request, ServeContext, Caller) async throws -> Response
    ) async -> Response {
        let start = ContinuousClock.now
        begin()
        defer { end() }
        let response: Response
        do {
            response = try await admitted(request, context, needs: scope, handler)
        } catch {
            if let error = error as? AssayError, !error.code.rawValue.hasPrefix("document.") {
                log("\(request.method) \(route): \(error)")
            }
            let failure = Failure(error)
            meter.rejection(failure)
            response = failure.response
            // Nobody reads the rest of a body that is too long: the connection ends once the client had time to read why.
            if failure.status == .contentTooLarge {
                context.channel.eventLoop.scheduleTask(in: .seconds(1)) { context.channel.close(promise: nil) }
            }
        }
        // A stream has only begun: it is counted when it ends.
        if response.headers[.contentType]?.hasPrefix("text/event-stream") != true {
            meter.request(request.method.rawValue, route, status: response.status.code, since: start)
        }
        return response
    }

    private func admitted(
        _ request: Request,
        _ context: ServeContext,
        needs scope: KeyScope?,
        _ handler: (Request, ServeContext, Caller) async throws -> Response
    ) async throws -> Response {
        try checkHost(request)
        guard let scope else { return try await handler(request, context, .local) }
        if isDraining { throw Failure.unavailable("the service is ending", code: "draining", retryAfter: 5) }
        let caller = try callers.caller(request.headers[.authorization])
        guard caller.may(scope) else {
            throw Failure(
                status: .forbidden,
                type: "permission_error",
                code: "missing_scope",
                message: "this key may not do that: it needs the scope '\(scope.rawValue)'"
            )
        }
        try limits.admit(caller)
        var response = try await handler(request, context, caller)
        for field in limits.headers(caller) { response.headers[field.name] = field.value }
        return response
    }

    /// Without keys a page of another origin could have its name point here: only this machine's names are served.
    private func checkHost(_ request: Request) throws(Failure) {
        guard !callers.areKeysRequired else { return }
        var host = request.head.authority ?? ""
        if let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") { host = String(host[..<colon]) }
        host = host.trimmingPrefix("[").description
        if host.hasSuffix("]") { host.removeLast() }
        guard ServeOptions.loopback.contains(host.lowercased()) else {
            throw Failure(
                status: .forbidden,
                type: "permission_error",
                code: "host",
                message: "without keys the service answers to the names of this machine only"
            )
        }
    }
}

/// The outermost layer: every error becomes OpenAI's body, every response gets the headers that hold for all.
private struct Answers: RouterMiddleware {
    typealias Context = ServeContext

    @concurrent func handle(
        _ request: Request,
        context: ServeContext,
        next: @concurrent (Request, ServeContext) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            response = Failure(error).response
        }
        if response.headers[.contentType] == nil, response.status.kind == .clientError {
            response = Failure(HTTPError(response.status)).response
        }
        response.headers[.xContentTypeOptions] = "nosniff"
        return response
    }
}
