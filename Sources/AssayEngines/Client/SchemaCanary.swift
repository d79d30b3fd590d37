import AssayModel

/// Finds out whether an engine keeps to a JSON Schema: engines drop schemas silently in more than one way.
enum SchemaCanary {
    /// A word that no model says of its own accord here.
    static let word = "quartz-7"

    /// Asks for something else than the only value that the schema allows.
    static let request = ChatRequest(
        messages: [ChatMessage(role: "user", content: "Say hello.")],
        maxTokens: 48,
        schema: [
            "type": "object",
            "properties": ["verdict": ["type": "string", "enum": [.string(word)]]],
            "required": ["verdict"],
            "additionalProperties": false,
        ]
    )

    /// Whether the reply of `chat` keeps to the schema; an engine that refuses the request does not.
    static func isObeyed(_ chat: (ChatRequest) async throws -> ChatReply) async throws -> Bool {
        do {
            let reply = try await chat(request)
            return (try? JSONValue(parsing: reply.text))?["verdict"]?.stringValue == word
        } catch let error as AssayError where ["engine.http", "engine.empty-reply"].contains(error.code) {
            return false
        }
    }
}
