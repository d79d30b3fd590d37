import AssayModel
import AssayPipeline
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore

extension Service {
    /// `POST /v1/responses` in the shape of OpenAI's Responses, without state.
    func responses(_ request: Request, _ context: ServeContext, _ caller: Caller) async throws -> Response {
        let body = try await request.json(limit: ServeOptions.bodyBytes, from: context.channel)
        let answer = live.session.parts.spec.answer
        let ask = try ResponsesAsk(body, model: model, answer: answer, rewrites: takesConversations)
        let shape = ResponseShape(
            id: "resp_" + Self.answerID().trimmingPrefix("chatcmpl-"),
            model: model,
            created: Int(Date().timeIntervalSince1970),
            temperature: answer?.temperature ?? 0,
            withScores: caller.may(.eval)
        )
        if ask.streams {
            return try await stream(
                ask.turns.question,
                after: ask.turns.history,
                id: shape.id,
                ResponseFrames(shape),
                route: "/v1/responses",
                context,
                caller
            )
        }
        let served = try await whileConnected(context.channel) { [self] in
            try await serve(ask.turns.question, after: ask.turns.history, caller, id: shape.id)
        }
        return .json(shape.response(served))
    }
}

/// The objects of OpenAI's Responses.
struct ResponseShape: Sendable {
    var id: String
    var model: String
    var created: Int
    var temperature: Double
    var withScores: Bool

    /// Id of the one message of a response.
    var message: String { "msg_" + id.trimmingPrefix("resp_") }

    /// A response; one that is under way has no output yet.
    func response(_ served: Served?) -> JSONValue {
        var members: [String: JSONValue] = [
            "id": .string(id), "object": "response", "created_at": .int(created), "model": .string(model),
            "status": "in_progress", "error": nil, "incomplete_details": nil, "instructions": nil,
            "max_output_tokens": nil, "metadata": [:], "output": [], "parallel_tool_calls": true,
            "previous_response_id": nil, "store": false, "temperature": .double(temperature), "top_p": 1,
            "text": ["format": ["type": "text"]], "tool_choice": "auto", "tools": [], "truncation": "disabled",
            "usage": nil,
        ]
        guard let served else { return .object(members) }
        members["status"] = .string(status(served))
        if served.finish == .length { members["incomplete_details"] = ["reason": "max_output_tokens"] }
        members["output"] = [item(served)]
        members["usage"] = [
            "input_tokens": .int(served.usage.promptTokens),
            "input_tokens_details": ["cached_tokens": .int(served.usage.cachedTokens ?? 0)],
            "output_tokens": .int(served.usage.completionTokens),
            "output_tokens_details": ["reasoning_tokens": 0],
            "total_tokens": .int(served.usage.promptTokens + served.usage.completionTokens),
        ]
        members["assay"] = served.extra(withScores: withScores)
        return .object(members)
    }

    /// The message of a response; nil begins an empty one.
    func item(_ served: Served?) -> JSONValue {
        [
            "type": "message", "id": .string(message), "role": "assistant",
            "status": .string(served.map(status) ?? "in_progress"),
            "content": served.map { [part($0)] } ?? [],
        ]
    }

    /// The text of a message; nil begins an empty one.
    func part(_ served: Served?) -> JSONValue {
        [
            "type": "output_text", "text": .string(served?.text ?? ""), "logprobs": [],
            "annotations": .array(served.map(annotations) ?? []),
        ]
    }

    /// Citations; what stands in a member of its own in chat completions stands beside the type here.
    func annotations(_ served: Served) -> [JSONValue] {
        (served.annotations.arrayValue ?? []).compactMap { annotation in
            guard case .object(var members) = annotation["url_citation"] else { return nil }
            members["type"] = "url_citation"
            members["assay"] = annotation["assay"]
            return .object(members)
        }
    }

    func status(_ served: Served) -> String { served.finish == .length ? "incomplete" : "completed" }
}

/// Writes the events of OpenAI's Responses.
struct ResponseFrames: StreamFrames {
    private let shape: ResponseShape
    private var trim = StreamTrim()
    private var number = 0

    init(_ shape: ResponseShape) {
        self.shape = shape
    }

    mutating func opening() -> [UInt8] {
        event("response.created", ["response": shape.response(nil)])
            + event("response.in_progress", ["response": shape.response(nil)])
            + event("response.output_item.added", ["output_index": 0, "item": shape.item(nil)])
            + event("response.content_part.added", placed(["part": shape.part(nil)]))
    }

    mutating func frame(_ happened: StreamEvent) -> [UInt8] {
        switch happened {
        case .admitted: return []
        case .quiet: return Array(": still here\n\n".utf8)
        case .delta(let piece):
            let text = trim.take(piece)
            return text.isEmpty ? [] : delta(text)
        case .failed(let failure):
            // Clients look for `error` as in other streams; the rest is the event of this interface.
            var members: [String: JSONValue] = ["error": failure.body["error"] ?? .null]
            for name in ["code", "message", "param"] { members[name] = failure.body["error"]?[name] ?? .null }
            return event("error", members)
        case .done(let served): return closing(served)
        }
    }

    private mutating func closing(_ served: Served) -> [UInt8] {
        var bytes: [UInt8] = []
        // A stored answer comes whole; of a new one everything was sent but what the trimming held back.
        let rest = trim.rest(of: served.text)
        if !rest.isEmpty { bytes += delta(rest) }
        for (index, annotation) in shape.annotations(served).enumerated() {
            bytes += event(
                "response.output_text.annotation.added",
                placed(["annotation_index": .int(index), "annotation": annotation])
            )
        }
        bytes += event("response.output_text.done", placed(["text": .string(served.text), "logprobs": []]))
        bytes += event("response.content_part.done", placed(["part": shape.part(served)]))
        bytes += event("response.output_item.done", ["output_index": 0, "item": shape.item(served)])
        return bytes + event("response.\(shape.status(served))", ["response": shape.response(served)])
    }

    private mutating func delta(_ text: String) -> [UInt8] {
        event("response.output_text.delta", placed(["delta": .string(text), "logprobs": []]))
    }

    private func placed(_ members: [String: JSONValue]) -> [String: JSONValue] {
        let place: [String: JSONValue] = ["item_id": .string(shape.message), "output_index": 0, "content_index": 0]
        return place.merging(members) { $1 }
    }

    private mutating func event(_ name: String, _ members: [String: JSONValue]) -> [UInt8] {
        let own: [String: JSONValue] = ["type": .string(name), "sequence_number": .int(number)]
        number += 1
        let data = JSONValue.object(own.merging(members) { $1 })
        return Array("event: \(name)\ndata: ".utf8) + data.bytes + [0x0A, 0x0A]
    }
}
