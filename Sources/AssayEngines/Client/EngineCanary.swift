package import AssayModel

#if canImport(Glibc)
import Glibc
#endif

/// Finds out whether an engine and its chat template obey: engines drop schemas, grammars and probabilities silently in more than one
/// way.
package enum EngineCanary: String, Sendable, CaseIterable {
    /// The reply keeps to a JSON Schema.
    case schema
    /// The reply keeps to a JSON Schema and has no white space.
    case compact
    /// The first token comes with its probabilities.
    case logprob

    /// A word that no model says of its own accord here.
    static let word = "quartz-7"

    /// Asks for something else than the only value that the schema allows, or for one token.
    var request: ChatRequest {
        let messages = [ChatMessage(role: "user", content: "Say hello.")]
        if self == .logprob { return ChatRequest(messages: messages, maxTokens: 1, topLogprobs: 20) }
        return ChatRequest(
            messages: messages,
            maxTokens: 48,
            schema: [
                "type": "object",
                "properties": ["verdict": ["type": "string", "enum": [.string(Self.word)]]],
                "required": ["verdict"],
                "additionalProperties": false,
            ],
            compact: self == .compact ? true : nil
        )
    }

    /// Whether the reply of `chat` is as asked; an engine that refuses the request does not obey.
    func isObeyed(_ chat: (ChatRequest) async throws -> ChatReply) async throws -> Bool {
        do {
            let reply = try await chat(request)
            guard self == .logprob else {
                return (try? JSONValue(parsing: reply.text))?["verdict"]?.stringValue == Self.word
            }
            return Self.areProbabilities(reply.firstToken ?? [], of: reply.text)
        } catch let error as AssayError where Self.refusals.contains(error.code) {
            return false
        }
    }

    private static let refusals: Set<AssayError.Code> = ["engine.http", "engine.unavailable", "engine.empty-reply"]

    /// Whether these can be the probabilities of a most likely token and its alternatives.
    private static func areProbabilities(_ tokens: [TokenProbability], of text: String) -> Bool {
        guard let first = tokens.first, tokens.allSatisfy({ $0.logprob.isFinite && $0.logprob <= 1e-3 }) else {
            return false
        }
        let mass = tokens.reduce(0) { $0 + exp($1.logprob) }
        return first.token == text && mass <= 1.01 && tokens.allSatisfy { $0.logprob <= first.logprob }
    }

    /// Refuses an engine that does not obey; a replayed one is not asked, since it says only what was recorded.
    ///
    /// - Parameter engine: The judge's engine.
    /// - Throws: `AssayError` "judge.canary", or what the engine throws.
    package func check(_ engine: any Engine) async throws {
        guard engine.identity.mode != "replay", try await !isObeyed({ try await engine.chat($0, onDelta: nil) }) else {
            return
        }
        let name = engine.identity.name
        switch self {
        case .schema, .compact:
            throw AssayError(
                "judge.canary",
                "engine '\(name)' with model '\(engine.identity.model)' does not keep to the JSON Schema of a request",
                remedy: "take another engine or model as judge, or evaluate.judge: { engine: \(name), ask: logprob }"
            )
        case .logprob:
            throw AssayError(
                "judge.canary",
                "engine '\(name)' with model '\(engine.identity.model)' gives no probabilities of its first token",
                remedy: "take another engine as judge, or evaluate.judge: { engine: \(name), ask: json }"
            )
        }
    }
}
