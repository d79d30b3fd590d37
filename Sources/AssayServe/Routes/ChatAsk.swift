import AssayModel
import AssayPipeline

/// What a chat completion asks for, after everything that would change its meaning was refused.
///
/// The pipeline decides prompt, sampling and length, and evaluation measured just that: a field of the request that would change them
/// is refused, not passed over. Fields that change nothing are accepted.
struct ChatAsk: Equatable {
    /// The turns before the question, oldest first.
    var history: [Turn]
    var question: String
    var streams: Bool
    var includesUsage: Bool

    /// Reads a request.
    ///
    /// - Throws: `Failure` 400 or 404 naming the field.
    init(_ body: JSONValue, model: String, answer: PipelineSpec.Answer?, rewrites: Bool) throws(Failure) {
        let answer = try body.answerStage(of: model, answer)
        let turns = try ChatTurns(body["messages"]?.arrayValue ?? [], rewrites: rewrites)
        history = turns.history
        question = turns.question
        streams = try body.flag("stream")
        includesUsage = try body["stream_options"]?.flag("include_usage", as: "stream_options.include_usage") ?? false
        try Self.refuse(body, answer)
    }

    private static func refuse(_ body: JSONValue, _ answer: PipelineSpec.Answer) throws(Failure) {
        func given(_ name: String) -> JSONValue? {
            guard let value = body[name], value != .null else { return nil }
            return value
        }
        for name in ["tools", "functions", "logit_bias", "audio", "prediction", "web_search_options", "top_logprobs"] {
            switch given(name) {
            case nil, .array([]), .object([:]): continue
            default: throw .unsupported(name, "'\(name)' is not supported")
            }
        }
        if let choice = given("tool_choice"), choice != "none", choice != "auto" {
            throw .unsupported("tool_choice", "there are no tools to choose from")
        }
        if let number = given("n"), number.intValue != 1 {
            throw .unsupported("n", "'n' is 1: a question has one answer")
        }
        if let logprobs = given("logprobs"), logprobs != .bool(false) {
            throw .unsupported("logprobs", "'logprobs' is not supported")
        }
        if let format = given("response_format"), format["type"] != "text" {
            throw .unsupported("response_format", "answers are text with citations; 'response_format' is 'text'")
        }
        if let kinds = given("modalities"), kinds != ["text"] {
            throw .unsupported("modalities", "answers are text")
        }
        for (name, fixed) in [
            ("temperature", answer.temperature), ("top_p", 1), ("seed", Double(answer.seed)), ("presence_penalty", 0),
            ("frequency_penalty", 0),
        ] {
            if let value = given(name), value.doubleValue != fixed {
                throw .unsupported(name, "the pipeline sets '\(name)': leave it out")
            }
        }
        for name in ["max_tokens", "max_completion_tokens"] {
            if let value = given(name), (value.intValue ?? 0) < answer.maxTokens {
                throw .unsupported(
                    name,
                    "the pipeline's answers have up to \(answer.maxTokens) tokens: ask for no fewer"
                )
            }
        }
        if let stop = given("stop"), stop != .array(answer.stop.map { .string($0) }),
            answer.stop.count != 1 || stop != .string(answer.stop[0])
        {
            throw .unsupported("stop", "the pipeline sets 'stop': leave it out")
        }
    }
}

extension Failure {
    static func unsupported(_ name: String, _ message: String) -> Failure {
        .badRequest(message, code: "unsupported_parameter", param: name)
    }
}
