import AssayModel
import FoundationEssentials

/// A request as the body of OpenAI's chat completions.
struct ChatWire {
    var model: String
    var capabilities: Capabilities
    /// `cache_prompt` for llama.cpp.
    var cachesPrompt: Bool

    /// The JSON body of `request`.
    func body(_ request: ChatRequest) throws -> [UInt8] {
        var members: [String: JSONValue] = [
            "model": .string(model),
            "messages": .array(request.messages.map { ["role": .string($0.role), "content": .string($0.content)] }),
            capabilities.maxTokensField: .int(request.maxTokens),
            "temperature": .double(request.temperature),
            "top_p": .double(request.topP),
            "stream": .bool(capabilities.streams),
        ]
        if capabilities.seed { members["seed"] = .int(request.seed) }
        if !request.stop.isEmpty { members["stop"] = .array(request.stop.map { .string($0) }) }
        if capabilities.streams, capabilities.streamUsage { members["stream_options"] = ["include_usage": true] }
        if let schema = request.schema, capabilities.isLlama, request.compact == true,
            let grammar = JSONGrammar.text(for: schema)
        {
            members["grammar"] = .string(grammar)
        } else if let schema = request.schema {
            // The nested form: llama.cpp silently drops the flat one to "any object".
            members["response_format"] = [
                "type": "json_schema",
                "json_schema": ["name": "reply", "strict": true, "schema": schema],
            ]
        }
        if let count = request.topLogprobs {
            members["logprobs"] = true
            members["top_logprobs"] = .int(count)
        }
        if capabilities.isLlama { members["cache_prompt"] = .bool(cachesPrompt) }
        return Array(try canonicalJSON(JSONValue.object(members)).utf8)
    }
}

extension ChatWire {
    /// The JSON body of `request` for llama.cpp's `/completion`, with the prompt as ids.
    func body(_ request: ChatRequest, ids: [Int]) throws -> [UInt8] {
        var members: [String: JSONValue] = [
            "prompt": .array(ids.map { .int($0) }),
            "n_predict": .int(request.maxTokens),
            "temperature": .double(request.temperature),
            "top_p": .double(request.topP),
            "seed": .int(request.seed),
            "stream": .bool(capabilities.streams),
            "cache_prompt": .bool(cachesPrompt),
        ]
        if !request.stop.isEmpty { members["stop"] = .array(request.stop.map { .string($0) }) }
        if let schema = request.schema {
            if request.compact == true, let grammar = JSONGrammar.text(for: schema) {
                members["grammar"] = .string(grammar)
            } else {
                members["json_schema"] = schema
            }
        }
        if let count = request.topLogprobs { members["n_probs"] = .int(count) }
        return Array(try canonicalJSON(JSONValue.object(members)).utf8)
    }
}

/// What a server sends back: a whole reply, or one event of a stream.
struct ChatChunk: Decodable {
    struct Text: Decodable {
        var content: String?
    }

    struct Token: Decodable {
        struct Alternative: Decodable {
            var token: String
            var logprob: Double
        }

        var alternatives: [Alternative]?

        enum CodingKeys: String, CodingKey {
            case alternatives = "top_logprobs"
        }
    }

    struct Logprobs: Decodable {
        var content: [Token]?
    }

    struct Choice: Decodable {
        var delta: Text?
        var message: Text?
        var finishReason: String?
        var logprobs: Logprobs?

        enum CodingKeys: String, CodingKey {
            case delta
            case message
            case logprobs
            case finishReason = "finish_reason"
        }
    }

    struct Tokens: Decodable {
        struct Details: Decodable {
            var cachedTokens: Int?

            enum CodingKeys: String, CodingKey {
                case cachedTokens = "cached_tokens"
            }
        }

        var promptTokens: Int?
        var completionTokens: Int?
        var details: Details?

        enum CodingKeys: String, CodingKey {
            case promptTokens = "prompt_tokens"
            case completionTokens = "completion_tokens"
            case details = "prompt_tokens_details"
        }
    }

    /// llama.cpp's own times.
    struct Timings: Decodable {
        var promptMs: Double?
        var predictedMs: Double?
        var processedTokens: Int?
        var cachedTokens: Int?

        enum CodingKeys: String, CodingKey {
            case processedTokens = "prompt_n"
            case promptMs = "prompt_ms"
            case predictedMs = "predicted_ms"
            case cachedTokens = "cache_n"
        }
    }

    var choices: [Choice]?
    var usage: Tokens?
    var timings: Timings?
    var error: JSONValue?

    // What llama.cpp's `/completion` says instead.

    var content: String?
    var stop: Bool?
    var stopType: String?
    var tokensEvaluated: Int?
    var tokensPredicted: Int?
    var probabilities: [Token]?

    enum CodingKeys: String, CodingKey {
        case choices, usage, timings, error, content, stop
        case stopType = "stop_type"
        case tokensEvaluated = "tokens_evaluated"
        case tokensPredicted = "tokens_predicted"
        case probabilities = "completion_probabilities"
    }

    /// The same as a chunk of a chat.
    var asChat: ChatChunk {
        guard choices == nil, content != nil || stop != nil else { return self }
        let isEnd = stop == true
        var chunk = self
        chunk.choices = [
            Choice(
                delta: Text(content: content),
                finishReason: isEnd ? stopType == "limit" ? "length" : "stop" : nil,
                logprobs: probabilities.map { Logprobs(content: $0) }
            )
        ]
        if isEnd {
            chunk.usage = Tokens(promptTokens: tokensEvaluated, completionTokens: tokensPredicted)
        }
        return chunk
    }
}

/// Puts a reply together from one or many chunks.
struct ReplyAssembly {
    private(set) var text = ""
    private(set) var finish: String?
    private(set) var isDone = false
    private var firstToken: [TokenProbability]?
    private var usage: ChatChunk.Tokens?
    private var timings: ChatChunk.Timings?

    /// Takes the JSON of one chunk.
    ///
    /// - Parameter data: JSON, or `[DONE]`.
    /// - Returns: New content, nil when the chunk has none.
    /// - Throws: `EngineFault` for an error object, `AssayError` "engine.protocol" for anything that is not a chunk.
    mutating func take(_ data: String) throws -> String? {
        if data == "[DONE]" {
            isDone = true
            return nil
        }
        guard let chunk = try? JSONDecoder().decode(ChatChunk.self, from: Data(data.utf8)).asChat else {
            throw AssayError("engine.protocol", "the engine sent something that is not a chat completion")
        }
        if let error = chunk.error, error != .null { throw EngineFault(error) }
        if let found = chunk.usage { usage = found }
        if let found = chunk.timings { timings = found }
        guard let choice = chunk.choices?.first else { return nil }
        if let reason = choice.finishReason { finish = reason }
        if firstToken == nil, let alternatives = choice.logprobs?.content?.first?.alternatives {
            firstToken = alternatives.map { TokenProbability(token: $0.token, logprob: $0.logprob) }
        }
        guard let content = choice.delta?.content ?? choice.message?.content, !content.isEmpty else { return nil }
        text += content
        return content
    }

    /// The reply; `usage` is 0 where the engine does not say.
    func reply(totalMs: Double, firstTokenMs: Double?, attempts: Int, sentAsTokens: Bool? = nil) -> ChatReply {
        let reason: FinishReason =
            switch finish {
            case "stop": .stop
            case "length": .length
            default: .other
            }
        return ChatReply(
            text: text,
            finish: reason,
            usage: Usage(
                promptTokens: usage?.promptTokens ?? 0,
                completionTokens: usage?.completionTokens ?? 0,
                cachedTokens: usage?.details?.cachedTokens ?? timings?.cachedTokens
            ),
            timings: CallTimings(
                firstTokenMs: firstTokenMs,
                totalMs: totalMs,
                promptMs: timings?.promptMs,
                predictedMs: timings?.predictedMs,
                attempts: attempts,
                processedTokens: timings?.processedTokens
            ),
            firstToken: firstToken,
            sentAsTokens: sentAsTokens
        )
    }
}
