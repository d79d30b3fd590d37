import AssayModel
import HTTPTypes
import Hummingbird

extension Service {
    /// All routes. Each says what a key needs for it; nil needs none.
    func router() -> Router<ServeContext> {
        let router = Router(context: ServeContext.self)
        router.add(middleware: Answers(log: log))
        func on(
            _ method: HTTPRequest.Method,
            _ path: RouterPath,
            needs scope: KeyScope?,
            _ handler: @escaping @Sendable (Request, ServeContext, Caller) async throws -> Response
        ) {
            router.on(path, method: method) { request, context in
                try await self.handle(request, context, needs: scope, handler)
            }
        }
        on(.get, "/healthz", needs: nil) { _, _, _ in .json(["status": "ok"]) }
        on(.get, "/readyz", needs: nil) { _, _, _ in self.readiness() }
        on(.get, "/v1/models", needs: .query) { _, _, _ in self.models() }
        on(.get, "/v1/models/:model", needs: .query) { _, context, _ in try self.oneModel(context) }
        on(.post, "/v1/retrieve", needs: .query) { try await self.retrieve($0, $1, $2) }
        on(.post, "/v1/chat/completions", needs: .query) { try await self.chat($0, $1, $2) }
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
        ] {
            on(.get, RouterPath(path), needs: nil) { _, _, _ in Self.page(bytes, type: type) }
        }
        return router
    }

    private func handle(
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
        begin()
        defer { end() }
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
    let log: @Sendable (String) -> Void

    @concurrent func handle(
        _ request: Request,
        context: ServeContext,
        next: @concurrent (Request, ServeContext) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            if let error = error as? AssayError, !(error.code.rawValue.hasPrefix("document.")) {
                log("\(request.method) \(request.uri.path.prefix(100)): \(error)")
            }
            response = Failure(error).response
        }
        if response.headers[.contentType] == nil, response.status.kind == .clientError {
            response = Failure(HTTPError(response.status)).response
        }
        response.headers[.xContentTypeOptions] = "nosniff"
        return response
    }
}
