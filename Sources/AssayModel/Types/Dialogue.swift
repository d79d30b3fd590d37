/// A call of a tool by an agent.
public struct ToolCall: Sendable, Codable, Equatable {
    /// The tool's name.
    public var name: String
    /// Its arguments by name.
    public var arguments: [String: JSONValue]

    /// Creates a call.
    public init(name: String, arguments: [String: JSONValue] = [:]) {
        self.name = name
        self.arguments = arguments
    }
}

/// One message of a recorded conversation.
public struct DialogueTurn: Sendable, Codable, Equatable {
    /// `user`, `assistant` or `tool`.
    public var role: String
    /// The text.
    public var content: String
    /// Tools that the message calls, in order; only an assistant's.
    public var toolCalls: [ToolCall]?

    /// Creates a turn.
    public init(role: String, content: String, toolCalls: [ToolCall]? = nil) {
        self.role = role
        self.content = content
        self.toolCalls = toolCalls
    }
}
