import AssayModel
import AssayTestServer

/// A judge over HTTP that keeps to the schema of each request and says yes to everything; or that begins well and then talks nonsense.
enum JudgeServer {
    static func start(talksNonsense: Bool = false) throws -> LoopbackServer {
        try LoopbackServer { request, _ in
            let schema = request.json["response_format"]?["json_schema"]?["schema"] ?? .null
            let isCanary = schema.text.contains("quartz-7")
            let reply = talksNonsense && !isCanary ? "{\"verdict\": [" : instance(schema, number: 1).text
            let message: JSONValue = ["role": "assistant", "content": .string(reply)]
            let body: JSONValue = [
                "id": "x", "object": "chat.completion", "created": 1, "model": "m",
                "choices": [["index": 0, "finish_reason": "stop", "message": message]],
                "usage": ["prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2],
            ]
            let text = body.text
            return [
                .head(200, [("Content-Type", "application/json"), ("Content-Length", "\(text.utf8.count)")]),
                .text(text),
            ]
        }
    }

    /// A value of a schema: lists as short as they may be but never empty, indices counted up, the last choice of an enumeration.
    private static func instance(_ schema: JSONValue, number: Int, key: String = "") -> JSONValue {
        if let choices = schema["enum"]?.arrayValue, let last = choices.last {
            return key == "index" ? .int(number) : last
        }
        switch schema["type"]?.stringValue {
        case "array":
            let count = max(1, schema["minItems"]?.intValue ?? 1)
            let element = schema["items"] ?? .null
            return .array((1...count).map { instance(element, number: $0, key: key) })
        case "object":
            guard case .object(let members)? = schema["properties"] else { return [:] }
            return .object(
                Dictionary(
                    uniqueKeysWithValues: members.map { ($0.key, instance($0.value, number: number, key: $0.key)) }
                )
            )
        case "boolean": return false
        default: return .string("The text says its thing number \(number).")
        }
    }
}
