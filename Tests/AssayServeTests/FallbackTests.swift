import AssayHTTP
import AssayModel
import AssayTestServer
import Foundation
import Testing

/// Engines that fail, and the one that stands in.
@Suite(.enabled(if: ServedProject.isBuilt))
struct FallbackTests {
    /// A project whose pipeline `twin` asks a server of the test first and `scripted` when that fails.
    private static func project(_ server: LoopbackServer) throws -> ServedProject {
        let project = try ServedProject(engines: [
            "remote":
                "{ kind: openai, base_url: \"http://127.0.0.1:\(server.port)/v1\", model: m, timeout: 5, slots: 2 }"
        ])
        try project.write(
            "twin.yaml",
            "assay: 1\ncorpus: corpus\nchunk: { by: headings, tokens: 60 }\nembed: { by: hashed }\n"
                + "answer: { engine: remote, context: 2 }\nserve: { fallback: scripted }\n"
        )
        return project
    }

    private static func events(_ pieces: [String]) -> String {
        let deltas = pieces.map { "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\($0)\"}}]}\n\n" }
        let end = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
        return deltas.joined() + end
    }

    /// Questions that the server was asked; making sure that it is there does not count.
    private static func asked(_ server: LoopbackServer) -> Int {
        server.log.requests.count { $0.method == "POST" }
    }

    @Test func anotherEngineStandsIn() async throws {
        let server = try LoopbackServer { request, _ in
            if request.text.contains("machine M1") {
                return [.head(200, [("Content-Type", "text/event-stream")]), .text(Self.events(["from ", "afar"]))]
            }
            // Neither a connection nor a status that concerns the question alone.
            return request.text.contains("machine M2")
                ? [.cut] : [.head(503, [("Content-Length", "2"), ("x-should-retry", "false")]), .text("{}")]
        }
        try await Self.project(server).serving("twin") { service in
            let first = try await service.chat("Which color does machine M1 have?")
            #expect(first.json["assay"]?["engine"] == "remote", "\(first.json.text)")
            #expect(first.json["choices"]?.arrayValue?.first?["message"]?["content"] == "from afar")
            for question in ["machine M2", "machine M3"] {
                let other = try await service.chat("Which color does \(question) have?")
                #expect(other.status == 200 && other.json["assay"]?["engine"] == "scripted", "\(other.json.text)")
                #expect(other.json["assay"]?["degraded"] == JSONValue.null)
            }
            let stream = try await service.stream(service.ask("Which color does machine M4 have?", streams: true))
            #expect(stream.status == 200 && stream.events.contains { $0.contains("\"engine\":\"scripted\"") })

            // The first engine is left alone after five failures in a row; the service stays ready, since one engine answers.
            for number in 5..<9 { _ = try await service.chat("Which color does machine M\(number) have?") }
            let asked = Self.asked(server)
            let start = ContinuousClock.now
            let quick = try await service.chat("Is there a frame?")
            #expect(quick.json["assay"]?["engine"] == "scripted" && ContinuousClock.now - start < .milliseconds(500))
            #expect(Self.asked(server) == asked)
            #expect(try await service.send("GET", "/readyz").status == 200)
            let metrics = try await service.client.send(service.request("GET", "/metrics")).text
            #expect(metrics.contains("assay_engine_breaker_state{assay_engine=\"remote\",assay_state=\"open\"} 1"))
            #expect(metrics.contains("assay_engine_breaker_state{assay_engine=\"scripted\",assay_state=\"closed\"} 1"))
            #expect(
                metrics.contains("gen_ai_server_time_to_first_token_seconds_count{gen_ai_request_model=\"scripted\"}")
            )
        }
    }

    @Test func whatHasBegunIsNotSaidTwice() async throws {
        let server = try LoopbackServer { _, _ in
            [
                .head(200, [("Content-Type", "text/event-stream")]),
                .text("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"half a\"}}]}\n\n"),
                .wait(.milliseconds(50)),
                .cut,
            ]
        }
        try await Self.project(server).serving("twin") { service in
            let stream = try await service.stream(service.ask("Which color does machine M1 have?", streams: true))
            #expect(stream.events.contains { $0.contains("half") })
            #expect(stream.events.contains { $0.contains("\"error\"") })
            #expect(!stream.events.contains { $0.contains("\"engine\":\"scripted\"") })
            #expect(Self.asked(server) == 1)
        }
    }

    @Test func retriesHaveABudget() async throws {
        let server = try LoopbackServer { _, _ in
            [.head(500, [("Content-Length", "2"), ("retry-after-ms", "1")]), .text("{}")]
        }
        try await Self.project(server).serving("twin") { service in
            for number in 0..<4 { _ = try await service.chat("Which color does machine M\(number) have?") }
            // Two retries each while the breaker is closed.
            #expect(Self.asked(server) == 12)
            let metrics = try await service.client.send(service.request("GET", "/metrics")).text
            #expect(metrics.contains("assay_engine_retries_total{assay_engine=\"remote\"} 8"))
            // Costs and documents are counted too.
            #expect(metrics.contains("assay_index_documents 8"))
        }
    }
}
