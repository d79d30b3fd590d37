import AssayHTTP
import AssayModel
import Synchronization

/// Makes prompts of token ids in which no message's text can become a control token.
///
/// A llama.cpp server parses control tokens in the content of messages. Its own interface allows better: the chat template is rendered
/// around placeholders, cut at its control tokens, and what stands between two of them (template text and content together) is
/// tokenized as plain text. llama.cpp cuts at control tokens too before it tokenizes, so that harmless messages give the very ids that
/// the server would have made; that is checked before a template is trusted.
final class TokenAssembler: Sendable {
    /// What a request needs.
    enum Need: Sendable, Equatable {
        /// No text holds a control token: the chat interface says the same.
        case chat
        /// Token ids.
        case ids
        /// Text with broken control tokens.
        case text
    }

    private let mode: Capabilities.TokenPrompts
    private let load: @Sendable () async throws -> SpecialTokens?
    private let guards = Mutex<Guards?>(nil)
    private let skeletons = Mutex<[String: Result<PromptSkeleton, PromptSkeleton.Unfit>]>([:])

    private struct Guards: Sendable {
        /// Finds and breaks every special token of the model, and the common ones.
        var all: PromptGuard
        /// Breaks those that the server would parse in plain text too.
        var stubborn: PromptGuard
        var knowsModel: Bool
    }

    /// Creates an assembler.
    ///
    /// - Parameters:
    ///   - mode: When to send ids.
    ///   - load: Reads the special tokens of the model, nil where they are not known.
    init(_ mode: Capabilities.TokenPrompts, special load: @escaping @Sendable () async throws -> SpecialTokens?) {
        self.mode = mode
        self.load = load
    }

    /// How messages are to be sent.
    func need(_ messages: [ChatMessage]) async -> Need {
        if mode == .always { return .ids }
        let guards = await loaded()
        let isHarmless = messages.allSatisfy { guards.all.neutralise($0.content).count == 0 }
        switch (mode, isHarmless) {
        case (.never, false): return .text
        case (.never, true): return .chat
        // Without the model's own list nothing can be said to be harmless.
        default: return isHarmless && guards.knowsModel ? .chat : .ids
        }
    }

    /// Messages as text in which every control token is broken.
    func neutralised(_ messages: [ChatMessage]) async -> [ChatMessage] {
        let guardian = await loaded().all
        return messages.map { ChatMessage(role: $0.role, content: guardian.neutralise($0.content).text) }
    }

    /// Messages as ids: one call of the server, and a dozen short ones at the first use of an order of roles.
    ///
    /// - Parameters:
    ///   - messages: The conversation.
    ///   - server: Where its template and tokenizer are asked.
    /// - Returns: The prompt, nil when the model's template cannot be taken apart or the server takes no pieces.
    /// - Throws: When the server does not answer.
    func ids(_ messages: [ChatMessage], _ server: TokenServer) async throws -> [Int]? {
        let roles = messages.map(\.role)
        let key = roles.joined(separator: "\n")
        var found = skeletons.withLock { $0[key] }
        if found == nil {
            let made: Result<PromptSkeleton, PromptSkeleton.Unfit>
            do {
                made = .success(try await PromptSkeleton(roles: roles, server))
            } catch let unfit as PromptSkeleton.Unfit {
                made = .failure(unfit)
            }
            skeletons.withLock { $0[key] = made }
            found = made
        }
        guard case .success(let skeleton) = found else { return nil }
        let stubborn = await loaded().stubborn
        do {
            return try await server.tokenize(skeleton.pieces(messages.map { stubborn.neutralise($0.content).text }))
        } catch is PromptSkeleton.Unfit {
            return nil
        }
    }

    private func loaded() async -> Guards {
        if let known = guards.withLock({ $0 }) { return known }
        // A model whose header cannot be read is one whose tokens are not known.
        let special = (try? await load()) ?? nil
        let known = Guards(
            all: PromptGuard(tokens: special?.control ?? []),
            stubborn: PromptGuard(onlyCommonOf: special?.userDefined),
            knowsModel: special != nil
        )
        return guards.withLock { guards in
            if guards == nil { guards = known }
            return guards ?? known
        }
    }
}

/// The template and the tokenizer of a llama.cpp server.
struct TokenServer: Sendable {
    let client: HTTPClient
    let endpoint: EngineEndpoint
    let deadline: Duration

    /// Text, or an id.
    enum Piece: Sendable, Equatable {
        case text(String)
        case id(Int)
    }

    /// Messages as the model's template writes them, up to where the reply begins.
    func render(_ messages: [ChatMessage]) async throws -> String {
        let list = messages.map { JSONValue.object(["role": .string($0.role), "content": .string($0.content)]) }
        let reply = try await post("/apply-template", ["messages": .array(list)])
        guard let text = reply["prompt"]?.stringValue else {
            throw PromptSkeleton.Unfit("the server renders no template")
        }
        return text
    }

    /// Ids of pieces, with what the model wants at the start; control tokens in texts are plain text.
    func tokenize(_ pieces: [Piece]) async throws -> [Int] {
        // An empty text first: only in front of a text the server puts what begins every prompt of the model.
        let content =
            [JSONValue.string("")]
            + pieces.map { piece in
                switch piece {
                case .text(let text): .string(text)
                case .id(let id): .int(id)
                }
            }
        return try await ids(["content": .array(content), "add_special": true, "parse_special": false])
    }

    /// Ids of a text, with its control tokens and what the model wants at the start: what the chat interface does.
    func tokenizeParsed(_ text: String) async throws -> [Int] {
        try await ids(["content": .string(text), "add_special": true, "parse_special": true])
    }

    /// Ids of a text without anything before it; control tokens are plain text.
    func tokenizePlain(_ text: String) async throws -> [Int] {
        try await ids(["content": .string(text), "add_special": false, "parse_special": false])
    }

    /// Ids of a text with its control tokens, and the text of each where it is one.
    func pieces(_ text: String) async throws -> [(id: Int, text: String?)] {
        let body: JSONValue = [
            "content": .string(text), "add_special": false, "parse_special": true, "with_pieces": true,
        ]
        return try tokens(try await post("/tokenize", body)).compactMap { token in
            token["id"]?.intValue.map { ($0, token["piece"]?.stringValue) }
        }
    }

    /// Whether replies of this model begin with reasoning, which only the chat interface takes out.
    func reasons() async throws -> Bool {
        let request = HTTPRequest("GET", endpoint.native("/props"), headers: endpoint.headers, deadline: deadline)
        let response = try await answer(to: request, "/props")
        guard response.status == 200 else { return false }
        let template = (try? JSONValue(parsing: response.text))?["chat_template"]?.stringValue ?? ""
        return ["<think>", "[THINK]", "<|channel|>", "<seed:think>"].contains { template.contains($0) }
    }

    private func ids(_ body: JSONValue) async throws -> [Int] {
        let list = try tokens(try await post("/tokenize", body))
        let ids = list.compactMap(\.intValue)
        guard ids.count == list.count else { throw PromptSkeleton.Unfit("the server's tokens are not numbers") }
        return ids
    }

    private func tokens(_ reply: JSONValue) throws -> [JSONValue] {
        guard let tokens = reply["tokens"]?.arrayValue else {
            throw PromptSkeleton.Unfit("the server does not tokenize lists")
        }
        return tokens
    }

    private func post(_ path: String, _ body: JSONValue) async throws -> JSONValue {
        let request = HTTPRequest(
            "POST",
            endpoint.native(path),
            headers: endpoint.headers,
            body: Array(body.text.utf8),
            deadline: deadline,
            maxResponseBytes: ChatCaller.maxReplyBytes
        )
        let response = try await answer(to: request, path)
        guard response.status == 200, let reply = try? JSONValue(parsing: response.text) else {
            throw PromptSkeleton.Unfit("the server answers \(path) with status \(response.status)")
        }
        return reply
    }

    /// The answer, whatever its status; overload is no statement about what the server can do, so that it is tried again.
    private func answer(to request: HTTPRequest, _ path: String) async throws -> HTTPResponse {
        let response = try await client.send(request)
        guard [429, 502, 503, 504].contains(response.status) else { return response }
        throw TryFailure(
            error: EngineFault(body: response.text).error(status: response.status, engine: path, key: endpoint.key),
            mayRetry: true
        )
    }
}
