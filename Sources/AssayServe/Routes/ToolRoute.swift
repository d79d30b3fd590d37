import AssayModel
import AssayPipeline
import HTTPTypes
import Hummingbird

extension Service {
    /// Versions of the Model Context Protocol that are spoken, newest first.
    private static let protocolVersions = ["2025-06-18", "2025-03-26", "2024-11-05"]

    /// `POST /mcp`: the Model Context Protocol over HTTP with the tools `retrieve` and `ask`, without sessions.
    func tools(_ request: Request, _ context: ServeContext, _ caller: Caller) async throws -> Response {
        if let origin = request.headers[.origin], !isOwn(origin, request) {
            throw Failure(
                status: .forbidden,
                type: "permission_error",
                code: "origin",
                message: "pages of another origin may not use the tools"
            )
        }
        let message = try await request.json(limit: ServeOptions.bodyBytes, from: context.channel)
        guard message["jsonrpc"] == "2.0", let method = message["method"]?.stringValue else {
            return Self.reply(to: message["id"], error: -32600, "not a JSON-RPC 2.0 request")
        }
        guard let id = message["id"], id != .null else {
            return Response(status: .accepted)
        }
        switch method {
        case "initialize": return Self.reply(to: id, initialized(message["params"]))
        case "ping": return Self.reply(to: id, [:])
        case "tools/list": return Self.reply(to: id, ["tools": toolList])
        case "tools/call":
            return try await whileConnected(context.channel) { [self] in
                await call(id, message["params"] ?? .null, caller)
            }
        default: return Self.reply(to: id, error: -32601, "unknown method '\(method.prefix(100))'")
        }
    }

    private func isOwn(_ origin: String, _ request: Request) -> Bool {
        guard let authority = request.head.authority else { return false }
        return origin == "http://\(authority)" || origin == "https://\(authority)"
    }

    private func initialized(_ parameters: JSONValue?) -> JSONValue {
        let wanted = parameters?["protocolVersion"]?.stringValue ?? ""
        let version = Self.protocolVersions.contains(wanted) ? wanted : Self.protocolVersions[0]
        return [
            "protocolVersion": .string(version), "capabilities": ["tools": [:]],
            "serverInfo": ["name": "assay", "version": .string(Assay.version)],
            "instructions": .string("Passages and grounded answers from the corpus of the pipeline '\(model)'."),
        ]
    }

    private var toolList: JSONValue {
        let text: JSONValue = ["type": "string", "minLength": 1, "maxLength": 20_000]
        var tools: [JSONValue] = [
            [
                "name": "retrieve", "description": "Finds the passages of the documents that fit a query, best first.",
                "inputSchema": [
                    "type": "object", "required": ["query"],
                    "properties": ["query": text, "limit": ["type": "integer", "minimum": 1, "maximum": 20]],
                ],
                "annotations": ["readOnlyHint": true],
            ]
        ]
        if live.opened.answers {
            var properties: [String: JSONValue] = ["question": text]
            if takesConversations { properties["history"] = Self.historySchema }
            tools.append([
                "name": "ask",
                "description": "Answers a question from the documents, with citations like [1] and the passages cited.",
                "inputSchema": ["type": "object", "required": ["question"], "properties": .object(properties)],
                "annotations": ["readOnlyHint": true],
            ])
        }
        return .array(tools)
    }

    private static let historySchema: JSONValue = [
        "type": "array", "maxItems": .int(Turn.limit),
        "description": "The conversation before the question, oldest message first, user and assistant in turn",
        "items": [
            "type": "object", "required": ["role", "content"],
            "properties": ["role": ["enum": ["user", "assistant"]], "content": ["type": "string", "minLength": 1]],
        ],
    ]

    private func call(_ id: JSONValue, _ parameters: JSONValue, _ caller: Caller) async -> Response {
        let arguments = parameters["arguments"] ?? .null
        do {
            switch parameters["name"]?.stringValue {
            case "retrieve":
                guard let query = arguments["query"]?.stringValue else {
                    throw Failure.badRequest("'query' is missing")
                }
                let limit = try Self.limit(arguments["limit"], depth: min(20, live.opened.depth))
                let found = try await live.opened.retrieve(query, scope: caller.scope, limit: limit ?? 5)
                return Self.reply(to: id, Self.result(found.passages))
            case "ask" where live.opened.answers:
                guard let question = arguments["question"]?.stringValue else {
                    throw Failure.badRequest("'question' is missing")
                }
                let history = arguments["history"] ?? .null
                guard history == .null || history.arrayValue != nil else {
                    throw Failure.badRequest("'history' is a list of messages", param: "history")
                }
                let turns = try ChatTurns(
                    (history.arrayValue ?? []) + [["role": "user", "content": .string(question)]],
                    rewrites: takesConversations,
                    field: "history"
                )
                let answer = try await serve(
                    turns.question,
                    after: turns.history,
                    caller,
                    id: Self.answerID()
                )
                return Self.reply(to: id, Self.result(answer.passages, answer: answer))
            default: return Self.reply(to: id, error: -32602, "unknown tool")
            }
        } catch {
            let failure = Failure(error)
            return Self.reply(
                to: id,
                ["content": [["type": "text", "text": .string(failure.message)]], "isError": true]
            )
        }
    }

    private static func result(_ passages: [RetrievedChunk], answer: Served? = nil) -> JSONValue {
        let shown = passages.enumerated().map { "[\($0 + 1)] \($1.document)\n\($1.text)" }
        let text = ((answer.map { [$0.text] } ?? []) + shown).joined(separator: "\n\n")
        var structured: [String: JSONValue] = [
            "passages": .array(
                passages.enumerated().map { passage($0.element, number: $0.offset + 1, withScore: false) }
            )
        ]
        if let answer {
            structured["answer"] = .string(answer.text)
            structured["degraded"] = .bool(answer.degraded != nil)
            if let rewritten = answer.rewritten { structured["rewritten"] = .string(rewritten.text) }
        }
        return [
            "content": [["type": "text", "text": .string(text)]], "structuredContent": .object(structured),
            "isError": false,
        ]
    }

    private static func reply(to id: JSONValue, _ result: JSONValue) -> Response {
        .json(["jsonrpc": "2.0", "id": id, "result": result])
    }

    private static func reply(to id: JSONValue?, error code: Int, _ message: String) -> Response {
        .json(["jsonrpc": "2.0", "id": id ?? .null, "error": ["code": .int(code), "message": .string(message)]])
    }
}
