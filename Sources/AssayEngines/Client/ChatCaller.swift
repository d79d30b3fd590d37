import AssayHTTP
package import AssayModel

/// Where an engine is asked.
package struct EngineEndpoint: Sendable {
    /// URL before `/chat/completions`, without a slash at its end.
    package var baseURL: String
    /// Sent as a bearer token; never part of an error.
    package var key: String?

    package init(baseURL: String, key: String?) {
        self.baseURL = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
        self.key = key
    }

    /// The URL of a path of the server itself, beside `/v1`.
    func native(_ path: String) -> String {
        (baseURL.hasSuffix("/v1") ? String(baseURL.dropLast(3)) : baseURL) + path
    }

    var headers: [HTTPHeader] {
        [HTTPHeader("Content-Type", "application/json")]
            + (key.map { [HTTPHeader("Authorization", "Bearer \($0)")] } ?? [])
    }
}

/// Asks a chat completions server: slots, deadline, tries, stream.
struct ChatCaller: Sendable {
    /// Bytes of a reply to accept.
    static let maxReplyBytes = 16 << 20

    let name: String
    let wire: ChatWire
    /// Makes prompts of ids; nil for servers that take messages only.
    var assembler: TokenAssembler?
    let client: HTTPClient
    let gate: SlotGate
    let retry: RetryPolicy
    let timeout: Duration
    let connectTimeout: Duration

    /// Generates a reply.
    ///
    /// - Parameters:
    ///   - request: What to ask.
    ///   - endpoint: Finds, or starts, the server within the given time.
    ///   - explain: Improves the failure of a try, for example with the reason why the server died.
    ///   - onDelta: Called with each piece of content.
    /// - Returns: The reply; its text is not empty.
    /// - Throws: `AssayError` with code `engine.…`, or `CancellationError`.
    func chat(
        _ request: ChatRequest,
        endpoint: (_ within: Duration) async throws -> EngineEndpoint,
        explain: (TryFailure) async -> TryFailure = { $0 },
        onDelta: (@Sendable (String) -> Void)?
    ) async throws -> ChatReply {
        let need = await assembler?.need(request.messages) ?? .chat
        return try await gate.withSlot {
            let start = retry.clock.now()
            return try await retry.run(timeout: timeout, key: request.digest) { number, left in
                do {
                    let place = try await endpoint(left)
                    let prompt = try await prompt(request, need, at: place, left: timeout - (retry.clock.now() - start))
                    let spent = retry.clock.now() - start
                    return try await attempt(number, prompt, at: place, left: timeout - spent, since: start, onDelta)
                } catch let failure as TryFailure {
                    throw await explain(failure)
                } catch let error as AssayError {
                    throw await explain(TryFailure(error: error, mayRetry: false))
                }
            }
        }
    }

    /// A request as it goes out.
    private struct Prompt {
        var url: String
        var body: [UInt8]
        var isTokens = false
    }

    private func prompt(
        _ request: ChatRequest,
        _ need: TokenAssembler.Need,
        at place: EngineEndpoint,
        left: Duration
    ) async throws -> Prompt {
        var request = request
        if let assembler, need != .chat {
            let server = TokenServer(client: client, endpoint: place, deadline: left)
            do {
                if need == .ids, let ids = try await assembler.ids(request.messages, server) {
                    let body = try wire.body(request, ids: ids)
                    return Prompt(url: place.native("/completion"), body: body, isTokens: true)
                }
            } catch {
                throw tryFailure(error, place, hasDelivered: false)
            }
            request.messages = await assembler.neutralised(request.messages)
        }
        return Prompt(url: place.baseURL + "/chat/completions", body: try wire.body(request))
    }

    private func attempt(
        _ number: Int,
        _ prompt: Prompt,
        at endpoint: EngineEndpoint,
        left: Duration,
        since start: Duration,
        _ onDelta: (@Sendable (String) -> Void)?
    ) async throws -> ChatReply {
        let request = HTTPRequest(
            "POST",
            prompt.url,
            headers: endpoint.headers + TraceHeaders.current,
            body: prompt.body,
            deadline: left,
            connectTimeout: connectTimeout,
            maxResponseBytes: Self.maxReplyBytes
        )
        var reply = ReplyAssembly()
        var firstToken: Duration?
        func take(_ data: String) throws {
            guard let delta = try reply.take(data) else { return }
            if firstToken == nil { firstToken = retry.clock.now() }
            onDelta?(delta)
        }
        do {
            try await client.stream(request) { head, body in
                guard head.status == 200 else { throw try await failure(head, body, endpoint) }
                try await read(body, isStream: head.isEventStream, take)
            }
            if !reply.isDone && reply.finish == nil {
                throw AssayError("http.connection", "the engine ended the stream before its answer was complete")
            }
            guard !reply.text.isEmpty else {
                throw AssayError(
                    "engine.empty-reply",
                    "engine '\(name)' returned an answer without text (finish: \(reply.finish ?? "unknown"))"
                )
            }
        } catch {
            throw tryFailure(error, endpoint, hasDelivered: onDelta != nil && !reply.text.isEmpty)
        }
        let isStreamed = wire.capabilities.streams
        return reply.reply(
            totalMs: (retry.clock.now() - start).inMilliseconds,
            firstTokenMs: isStreamed ? firstToken.map { ($0 - start).inMilliseconds } : nil,
            attempts: number,
            sentAsTokens: prompt.isTokens ? true : nil
        )
    }

    private func read(_ body: HTTPBody, isStream: Bool, _ take: (String) throws -> Void) async throws {
        guard isStream else {
            var bytes: [UInt8] = []
            for try await part in body { bytes.append(contentsOf: part) }
            return try take(String(decoding: bytes, as: UTF8.self))
        }
        var events = ServerSentEvents()
        for try await part in body {
            for event in try events.feed(part) { try take(event) }
        }
        if let last = events.finish() { try take(last) }
    }

    private func failure(_ head: HTTPHead, _ body: HTTPBody, _ endpoint: EngineEndpoint) async throws -> TryFailure {
        var bytes: [UInt8] = []
        for try await part in body where bytes.count < 65_536 { bytes.append(contentsOf: part) }
        let fault = EngineFault(body: String(decoding: bytes, as: UTF8.self))
        return TryFailure(
            error: fault.error(status: head.status, engine: name, key: endpoint.key),
            mayRetry: !fault.isContextExceeded && RetryPolicy.mayRetry(head),
            retryAfter: RetryPolicy.retryAfter(head, unixTime: retry.clock.unixTime())
        )
    }

    private func tryFailure(_ error: any Error, _ endpoint: EngineEndpoint, hasDelivered: Bool) -> any Error {
        switch error {
        case var failure as TryFailure:
            failure.hasDelivered = hasDelivered
            return failure
        case let fault as EngineFault:
            let head = HTTPHead(status: fault.status, headers: [])
            return TryFailure(
                error: fault.error(status: fault.status, engine: name, key: endpoint.key),
                mayRetry: !fault.isContextExceeded && RetryPolicy.mayRetry(head),
                hasDelivered: hasDelivered
            )
        case let error as AssayError:
            let mayRetry = error.code == "http.unreachable" || error.code == "http.connection"
            return TryFailure(error: engineError(error, engine: name), mayRetry: mayRetry, hasDelivered: hasDelivered)
        default:
            return error
        }
    }
}

extension HTTPHead {
    fileprivate var isEventStream: Bool {
        self["content-type"]?.lowercased().hasPrefix("text/event-stream") ?? false
    }
}

extension ChatRequest {
    /// Digest of everything in the request; the key of journals and scripts.
    package var digest: String {
        SHA256.hex((try? canonicalJSON(self)) ?? "")
    }
}
