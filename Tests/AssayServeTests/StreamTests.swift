import AssayHTTP
import AssayModel
import Foundation
import Testing

@testable import AssayServe

/// Streams over real HTTP, and what becomes of the engine when a client leaves.
@Suite(.enabled(if: ServedProject.isBuilt))
struct StreamTests {
    @Test func aStreamIsTheWholeAnswer() async throws {
        let project = try ServedProject()
        try await project.serving("slow") { service in
            let question = "Which color does M1 have?"
            let body = service.ask(question, streams: true, extra: ["stream_options": ["include_usage": true]])
            let (status, events) = try await service.stream(body)
            #expect(status == 200 && events.last == "[DONE]")
            let chunks = try events.dropLast().map { try JSONValue(parsing: $0) }
            #expect(chunks.allSatisfy { $0["object"] == "chat.completion.chunk" && $0["id"] == chunks[0]["id"] })
            let deltas = chunks.compactMap { $0["choices"]?.arrayValue?.first?["delta"] }
            #expect(deltas[0]["role"] == "assistant" && deltas[0]["content"] == "")
            let pieces = deltas.compactMap { $0["content"]?.stringValue }.filter { !$0.isEmpty }
            #expect(pieces.count == 11, "one piece a word: \(pieces)")
            let reasons = chunks.compactMap { $0["choices"]?.arrayValue?.first?["finish_reason"]?.stringValue }
            #expect(reasons == ["stop"])
            let last = try #require(chunks.last)
            #expect(last["choices"] == [] && last["usage"]?["completion_tokens"] == 11)
            #expect(deltas.contains { $0["annotations"]?.arrayValue?.count == 1 })
            #expect(chunks.contains { $0["assay"]?["passages"]?.arrayValue?.count == 2 })
            // The second time the answer is taken from the store: whole, and the same.
            let again = try await service.stream(service.ask(question, streams: true))
            let text = try again.events.dropLast().map { try JSONValue(parsing: $0) }
                .compactMap { $0["choices"]?.arrayValue?.first?["delta"]?["content"]?.stringValue }.joined()
            #expect(text == pieces.joined() && !again.events.contains { $0.contains(#""usage":{"#) })
        }
    }

    @Test func anErrorAfterTheHeadIsAnEvent() async throws {
        let project = try ServedProject()
        try await project.serving("slow", ["--deadline", "1"]) { service in
            let (status, events) = try await service.stream(service.ask("Which color does M1 have?", streams: true))
            #expect(status == 200)
            let last = try JSONValue(parsing: events.last ?? "")
            #expect(last["error"]?["code"] == "deadline_exceeded", "\(events)")
            #expect(events.contains { $0.contains("\"content\":\"one\"") })
            let whole = try await service.chat("Which color does M2 have?")
            #expect(whole.status == 504)
        }
    }

    /// One slot, ten words of 150 ms each: when the client leaves, the slot is free long before the answer would have ended.
    @Test(arguments: [true, false])
    func whoLeavesFreesTheEngine(_ streams: Bool) async throws {
        let project = try ServedProject()
        try await project.serving("slow") { service in
            let body = service.ask("Which color does M\(streams ? 1 : 2) have?", streams: streams)
            let reading = Task {
                try await service.client.stream(service.request("POST", "/v1/chat/completions", body)) { _, body in
                    for try await _ in body {}
                }
            }
            #expect(try await holds { try await service.send("GET", "/readyz").json["in_flight"] == 1 })
            reading.cancel()
            _ = await reading.result
            let isFree = try await holds(within: .seconds(1)) {
                try await service.send("GET", "/readyz").json["in_flight"] == 0
            }
            #expect(isFree)
        }
    }

    @Test func whoWaitsTooLongIsSentAwayAndWhoLeavesTheQueueIsNotAsked() async throws {
        let project = try ServedProject()
        try await project.serving("slow", ["--queue", "1"]) { service in
            async let first = service.chat("Which color does M1 have?")
            #expect(try await holds { try await service.send("GET", "/readyz").json["in_flight"] == 1 })
            let waiting = Task { try await service.chat("Which color does M2 have?") }
            #expect(try await holds { try await service.send("GET", "/readyz").json["waiting"] == 1 })
            let refused = try await service.stream(service.ask("Which color does M3 have?", streams: true))
            #expect(refused.status == 429)
            let whole = try await service.chat("Which color does M3 have?")
            #expect(whole.status == 429 && whole.json["error"]?["code"] == "queue_full")
            #expect(whole.head["retry-after"].flatMap { Int($0) } ?? 0 >= 1)
            waiting.cancel()
            _ = await waiting.result
            #expect(
                try await holds(within: .seconds(1)) { try await service.send("GET", "/readyz").json["waiting"] == 0 }
            )
            #expect(try await first.status == 200)
            // M2's answer was never made: making it now takes its time.
            let start = ContinuousClock.now
            #expect(try await service.chat("Which color does M2 have?").status == 200)
            #expect(ContinuousClock.now - start > .seconds(1))
        }
    }

    @Test func trimmingGivesTheAnswerItself() {
        for pieces in [["  a", " b ", " ", "c", "\n"], [" ", "\n", "x"], ["a b"], [" "], []] {
            var trim = StreamTrim()
            let sent = pieces.map { trim.take($0) }.joined()
            let whole = pieces.joined()
            let answer = whole.trimmingCharacters(in: .whitespacesAndNewlines)
            #expect(sent + trim.rest(of: answer) == answer)
        }
    }
}
