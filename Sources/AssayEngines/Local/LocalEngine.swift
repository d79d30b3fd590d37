package import AssayHTTP
package import AssayModel
import Synchronization

/// A model on this machine, behind llama.cpp's server as a supervised child process.
package final class LocalEngine: Engine, EmbeddingSource {
    package let identity: EngineIdentity
    package let slots: Int
    private let server: LlamaServer
    private let caller: ChatCaller
    private let config: EngineConfig
    private let schemaResult = Mutex<Bool?>(nil)
    private let preparing = SlotGate(slots: 1)

    /// Creates the engine and fingerprints its model; nothing is started.
    ///
    /// - Parameters:
    ///   - config: The entry with kind `llama`.
    ///   - environment: The process's environment.
    ///   - client: HTTP client.
    ///   - clock: Time, for tests.
    /// - Throws: `AssayError` "engine.model" when the model cannot be read.
    package init(
        _ config: EngineConfig,
        environment: [String: String],
        client: HTTPClient,
        clock: WaitingClock = .system
    ) throws {
        self.config = config
        let known = config.llama.ggufSHA256
        let hash = try known ?? ModelFingerprint.sha256(of: config.llama.ggufPath, cache: config.llama.fingerprintPath)
        let slots = config.mode == .strict ? 1 : config.slots
        self.slots = slots
        let model = config.model.isEmpty ? fileName(config.llama.ggufPath) : config.model
        identity = EngineIdentity(
            name: config.name,
            model: model,
            modelHash: hash,
            mode: config.mode.rawValue,
            contextTokens: config.contextTokens
        )
        server = LlamaServer(
            name: config.name,
            command: LlamaCommand(
                options: config.llama,
                alias: model,
                slots: slots,
                contextTokens: config.contextTokens,
                mode: config.mode
            ),
            environment: environment,
            client: client,
            clock: clock
        )
        var capabilities = config.capabilities
        capabilities.isLlama = true
        caller = ChatCaller(
            name: config.name,
            wire: ChatWire(model: model, capabilities: capabilities, cachesPrompt: config.mode == .fast),
            assembler: TokenAssembler(capabilities.tokenPrompts) { [path = config.llama.ggufPath] in
                try await offPool { try GGUFVocabulary.specialTokens(of: path) }
            },
            client: client,
            gate: SlotGate(slots: slots),
            retry: RetryPolicy(maxRetries: config.maxRetries, seed: config.jitterSeed, clock: clock),
            timeout: config.requestTimeout,
            connectTimeout: config.connectTimeout
        )
    }

    /// Whether replies keep to a JSON Schema; nil before `prepare`, and for an engine of embeddings.
    package var obeysSchema: Bool? { schemaResult.withLock { $0 } }
    package var keepsTextPlain: Bool { config.capabilities.tokenPrompts != .never }
    /// Process id of the server, nil when it does not run.
    package var processID: Int32? { server.processID }
    /// Times the server was started.
    package var starts: Int { server.starts }

    package func prepare() async throws {
        try await preparing.withSlot {
            _ = try await server.endpoint(within: config.llama.startTimeout)
            guard obeysSchema == nil, !config.llama.embedding else { return }
            let isObeyed = try await EngineCanary.schema.isObeyed { try await chat($0, onDelta: nil) }
            schemaResult.withLock { $0 = isObeyed }
        }
    }

    package func chat(_ request: ChatRequest, onDelta: (@Sendable (String) -> Void)?) async throws -> ChatReply {
        try await caller.chat(
            request,
            endpoint: { try await server.endpoint(within: $0) },
            explain: { await explain($0) },
            onDelta: onDelta
        )
    }

    package func countTokens(_ text: String) async throws -> Int? {
        do {
            let endpoint = try await server.endpoint(within: config.llama.startTimeout)
            return try await tokenCount(of: text, at: endpoint, caller.client, deadline: config.requestTimeout)
        } catch let error as AssayError {
            throw engineError(error, engine: config.name)
        }
    }

    package func shutdown() async { await server.shutdown() }

    package func embeddingEndpoint() async throws -> (endpoint: EngineEndpoint, client: HTTPClient) {
        (try await server.endpoint(within: config.llama.startTimeout), caller.client)
    }

    /// Where the server answers, for tests that look at its slots.
    func endpoint() async throws -> EngineEndpoint { try await server.endpoint(within: config.llama.startTimeout) }

    /// A broken connection to a server that died becomes that death, which another try outlives.
    private func explain(_ failure: TryFailure) async -> TryFailure {
        guard ["engine.connection", "engine.unreachable"].contains(failure.error.code),
            let death = await server.causeOfDeath()
        else { return failure }
        var failure = failure
        failure.error = death
        failure.mayRetry = true
        return failure
    }
}

/// The last part of a path.
func fileName(_ path: String) -> String {
    path.split(separator: "/").last.map { String($0) } ?? path
}
