import AssayHTTP
import AssayModel
import AssayTestServer
import Foundation
import Testing

/// The trace of a served question, from the client's header to the engine's, over real HTTP: request, engine and exported spans share one trace.
@Suite(.enabled(if: ServedProject.isBuilt))
struct RequestSpanTests {
    private static let trace = "0af7651916cd43dd8448eb211c80319c"
    private static let parent = "00-\(trace)-b7ad6b7169203331-01"

    /// A span of a trace file.
    private struct Span {
        var json: JSONValue

        var name: String { json["name"]?.stringValue ?? "" }
        var trace: String { json["traceId"]?.stringValue ?? "" }
        var id: String { json["spanId"]?.stringValue ?? "" }
        var parent: String? { json["parentSpanId"]?.stringValue }
        var state: String? { json["traceState"]?.stringValue }
        var duration: Double {
            func time(_ key: String) -> Double { Double(json[key]?.stringValue ?? "") ?? 0 }
            return (time("endTimeUnixNano") - time("startTimeUnixNano")) / 1e9
        }

        subscript(key: String) -> String? {
            let value = json["attributes"]?.arrayValue?.first { $0["key"]?.stringValue == key }?["value"]
            return value?["stringValue"]?.stringValue ?? value?["intValue"]?.stringValue
        }
    }

    private static func spans(_ path: String) throws -> [Span] {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
        return try text.split(separator: "\n").flatMap { line in
            try JSONValue(parsing: String(line))["resourceSpans"]?.arrayValue?
                .flatMap { $0["scopeSpans"]?.arrayValue ?? [] }.flatMap { $0["spans"]?.arrayValue ?? [] } ?? []
        }.map { Span(json: $0) }
    }

    /// An engine that speaks OpenAI's stream, word by word.
    private static func engine(_ pause: Duration = .zero) throws -> LoopbackServer {
        try LoopbackServer { request, _ in
            guard request.path.hasSuffix("/chat/completions") else { return [.head(404, [("Content-Length", "0")])] }
            let pieces = ["Machine", " M1", " is", " green [1]."].flatMap { word -> [LoopbackServer.Step] in
                [
                    .text("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\(word)\"}}]}\n\n"), .wait(pause),
                ]
            }
            return [.head(200, [("Content-Type", "text/event-stream"), ("Connection", "close")])] + pieces + [
                .text("data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"),
                .text(
                    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4}}\n\ndata: [DONE]\n\n"
                ),
            ]
        }
    }

    private static func project(_ engine: LoopbackServer) throws -> ServedProject {
        try ServedProject(engines: [
            "remote": "{ kind: openai, base_url: \"\(engine.url)/v1\", model: any, slots: 2, timeout: 20 }"
        ])
    }

    @Test func clientEngineAndSpansShareOneTrace() async throws {
        let engine = try Self.engine()
        defer { engine.stop() }
        let project = try Self.project(engine)
        let file = project.root + "/spans.jsonl"
        try await project.serving("remote", ["--trace", file]) { service in
            let headers = [HTTPHeader("traceparent", Self.parent), HTTPHeader("tracestate", "vendor=1")]
            let request = service.request(
                "POST",
                "/v1/chat/completions?secret=query",
                service.ask("Which color does M1 have?"),
                headers: headers
            )
            let response = try await service.client.send(request)
            #expect(response.status == 200, "\(response.text)")
        }
        let spans = try Self.spans(file).filter { $0.trace == Self.trace }
        let root = try #require(spans.first { $0.parent == "b7ad6b7169203331" })
        #expect(root.name == "POST /v1/chat/completions" && root.json["kind"] == 2 && root.state == "vendor=1")
        #expect(root["http.request.method"] == "POST" && root["http.route"] == "/v1/chat/completions")
        #expect(root["http.response.status_code"] == "200" && root["url.path"] == "/v1/chat/completions")
        #expect(root["server.address"] == "127.0.0.1" && root["server.port"] != nil && root["error.type"] == nil)
        let question = try #require(spans.first { $0.parent == root.id })
        #expect(question.name.hasPrefix("invoke_workflow"), "\(question.name)")
        let names = spans.filter { $0.parent == question.id }.map(\.name)
        #expect(
            names.contains { $0.hasPrefix("embeddings") } && names.contains { $0.hasPrefix("retrieval") },
            "\(names)"
        )
        let generation = try #require(spans.first { $0.parent == question.id && $0.name.hasPrefix("chat") })
        let sent = try #require(engine.log.requests.first { $0.path.hasSuffix("/chat/completions") })
        #expect(
            sent["traceparent"] == "00-\(Self.trace)-\(generation.id)-01",
            "the engine's caller is the span of its call"
        )
        #expect(sent["tracestate"] == "vendor=1")
        let text = try String(contentsOfFile: file, encoding: .utf8)
        #expect(!text.contains("secret") && !text.contains("Which color"), "neither query nor text leaves")
    }

    /// A thumb is a score of its answer's trace, whatever trace brings it; its comment stays here unless texts are exported.
    @Test func feedbackJoinsTheTraceOfItsAnswer() async throws {
        let project = try ServedProject()
        let file = project.root + "/spans.jsonl"
        try await project.serving("scripted", ["--trace", file, "--trace-profile", "openinference"]) { service in
            let id = try await service.chat("Which color does M1 have?").json["id"] ?? .null
            let kept = try await service.send(
                "POST",
                "/v1/feedback",
                ["id": id, "rating": "down", "comment": "wrong machine"]
            )
            #expect(kept.status == 200)
        }
        let spans = try Self.spans(file)
        let question = try #require(spans.first { $0.name == "assay.question" })
        let score = try #require(spans.first { $0.name == "assay.score" })
        #expect(score.trace == question.trace && score.parent == question.id)
        #expect(score["evaluations.0.evaluation.name"] == "user_feedback")
        #expect(score["evaluations.0.evaluation.annotator_kind"] == "HUMAN")
        let text = try String(contentsOfFile: file, encoding: .utf8)
        #expect(!text.contains("wrong machine"))
    }

    @Test(arguments: [
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "nonsense", "",
    ])
    func aWrongHeaderBeginsATraceOfItsOwn(header: String) async throws {
        let project = try ServedProject()
        let file = project.root + "/spans.jsonl"
        try await project.serving("none", ["--trace", file]) { service in
            let request = service.request(
                "POST",
                "/v1/retrieve",
                ["query": "M1"],
                headers: [HTTPHeader("traceparent", header)]
            )
            let response = try await service.client.send(request)
            #expect(response.status == 200)
        }
        let root = try #require(try Self.spans(file).first { $0.name == "POST /v1/retrieve" })
        #expect(root.parent == nil && root.trace != Self.trace && root.trace.count == 32)
    }

    @Test func aLaterVersionIsReadAndItsDecisionFollowed() async throws {
        let project = try ServedProject()
        let file = project.root + "/spans.jsonl"
        try await project.serving("none", ["--trace", file]) { service in
            for header in ["cc-\(Self.trace)-b7ad6b7169203331-01-more", "00-\(Self.trace)-00f067aa0ba902b7-00"] {
                let request = service.request(
                    "POST",
                    "/v1/retrieve",
                    ["query": "M1"],
                    headers: [HTTPHeader("traceparent", header)]
                )
                let response = try await service.client.send(request)
                #expect(response.status == 200)
            }
        }
        let spans = try Self.spans(file)
        #expect(spans.contains { $0.trace == Self.trace && $0.parent == "b7ad6b7169203331" })
        #expect(!spans.contains { $0.parent == "00f067aa0ba902b7" }, "who does not sample is followed")
    }

    /// The refused and the unknown have a span, probes and scrapes have none.
    @Test func refusedRequestsHaveASpanAndProbesNone() async throws {
        let project = try ServedProject()
        let made = try await project.run("keys", "new", "web", "--file", "keys.json")
        let key = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
        let file = project.root + "/spans.jsonl"
        try await project.serving("scripted", ["--trace", file, "--keys", "keys.json"]) { service in
            #expect(try await service.chat("Which color does M1 have?").status == 401)
            #expect(try await service.send("POST", "/v1/documents", [:], key: key).status == 403)
            #expect(try await service.send("GET", "/nowhere/\(key)").status == 404)
            for path in ["/healthz", "/readyz", "/metrics", "/dashboard", "/dashboard.json", "/dashboard.js"] {
                _ = try await service.send("GET", path, key: key)
            }
            #expect(try await service.send("GET", "/v1/models/scripted", key: key).status == 200)
        }
        let spans = try Self.spans(file)
        let seen = spans.map { "\($0.name) \($0["http.response.status_code"] ?? "-")" }.sorted()
        #expect(
            seen == [
                "GET /v1/models/{model} 200", "GET 404", "POST /v1/chat/completions 401", "POST /v1/documents 403",
            ],
            "\(seen)"
        )
        #expect(spans.allSatisfy { $0["error.type"] == nil && $0["client.address"] == nil })
    }

    /// A stream's span is as long as the stream, and says what broke it off.
    @Test func aStreamsSpanEndsWithItsBody() async throws {
        let project = try ServedProject()
        let file = project.root + "/spans.jsonl"
        try await project.serving("slow", ["--trace", file, "--deadline", "1"]) { service in
            let (status, events) = try await service.stream(service.ask("Which color does M1 have?", streams: true))
            #expect(status == 200 && events.last?.contains("deadline_exceeded") == true)
        }
        let root = try #require(try Self.spans(file).first { $0.name == "POST /v1/chat/completions" })
        #expect(root.duration > 0.9, "\(root.duration)")
        #expect(root["http.response.status_code"] == "200" && root["error.type"] == "deadline_exceeded")
        #expect(root.json["status"]?["code"] == 2)
    }

    /// A client that leaves in the middle of a stream ends its span too.
    @Test func whoLeavesEndsTheSpan() async throws {
        let engine = try Self.engine(.milliseconds(400))
        defer { engine.stop() }
        let project = try Self.project(engine)
        let file = project.root + "/spans.jsonl"
        try await project.serving("remote", ["--trace", file]) { service in
            let request = service.request(
                "POST",
                "/v1/chat/completions",
                service.ask("Which color does M1 have?", streams: true)
            )
            try await service.client.stream(request) { head, body in
                #expect(head.status == 200)
                var iterator = body.makeAsyncIterator()
                _ = try await iterator.next()
            }
            let isThere = try await holds(within: .seconds(10)) {
                try Self.spans(file).contains { $0.name == "POST /v1/chat/completions" }
            }
            let names = try Self.spans(file).map(\.name)
            #expect(isThere, "\(names)")
        }
    }
}
