package import AssayHTTP
package import AssayModel
import Synchronization

/// Any server with OpenAI's chat completions: OpenAI, vLLM, Ollama, a llama.cpp server that runs elsewhere.
package final class OpenAIEngine: Engine, EmbeddingSource {
    package let identity: EngineIdentity
    package let slots: Int
    private let config: EngineConfig
    private let caller: ChatCaller
    private let endpoint: EngineEndpoint
    private let isReachable = Mutex(false)

    /// Creates an engine.
    ///
    /// - Parameters:
    ///   - config: The entry; `kind` does not matter here.
    ///   - key: Sent as a bearer token.
    ///   - client: HTTP client.
    ///   - clock: Time, for tests.
    package init(_ config: EngineConfig, key: String?, client: HTTPClient, clock: WaitingClock = .system) {
        self.config = config
        slots = config.slots
        endpoint = EngineEndpoint(baseURL: config.baseURL, key: key)
        identity = EngineIdentity(
            name: config.name,
            model: config.model,
            modelHash: nil,
            mode: "remote",
            contextTokens: config.contextTokens
        )
        caller = ChatCaller(
            name: config.name,
            wire: ChatWire(model: config.model, capabilities: config.capabilities, cachesPrompt: config.mode == .fast),
            assembler: config.capabilities.isLlama ? TokenAssembler(config.capabilities.tokenPrompts) { nil } : nil,
            client: client,
            gate: SlotGate(slots: config.slots),
            retry: RetryPolicy(maxRetries: config.maxRetries, seed: config.jitterSeed, clock: clock),
            timeout: config.requestTimeout,
            connectTimeout: config.connectTimeout
        )
    }

    package var keepsTextPlain: Bool { config.capabilities.isLlama && config.capabilities.tokenPrompts != .never }

    /// Asks for the list of models once: the server must answer, and must accept the key.
    package func prepare() async throws {
        guard !isReachable.withLock({ $0 }) else { return }
        let head = try await mapping {
            let request = HTTPRequest(
                "GET",
                endpoint.baseURL + "/models",
                headers: endpoint.headers,
                deadline: min(config.requestTimeout, .seconds(30)),
                connectTimeout: config.connectTimeout
            )
            return try await caller.client.send(request)
        }
        if head.status == 401 || head.status == 403 {
            throw EngineFault(body: head.text).error(status: head.status, engine: config.name, key: endpoint.key)
        }
        isReachable.withLock { $0 = true }
    }

    package func chat(_ request: ChatRequest, onDelta: (@Sendable (String) -> Void)?) async throws -> ChatReply {
        try await caller.chat(request, endpoint: { _ in endpoint }, onDelta: onDelta)
    }

    package func countTokens(_ text: String) async throws -> Int? {
        guard config.capabilities.isLlama else { return nil }
        return try await mapping {
            try await tokenCount(of: text, at: endpoint, caller.client, deadline: config.requestTimeout)
        }
    }

    package func shutdown() async {}

    /// Asks whether replies keep to a JSON Schema; one short request.
    package func obeysSchema() async throws -> Bool {
        try await EngineCanary.schema.isObeyed { try await chat($0, onDelta: nil) }
    }

    package func embeddingEndpoint() async throws -> (endpoint: EngineEndpoint, client: HTTPClient) {
        (endpoint, caller.client)
    }

    private func mapping<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as AssayError {
            throw engineError(error, engine: config.name)
        }
    }
}

/// Tokens of `text` as a llama.cpp server counts them.
func tokenCount(
    of text: String,
    at endpoint: EngineEndpoint,
    _ client: HTTPClient,
    deadline: Duration
) async throws -> Int {
    let body = JSONValue.object(["content": .string(text), "add_special": false, "parse_special": true])
    let request = HTTPRequest(
        "POST",
        endpoint.native("/tokenize"),
        headers: endpoint.headers,
        body: Array(body.text.utf8),
        deadline: deadline
    )
    let response = try await client.send(request)
    guard response.status == 200, let tokens = try? JSONValue(parsing: response.text)["tokens"]?.arrayValue else {
        throw EngineFault(body: response.text).error(status: response.status, engine: "tokenize", key: endpoint.key)
    }
    return tokens.count
}
