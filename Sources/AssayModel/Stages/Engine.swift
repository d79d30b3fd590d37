/// A language model behind a chat interface.
///
/// Law: `chat` honours cancellation within a second while decoding; it throws `AssayError` with code `engine.…` and never returns an
/// empty success; the text streamed to `onDelta` is the text returned.
public protocol Engine: Sendable {
    /// What is measured: model and its fingerprint, chat template, mode; never URL or key.
    var identity: EngineIdentity { get }
    /// Requests it serves at once.
    var slots: Int { get }
    /// Whether it keeps control tokens out of the messages' texts itself, whatever they hold; others get neutralised text.
    var keepsTextPlain: Bool { get }

    /// Starts what must run (a supervised server) and waits until it answers; harmless when it runs already.
    func prepare() async throws
    /// Generates a reply.
    ///
    /// - Parameters:
    ///   - request: Messages, sampling, schema.
    ///   - onDelta: Called with each piece of content as it arrives.
    /// - Returns: The whole reply.
    /// - Throws: `AssayError` with code `engine.…`, or `CancellationError`.
    func chat(_ request: ChatRequest, onDelta: (@Sendable (String) -> Void)?) async throws -> ChatReply
    /// Tokens of a text as the engine's model counts them, nil when it cannot say.
    func countTokens(_ text: String) async throws -> Int?
    /// Ends what `prepare` started.
    func shutdown() async
}

extension Engine {
    /// False: nobody but the caller looks at the texts.
    public var keepsTextPlain: Bool { false }
}

/// What of an engine counts as measured; part of the key of every answer.
public struct EngineIdentity: Sendable, Codable, Hashable {
    /// Name in `engines.yaml`.
    public var name: String
    /// Model as the engine names it.
    public var model: String
    /// SHA-256 of the model file, or nil when it cannot be fingerprinted (then answers are refreshed, not reused, by gates).
    public var modelHash: String?
    /// `strict`, `fast`, `remote`, `scripted`, `replay`.
    public var mode: String
    /// Tokens of context a request may use, 0 when unknown.
    public var contextTokens: Int

    /// Creates an identity.
    public init(name: String, model: String, modelHash: String?, mode: String, contextTokens: Int) {
        self.name = name
        self.model = model
        self.modelHash = modelHash
        self.mode = mode
        self.contextTokens = contextTokens
    }
}

/// One message of a chat.
public struct ChatMessage: Sendable, Codable, Hashable {
    /// `system`, `user` or `assistant`.
    public var role: String
    /// The text.
    public var content: String

    /// Creates a message.
    public init(role: String, content: String) {
        self.role = role
        self.content = content
    }
}

/// A request to an engine; all of it counts as measured.
public struct ChatRequest: Sendable, Codable, Hashable {
    /// The conversation.
    public var messages: [ChatMessage]
    /// Tokens to generate at most.
    public var maxTokens: Int
    /// 0 takes the most likely token.
    public var temperature: Double
    /// Nucleus sampling.
    public var topP: Double
    /// Seed of the sampler.
    public var seed: Int
    /// Strings that end the answer.
    public var stop: [String]
    /// JSON Schema that constrains the reply, nil for free text.
    public var schema: JSONValue?
    /// True asks for JSON without white space between its tokens, where the engine can be made to write it; nil leaves that open.
    public var compact: Bool?
    /// How many of the most likely first tokens are wanted with their probabilities, from 1 to 20; nil for none.
    public var topLogprobs: Int?

    /// Creates a request.
    public init(
        messages: [ChatMessage],
        maxTokens: Int,
        temperature: Double = 0,
        topP: Double = 1,
        seed: Int = 0,
        stop: [String] = [],
        schema: JSONValue? = nil,
        compact: Bool? = nil,
        topLogprobs: Int? = nil
    ) {
        self.messages = messages
        self.maxTokens = maxTokens
        self.temperature = temperature
        self.topP = topP
        self.seed = seed
        self.stop = stop
        self.schema = schema
        self.compact = compact
        self.topLogprobs = topLogprobs
    }
}

/// A token that might have been the reply's first, with its probability.
public struct TokenProbability: Sendable, Codable, Hashable {
    /// The token's text.
    public var token: String
    /// Natural logarithm of its probability, at most 0; taken before any grammar.
    public var logprob: Double

    /// Creates a token's probability.
    public init(token: String, logprob: Double) {
        self.token = token
        self.logprob = logprob
    }
}

/// A reply of an engine.
public struct ChatReply: Sendable, Codable, Equatable {
    /// The generated text.
    public var text: String
    /// Why generation stopped.
    public var finish: FinishReason
    /// Tokens used.
    public var usage: Usage
    /// Wall times.
    public var timings: CallTimings
    /// The most likely first tokens, most likely first; nil when they were not asked for or the engine does not say.
    public var firstToken: [TokenProbability]?
    /// True where the prompt went out as token ids, in which no text can be a control token; nil where it went out as messages.
    public var sentAsTokens: Bool?

    /// Creates a reply.
    public init(
        text: String,
        finish: FinishReason,
        usage: Usage,
        timings: CallTimings,
        firstToken: [TokenProbability]? = nil,
        sentAsTokens: Bool? = nil
    ) {
        self.text = text
        self.finish = finish
        self.usage = usage
        self.timings = timings
        self.firstToken = firstToken
        self.sentAsTokens = sentAsTokens
    }
}
