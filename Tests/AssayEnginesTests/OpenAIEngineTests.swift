import AssayEngines
import AssayHTTP
import AssayModel
import AssayTestServer
import Testing

struct OpenAIEngineTests {
    @Test func streamsAReply() async throws {
        let server = try LoopbackServer { _, _ in
            .events(streamEvents(["Because", " of", " ünï"])) + [.text(": ping\n\n")]
        }
        let engine = try remoteEngine(server, key: "k1")
        let deltas = Deltas()
        let reply = try await engine.chat(question) { deltas.add($0) }
        #expect(reply.text == "Because of ünï")
        #expect(deltas.all == ["Because", " of", " ünï"])
        #expect(reply.finish == .stop)
        #expect(reply.usage == Usage(promptTokens: 11, completionTokens: 3, cachedTokens: 4))
        #expect(reply.timings.promptMs == 12.5 && reply.timings.predictedMs == 30.25 && reply.timings.attempts == 1)
        #expect(reply.timings.firstTokenMs != nil)
        let request = try #require(server.log.requests.first)
        #expect(request.path == "/v1/chat/completions" && request["authorization"] == "Bearer k1")
    }

    @Test func sendsTheWholeRequest() async throws {
        let server = try LoopbackServer { _, _ in .events(streamEvents(["{}"])) }
        let engine = try remoteEngine(server) {
            $0.capabilities.isLlama = true
            $0.capabilities.tokenPrompts = .never
        }
        var request = question
        request.temperature = 0.5
        request.topP = 0.9
        request.seed = 7
        request.stop = ["\n"]
        request.schema = ["type": "object"]
        _ = try await engine.chat(request, onDelta: nil)
        let body = try #require(server.log.requests.first).json
        let expected: JSONValue = [
            "model": "m", "messages": [["role": "user", "content": "Why?"]], "max_tokens": 16, "temperature": 0.5,
            "top_p": 0.9, "seed": 7, "stop": ["\n"], "stream": true, "stream_options": ["include_usage": true],
            "cache_prompt": true,
            "response_format": [
                "type": "json_schema",
                "json_schema": ["name": "reply", "strict": true, "schema": ["type": "object"]],
            ],
        ]
        #expect(body == expected)
    }

    @Test func takesAWholeReplyFromAServerThatDoesNotStream() async throws {
        let server = try LoopbackServer { _, _ in
            .answer(
                200,
                #"{"choices":[{"finish_reason":"length","message":{"content":"abc"}}],"usage":{"prompt_tokens":2,"completion_tokens":1}}"#
            )
        }
        let deltas = Deltas()
        let engine = try remoteEngine(server) { $0.capabilities.streams = false }
        let reply = try await engine.chat(question) { deltas.add($0) }
        #expect(reply.text == "abc" && reply.finish == .length && deltas.all == ["abc"])
        #expect(reply.timings.firstTokenMs == nil)
        #expect(server.log.requests.first?.json["stream"] == false)
    }

    // MARK: retries

    @Test(arguments: [500, 502, 503, 529, 408, 409]) func triesAgainAfterStatus(_ status: Int) async throws {
        let server = try LoopbackServer { _, number in
            number < 2 ? .answer(status, #"{"error":{"message":"busy"}}"#) : .events(streamEvents(["ok"]))
        }
        let time = TestClock()
        let reply = try await remoteEngine(server, clock: time.clock).chat(question, onDelta: nil)
        #expect(reply.text == "ok" && reply.timings.attempts == 3)
        #expect(time.pauses.count == 2)
        #expect(time.pauses[0] > .milliseconds(370) && time.pauses[0] <= .milliseconds(500))
        #expect(time.pauses[1] > .milliseconds(740) && time.pauses[1] <= .seconds(1))
    }

    @Test func givesUpAfterTheLastTry() async throws {
        let server = try LoopbackServer { _, _ in .answer(500, #"{"error":{"message":"broken","type":"server_error"}}"#)
        }
        let engine = try remoteEngine(server)
        let error = await #expect(throws: AssayError.self) { try await engine.chat(question, onDelta: nil) }
        #expect(error?.code == "engine.unavailable")
        #expect(error?.message == "engine 'remote' answered with status 500: broken (after 3 tries)")
        #expect(server.log.requests.count == 3)
    }

    @Test(arguments: [
        ("Retry-After", "3", Duration.seconds(3)), ("retry-after-ms", "250", .milliseconds(250)),
        ("Retry-After", "Sun, 06 Nov 1994 08:49:39 GMT", .seconds(2)), ("Retry-After", "0", .zero),
    ]) func waitsAsLongAsAsked(_ name: String, _ value: String, _ pause: Duration) async throws {
        let server = try LoopbackServer { _, number in
            number == 0 ? .answer(429, "{}", [(name, value)]) : .events(streamEvents(["ok"]))
        }
        let time = TestClock()
        _ = try await remoteEngine(server, clock: time.clock).chat(question, onDelta: nil)
        #expect(time.pauses == [pause])
    }

    @Test(arguments: [("Retry-After", "121"), ("x-should-retry", "false"), ("Retry-After", "4.9")])
    func doesNotWaitTooLong(_ name: String, _ value: String) async throws {
        let server = try LoopbackServer { _, _ in .answer(429, "{}", [(name, value)]) }
        let time = TestClock()
        let engine = try remoteEngine(server, clock: time.clock) { $0.requestTimeout = .seconds(4) }
        #expect(await errorCode { _ = try await engine.chat(question, onDelta: nil) } == "engine.unavailable")
        #expect(server.log.requests.count == 1 && time.pauses.isEmpty)
    }

    @Test func serverMayAskForATryThatTheStatusWouldNotGet() async throws {
        let server = try LoopbackServer { _, number in
            number == 0 ? .answer(400, "{}", [("x-should-retry", "true")]) : .events(streamEvents(["ok"]))
        }
        let engine = try remoteEngine(server)
        #expect(try await engine.chat(question, onDelta: nil).timings.attempts == 2)
    }

    @Test func triesAgainAfterABrokenConnection() async throws {
        let server = try LoopbackServer { _, number in
            switch number {
            case 0: [.cut]
            case 1: .events(streamEvents(["par", "tial"]).dropLast(3).map { $0 }) + [.cut]
            default: .events(streamEvents(["whole"]))
            }
        }
        let engine = try remoteEngine(server)
        let reply = try await engine.chat(question, onDelta: nil)
        #expect(reply.text == "whole" && reply.timings.attempts == 3)
    }

    @Test(arguments: [true, false]) func neverRepeatsContent(isReset: Bool) async throws {
        let server = try LoopbackServer { _, _ in
            .events(streamEvents(["par", "tial"]).dropLast(3).map { $0 }) + [.wait(.milliseconds(30))]
                + (isReset ? [.cut] : [])
        }
        let engine = try remoteEngine(server)
        let deltas = Deltas()
        #expect(await errorCode { _ = try await engine.chat(question) { deltas.add($0) } } == "engine.connection")
        #expect(server.log.requests.count == 1 && deltas.all == ["par", "tial"])
    }

    @Test func deadlineIsSpentAcrossTries() async throws {
        let time = TestClock()
        let server = try LoopbackServer { _, number in
            guard number == 0 else { return [.hang] }
            time.advance(.seconds(59))
            return .answer(500, "{}", [("retry-after-ms", "400")])
        }
        let engine = try remoteEngine(server, clock: time.clock) { $0.requestTimeout = .seconds(60) }
        #expect(await errorCode { _ = try await engine.chat(question, onDelta: nil) } == "engine.timeout")
        #expect(server.log.requests.count == 2)
    }

    // MARK: errors

    @Test(arguments: [
        (
            400,
            #"{"error":{"code":400,"message":"request (3031 tokens) exceeds","type":"exceed_context_size_error"}}"#,
            "engine.context-exceeded"
        ),
        (400, #"{"error":{"code":"context_length_exceeded","message":"too long"}}"#, "engine.context-exceeded"),
        (401, #"{"error":{"message":"Invalid API Key","type":"authentication_error","code":401}}"#, "engine.refused"),
        (404, "<html>not here</html>", "engine.http"), (302, "", "engine.http"),
    ]) func namesTheError(_ status: Int, _ body: String, _ code: String) async throws {
        let server = try LoopbackServer { _, _ in .answer(status, body) }
        let engine = try remoteEngine(server)
        #expect(await errorCode { _ = try await engine.chat(question, onDelta: nil) } == code)
        #expect(server.log.requests.count == 1)
    }

    @Test func errorInsideOfAStream() async throws {
        let event = #"{"error":{"code":500,"message":"slot lost","type":"server_error"}}"#
        let server = try LoopbackServer { _, number in number == 0 ? .events([event]) : .events(streamEvents(["ok"])) }
        let engine = try remoteEngine(server)
        #expect(try await engine.chat(question, onDelta: nil).timings.attempts == 2)
        let always = try LoopbackServer { _, _ in .events([event]) }
        let other = try remoteEngine(always)
        #expect(await errorCode { _ = try await other.chat(question, onDelta: nil) } == "engine.unavailable")
    }

    @Test(arguments: [
        ["{not json"], ["[1,2]"], [#"{"choices":[{"delta":{"content":5}}]}"#], ["\"text\""],
    ]) func refusesAMalformedStream(_ events: [String]) async throws {
        let server = try LoopbackServer { _, _ in .events(events) }
        let engine = try remoteEngine(server)
        #expect(await errorCode { _ = try await engine.chat(question, onDelta: nil) } == "engine.protocol")
    }

    @Test func refusesAnEmptyReply() async throws {
        let server = try LoopbackServer { _, _ in .events(streamEvents([])) }
        let engine = try remoteEngine(server)
        #expect(await errorCode { _ = try await engine.chat(question, onDelta: nil) } == "engine.empty-reply")
    }

    @Test func limitsAHugeReply() async throws {
        let server = try LoopbackServer { _, _ in
            [
                .head(200, [("Content-Type", "text/event-stream")]), .bytes([UInt8](repeating: 58, count: 2 << 20)),
                .hang,
            ]
        }
        let engine = try remoteEngine(server)
        #expect(await errorCode { _ = try await engine.chat(question, onDelta: nil) } == "engine.protocol")
        #expect(try await server.waits { $0.abandoned == 1 })
    }

    @Test func errorsHoldNeitherKeyNorPrompt() async throws {
        let server = try LoopbackServer { request, _ in
            .answer(
                400,
                JSONValue.object([
                    "error": [
                        "message": .string(
                            "bad key \(request["authorization"] ?? "")\u{1b}[31m " + String(repeating: "x", count: 1000)
                        )
                    ]
                ]).text
            )
        }
        let engine = try remoteEngine(server, key: "sk-secret")
        let error = await #expect(throws: AssayError.self) { try await engine.chat(question, onDelta: nil) }
        let text = try #require(error?.description)
        #expect(!text.contains("sk-secret") && !text.contains("Why?") && !text.contains("\u{1b}") && text.count < 450)
    }

    @Test func unreachableServer() async throws {
        var config = EngineConfig(name: "x", kind: .openai, model: "m")
        config.baseURL = "http://127.0.0.1:1"
        let engine = OpenAIEngine(config, key: nil, client: try HTTPClient(), clock: TestClock().clock)
        #expect(await errorCode { _ = try await engine.chat(question, onDelta: nil) } == "engine.unreachable")
        #expect(await errorCode { try await engine.prepare() } == "engine.unreachable")
    }

    // MARK: slots and cancellation

    @Test func asksAtMostAsManyAtOnceAsThereAreSlots() async throws {
        let server = try LoopbackServer { _, _ in [.wait(.milliseconds(20))] + .events(streamEvents(["ok"])) }
        let engine = try remoteEngine(server) { $0.slots = 3 }
        _ = try await concurrentMap(Array(0..<12), limit: 12) { _ in try await engine.chat(question, onDelta: nil).text
        }
        #expect(server.log.requests.count == 12)
        #expect(server.log.connections <= 12)
    }

    @Test func cancellationClosesTheConnectionAndFreesTheSlot() async throws {
        let server = try LoopbackServer { _, number in
            number == 0 ? .events([streamEvents(["a"])[1]]) + [.hang] : .events(streamEvents(["ok"]))
        }
        let engine = try remoteEngine(server)
        await withTaskGroup(of: String.self) { group in
            group.addTask { await errorCode { _ = try await engine.chat(question, onDelta: nil) } }
            _ = try? await server.waits { $0.requests.count == 1 }
            group.cancelAll()
            #expect(await group.next() == "CancellationError")
        }
        #expect(try await server.waits { $0.abandoned == 1 })
        #expect(try await engine.chat(question, onDelta: nil).text == "ok")
    }

    @Test func findsOutWhetherSchemasAreObeyed() async throws {
        for (text, isObeyed) in [(#"{"verdict": "quartz-7"}"#, true), (#"{"hello":1}"#, false), ("Hello!", false)] {
            let server = try LoopbackServer { _, _ in .events(streamEvents([text])) }
            #expect(try await remoteEngine(server).obeysSchema() == isObeyed)
        }
        let refusing = try LoopbackServer { _, _ in .answer(400, #"{"error":{"message":"unsupported"}}"#) }
        #expect(try await remoteEngine(refusing).obeysSchema() == false)
    }

    @Test func countsTokensOfALlamaServer() async throws {
        let server = try LoopbackServer { _, _ in .answer(200, #"{"tokens":[1,2,3]}"#) }
        #expect(try await remoteEngine(server) { $0.capabilities.isLlama = true }.countTokens("a b") == 3)
        #expect(server.log.requests.first?.path == "/tokenize")
        #expect(try await remoteEngine(server).countTokens("a b") == nil)
    }
}
