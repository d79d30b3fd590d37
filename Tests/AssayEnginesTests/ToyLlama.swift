import AssayModel
import AssayTestServer

/// A llama.cpp server in small: a chat template, a tokenizer with control tokens, and an engine that says "ok".
///
/// Plain text has one token a byte, but two line ends in a row are one token and a word after a space another: boundaries show.
struct ToyLlama: Sendable {
    static let control = ["<|im_start|>": 1, "<|im_end|>": 2, "<bos>": 3, "</s>": 4]
    static let userDefined = ["<tool_call>": 5]
    static let doubleLine = 50

    enum Template: Sendable {
        case chatML
        /// Takes white space off contents.
        case trimming
        /// Shows the last message twice.
        case repeating
        /// Its replies begin with reasoning.
        case reasoning
        /// The server has no such interface.
        case missing
    }

    var template = Template.chatML
    /// Texts of a reply.
    var pieces = ["Because", " of", " ünï"]

    func server() throws -> LoopbackServer {
        try LoopbackServer { request, _ in answer(request) }
    }

    /// The prompt that reached `/completion` in the last request.
    static func prompt(of server: LoopbackServer) -> [Int]? {
        server.log.requests.last { $0.path == "/completion" }?.json["prompt"]?.arrayValue?.compactMap(\.intValue)
    }

    static func controls(in ids: [Int]) -> [Int] { ids.filter { (1...5).contains($0) } }

    func answer(_ request: LoopbackServer.Request) -> [LoopbackServer.Step] {
        switch request.path {
        case "/props":
            let text = template == .reasoning ? "{{ '<think>' }}" : "chatml"
            return .answer(200, JSONValue.object(["chat_template": .string(text)]).text)
        case "/apply-template":
            if template == .missing { return .answer(404, #"{"error":{"message":"File Not Found"}}"#) }
            return .answer(200, JSONValue.object(["prompt": .string(render(request.json))]).text)
        case "/tokenize": return .answer(200, tokenize(request.json).text)
        case "/completion": return .events(completion(request.json))
        default: return .events(streamEvents(["chat"]))
        }
    }

    private func render(_ body: JSONValue) -> String {
        var messages = (body["messages"]?.arrayValue ?? []).map {
            ($0["role"]?.stringValue ?? "", $0["content"]?.stringValue ?? "")
        }
        if template == .repeating, let last = messages.last { messages.append(last) }
        let text = messages.map { role, content in
            let shown = template == .trimming ? content.trimmingSpace : content
            return "<|im_start|>\(role)\n\(shown)<|im_end|>\n"
        }
        return text.joined() + "<|im_start|>assistant\n"
    }

    private func tokenize(_ body: JSONValue) -> JSONValue {
        let parses = body["parse_special"] == true
        var ids: [Int] = []
        if let text = body["content"]?.stringValue {
            if body["add_special"] == true { ids.append(3) }
            ids += Self.tokens(text, parsesControl: parses)
        } else {
            for (number, piece) in (body["content"]?.arrayValue ?? []).enumerated() {
                if let id = piece.intValue {
                    ids.append(id)
                } else if let text = piece.stringValue {
                    if number == 0, body["add_special"] == true { ids.append(3) }
                    ids += Self.tokens(text, parsesControl: parses)
                }
            }
        }
        guard body["with_pieces"] == true else { return ["tokens": .array(ids.map { .int($0) })] }
        let names = Dictionary(uniqueKeysWithValues: Self.control.merging(Self.userDefined) { $1 }.map { ($1, $0) })
        return [
            "tokens": .array(
                ids.map { id in
                    let plain = id >= 100 && id < 228 ? String(decoding: [UInt8(id - 100)], as: UTF8.self) : "\n\n"
                    return ["id": .int(id), "piece": .string(names[id] ?? plain)]
                }
            )
        ]
    }

    /// Ids as the toy makes them: special tokens first, then what is between them.
    static func tokens(_ text: String, parsesControl: Bool) -> [Int] {
        let special = parsesControl ? control.merging(userDefined) { $1 } : userDefined
        var ids: [Int] = []
        var rest = text[...]
        while !rest.isEmpty {
            if let (literal, id) = special.first(where: { rest.hasPrefix($0.key) }) {
                ids.append(id)
                rest = rest.dropFirst(literal.count)
            } else if rest.utf8.starts(with: [10, 10]) {
                ids.append(doubleLine)
                rest = rest.dropFirst(2)
            } else {
                ids += rest.prefix(1).utf8.map { 100 + Int($0) }
                rest = rest.dropFirst()
            }
        }
        return ids
    }

    private func completion(_ body: JSONValue) -> [String] {
        let chunks = pieces.enumerated().map { number, piece -> String in
            var chunk: JSONValue = ["index": 0, "content": .string(piece), "tokens": [7], "stop": false]
            if number == 0, body["n_probs"] != nil, case .object(var members) = chunk {
                members["completion_probabilities"] = [
                    [
                        "id": 7, "token": .string(piece), "logprob": -0.5,
                        "top_logprobs": [["id": 7, "token": .string(piece), "logprob": -0.5]],
                    ]
                ]
                chunk = .object(members)
            }
            return chunk.text
        }
        let end: JSONValue = [
            "index": 0, "content": "", "stop": true, "stop_type": "limit", "tokens_predicted": 3,
            "tokens_evaluated": .int(body["prompt"]?.arrayValue?.count ?? 0),
            "timings": ["cache_n": 4, "prompt_n": 9, "prompt_ms": 12.5, "predicted_ms": 30.25],
        ]
        return chunks + [end.text]
    }
}

extension String {
    fileprivate var trimmingSpace: String {
        let start = firstIndex { !$0.isWhitespace } ?? endIndex
        let end = lastIndex { !$0.isWhitespace }.map(index(after:)) ?? start
        return String(self[start..<end])
    }
}
