package import AssayHTTP
package import AssayModel

/// Makes the engine of an entry of `engines.yaml`.
///
/// - Parameters:
///   - config: The entry.
///   - environment: The process's environment: keys and PATH.
///   - client: HTTP client to share; nil makes one.
///   - clock: Time, for tests.
/// - Returns: An engine that is not prepared yet.
/// - Throws: `AssayError` "engine.config" for values out of range, "engine.key" for a key that is not set, or what the files say.
package func makeEngine(
    _ config: EngineConfig,
    environment: [String: String],
    client: HTTPClient? = nil,
    clock: WaitingClock = .system
) throws -> any Engine {
    try check(config)
    switch config.kind {
    case .openai:
        return OpenAIEngine(
            config,
            key: try key(config, environment),
            client: try client ?? HTTPClient(),
            clock: clock
        )
    case .llama:
        return try LocalEngine(config, environment: environment, client: try client ?? HTTPClient(), clock: clock)
    case .scripted:
        return ScriptedEngine(config, clock: clock)
    case .replay:
        return try ReplayEngine(config)
    }
}

private func check(_ config: EngineConfig) throws {
    func refuse(_ text: String) -> AssayError { AssayError("engine.config", "engine '\(config.name)': \(text)") }
    guard (1...1024).contains(config.slots) else { throw refuse("slots is \(config.slots); it takes 1 to 1024") }
    guard (0...10).contains(config.maxRetries) else {
        throw refuse("retries is \(config.maxRetries); it takes 0 to 10")
    }
    guard config.requestTimeout > .zero, config.connectTimeout > .zero else {
        throw refuse("a timeout is not positive")
    }
    switch config.kind {
    case .openai:
        let scheme = config.baseURL.prefix { $0 != ":" }.lowercased()
        guard scheme == "http" || scheme == "https", !config.model.isEmpty else {
            throw refuse("it needs a base URL with http or https, and a model")
        }
    case .llama:
        guard !config.llama.ggufPath.isEmpty else { throw refuse("it needs the path of a GGUF file") }
        guard (128...(1 << 24)).contains(config.contextTokens) else {
            throw refuse("context is \(config.contextTokens) tokens; it takes 128 or more")
        }
        guard ["", "mean", "cls", "last"].contains(config.llama.pooling) else {
            throw refuse("pooling is '\(config.llama.pooling)'; it takes mean, cls or last")
        }
        guard (32...8192).contains(config.llama.batchTokens) else {
            throw refuse("batch is \(config.llama.batchTokens) tokens; it takes 32 to 8192")
        }
    case .scripted:
        guard (0...1).contains(config.script.failureRate) else { throw refuse("failure rate takes 0 to 1") }
    case .replay:
        guard !config.journalPath.isEmpty else { throw refuse("it needs the path of a journal") }
    }
}

private func key(_ config: EngineConfig, _ environment: [String: String]) throws -> String? {
    guard let variable = config.apiKeyVariable else { return nil }
    guard let key = environment[variable], !key.isEmpty else {
        throw AssayError(
            "engine.key",
            "engine '\(config.name)' needs its key in the environment variable \(variable), which is not set",
            remedy: "set \(variable)"
        )
    }
    return key
}
