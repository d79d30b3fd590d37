import AssayModel
import AssayPipeline

/// What a request of OpenAI's Responses interface asks for, after everything that would change its meaning was refused.
///
/// Nothing is kept between two requests: a conversation is sent whole, as `input`.
struct ResponsesAsk: Equatable {
    var turns: ChatTurns
    var streams: Bool

    /// Reads a request.
    ///
    /// - Throws: `Failure` 400 or 404 naming the field.
    init(_ body: JSONValue, model: String, answer: PipelineSpec.Answer?, rewrites: Bool) throws(Failure) {
        let answer = try body.answerStage(of: model, answer)
        turns = try Self.turns(body["input"], rewrites: rewrites)
        streams = try body.flag("stream")
        try Self.refuse(body, answer)
    }

    /// A text, or messages: the client's own, and items of the output of earlier responses.
    private static func turns(_ input: JSONValue?, rewrites: Bool) throws(Failure) -> ChatTurns {
        var messages: [JSONValue] = []
        switch input {
        case .string(let text): messages = [["role": "user", "content": .string(text)]]
        case .array(let items): messages = items
        default: throw .badRequest("'input' is a text or a list of messages", param: "input")
        }
        for message in messages {
            if let kind = message["type"], kind != "message" {
                throw .badRequest(
                    "'input' has items of the type 'message' only",
                    code: "unsupported_message",
                    param: "input"
                )
            }
        }
        return try ChatTurns(
            messages,
            rewrites: rewrites,
            field: "input",
            kinds: ["input_text", "output_text", "text"]
        )
    }

    private static func refuse(_ body: JSONValue, _ answer: PipelineSpec.Answer) throws(Failure) {
        func given(_ name: String) -> JSONValue? {
            switch body[name] {
            case nil, .null, .array([]), .object([:]), .bool(false): nil
            case let value?: value
            }
        }
        for name in ["previous_response_id", "conversation"] where given(name) != nil {
            throw .unsupported(name, "the service keeps no responses: send the earlier messages in 'input'")
        }
        if given("instructions") != nil {
            throw .unsupported("instructions", "the pipeline has its own instructions: leave 'instructions' out")
        }
        for name in ["tools", "background", "prompt", "reasoning", "max_tool_calls", "top_logprobs", "include"]
        where given(name) != nil {
            throw .unsupported(name, "'\(name)' is not supported")
        }
        if let choice = given("tool_choice"), choice != "none", choice != "auto" {
            throw .unsupported("tool_choice", "there are no tools to choose from")
        }
        if let format = given("text")?["format"], format["type"] != "text" {
            throw .unsupported("text", "answers are text with citations; 'text.format' is 'text'")
        }
        for (name, fixed) in [("temperature", answer.temperature), ("top_p", 1)] {
            if let value = given(name), value.doubleValue != fixed {
                throw .unsupported(name, "the pipeline sets '\(name)': leave it out")
            }
        }
        if let value = given("max_output_tokens"), (value.intValue ?? 0) < answer.maxTokens {
            throw .unsupported(
                "max_output_tokens",
                "the pipeline's answers have up to \(answer.maxTokens) tokens: ask for no fewer"
            )
        }
    }
}
