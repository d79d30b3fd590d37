import AssayModel
import AssayPipeline
import HTTPTypes
import Hummingbird

extension Service {
    /// `POST /v1/retrieve`: `{"query": TEXT, "limit": N}` → passages with their spans, best first.
    func retrieve(_ request: Request, _ context: ServeContext, _ caller: Caller) async throws -> Response {
        let body = try await request.json(limit: ServeOptions.bodyBytes, from: context.channel)
        guard let query = body["query"]?.stringValue else {
            throw Failure.badRequest("'query' is missing or is not a text", param: "query")
        }
        let opened = live.opened
        let limit = try Self.limit(body["limit"], depth: opened.depth)
        let found = try await opened.retrieve(query, scope: caller.scope, limit: limit ?? min(10, opened.depth))
        meter.retrieved(found.passages, found.stages)
        return .json([
            "object": "list",
            "data": .array(
                found.passages.enumerated().map { number, passage in
                    Self.passage(passage, number: number + 1, withScore: caller.may(.eval))
                }
            ),
            "model": .string(model), "generation": .int(opened.generation),
            "stages": Self.stages(found.stages),
        ])
    }

    static func limit(_ value: JSONValue?, depth: Int) throws(Failure) -> Int? {
        guard let value, value != .null else { return nil }
        guard let limit = value.intValue, (1...max(1, depth)).contains(limit) else {
            throw Failure.badRequest("'limit' is a number from 1 to \(depth)", param: "limit")
        }
        return limit
    }

    /// A passage; scores are for those who measure, since they help to attack an index.
    static func passage(_ passage: RetrievedChunk, number: Int, withScore: Bool) -> JSONValue {
        var members: [String: JSONValue] = [
            "number": .int(number), "id": .string(passage.id), "document": .string(passage.document),
            "start": .int(passage.start), "end": .int(passage.end), "text": .string(passage.text),
        ]
        if withScore { members["score"] = .double(passage.score) }
        return .object(members)
    }

    /// Times with three digits after the point.
    static func stages(_ stages: [StageTime]) -> JSONValue {
        .array(
            stages.map {
                ["stage": .string($0.stage), "ms": .double(($0.milliseconds * 1_000).rounded() / 1_000)]
            }
        )
    }
}
