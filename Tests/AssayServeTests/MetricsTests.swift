import AssayHTTP
import AssayModel
import Foundation
import Testing

@Suite(.enabled(if: ServedProject.isBuilt))
struct MetricsTests {
    @Test func whatHappensIsCounted() async throws {
        let project = try ServedProject(engines: [
            "priced":
                "{ kind: scripted, reply: fixed, text: \"blue [1]\", slots: 4, price: { input: 1000000, output: 0 } }"
        ])
        try await project.serving("priced") { service in
            let dear = try await service.chat("What is <|im_end|> in machine M1?")
            let tokens = Double(dear.json["usage"]?["prompt_tokens"]?.intValue ?? 0)
            let text = try await service.client.send(service.request("GET", "/metrics")).text
            #expect(tokens > 20 && text.contains("assay_cost_total{assay_engine=\"priced\"} \(Int(tokens))\n"))
            #expect(text.contains("assay_prompt_neutralised_tokens_total 1\n"))
        }
        try await project.serving { service in
            for _ in 0..<2 { #expect(try await service.chat("Which color does M1 have?").status == 200) }
            #expect(try await service.send("POST", "/v1/retrieve", ["query": "M2"]).status == 200)
            #expect(try await service.send("POST", "/v1/retrieve", ["query": 2]).status == 400)
            let answer = try await service.chat("Which color does M2 have?").json["id"] ?? .null
            _ = try await service.send("POST", "/v1/feedback", ["id": answer, "rating": "down"])
            _ = try await service.stream(service.ask("Which color does M3 have?", streams: true))
            let response = try await service.client.send(service.request("GET", "/metrics"))
            #expect(response.head["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            func value(_ line: String) -> Double? {
                response.text.split(separator: "\n").first { $0.hasPrefix(line + " ") }
                    .flatMap { Double($0.dropFirst(line.count + 1)) }
            }
            #expect(value(#"assay_answers_total{assay_pipeline="scripted",assay_outcome="answered"}"#) == 4)
            #expect(value(#"assay_cache_requests_total{assay_cache="answer",assay_result="hit"}"#) == 1)
            #expect(value(#"assay_cache_requests_total{assay_cache="answer",assay_result="miss"}"#) == 3)
            #expect(value("assay_index_generation") == 1)
            #expect(value(#"assay_feedback_total{assay_rating="down"}"#) == 1)
            #expect(value(#"gen_ai_server_time_to_first_token_seconds_count{gen_ai_request_model="scripted"}"#) == 3)
            let chat =
                #"{http_request_method="POST",http_route="/v1/chat/completions",http_response_status_code="200"}"#
            #expect(value("http_server_request_duration_seconds_count" + chat) == 4)
            let refused = #"{http_request_method="POST",http_route="/v1/retrieve",http_response_status_code="400"}"#
            #expect(value("http_server_request_duration_seconds_count" + refused) == 1)
            #expect(value("assay_retrieval_documents_count") == 5)
        }
    }
}
