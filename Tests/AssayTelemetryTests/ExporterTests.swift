import AssayHTTP
import AssayModel
import AssayTestServer
import Testing
import Tracing

@testable import AssayTelemetry

struct ExporterTests {
    private static func settings(_ url: String, _ encoding: ExportSettings.Encoding = .protobuf) -> ExportSettings {
        var batching = ExportSettings.Batching(batch: 10)
        batching.delay = .seconds(5000)
        batching.exportTimeout = .seconds(30)
        return ExportSettings(
            url: url + "/v1/traces",
            headers: [HTTPHeader("authorization", "Bearer secret-key")],
            encoding: encoding,
            batching: batching
        )
    }

    private static func sink(
        _ settings: ExportSettings,
        logs: ExportSettings? = nil,
        _ clock: WaitingClock
    ) throws -> ExportSink {
        ExportSink(
            traces: settings,
            logs: logs,
            shaping: SpanShaping(.genai, capturesContent: false),
            resource: try TelemetryResource(version: "0"),
            client: try HTTPClient(),
            clock: clock,
            seed: 1
        )
    }

    private static func spans(_ count: Int) -> [SpanRecord] {
        (0..<count).map { number in
            SpanRecord(
                identity: SpanIdentity(trace: TraceID(high: 1, low: 2), span: UInt64(number + 1)),
                name: "assay.search",
                start: 10,
                end: 20
            )
        }
    }

    @Test func everySpanArrivesInBatches() async throws {
        let server = try LoopbackServer { _, _ in .answer(200, "") }
        let sink = try Self.sink(Self.settings(server.url), StillClock().clock)
        for span in Self.spans(25) { sink.take(span) }
        let outcome = await sink.close()
        #expect(outcome.spans == .init(exported: 25))
        let requests = server.log.requests
        #expect(requests.allSatisfy { $0["content-type"] == "application/x-protobuf" && $0.path == "/v1/traces" })
        #expect(requests.allSatisfy { $0["authorization"] == "Bearer secret-key" })
        #expect(requests.count == 3)
        sink.take(Self.spans(1)[0])
        #expect(sink.counts.dropped == 1)
    }

    @Test func onlyWhatMayBeTriedAgainIsTriedAgain() async throws {
        for (status, tries) in [
            (429, 3), (502, 3), (503, 3), (504, 3), (400, 1), (401, 1), (413, 1), (500, 1), (404, 1),
        ] {
            let server = try LoopbackServer { _, number in
                number < 2 ? .answer(status, "") : .answer(200, "")
            }
            let still = StillClock()
            let sink = try Self.sink(Self.settings(server.url), still.clock)
            for span in Self.spans(3) { sink.take(span) }
            let outcome = await sink.close()
            #expect(server.log.requests.count == tries, "status \(status)")
            #expect(outcome.spans.exported == (tries == 3 ? 3 : 0) && outcome.spans.dropped == (tries == 3 ? 0 : 3))
            guard tries == 3 else {
                let failure = try #require(outcome.spans.failure)
                #expect(failure.contains("status \(status)") && !failure.contains("secret"))
                continue
            }
            let pauses = still.pauses
            #expect(pauses.count == 2)
            #expect((0.8...1.2).contains(pauses[0] / .seconds(1)) && (1.2...1.8).contains(pauses[1] / .seconds(1)))
        }
    }

    @Test func retryAfterIsHonouredWithinTheLimit() async throws {
        let server = try LoopbackServer { _, number in
            switch number {
            case 0: .answer(503, "", [("Retry-After", "7")])
            case 1: .answer(429, "", [("Retry-After", "Tue, 14 Nov 2023 22:13:29 GMT")])
            default: .answer(503, "", [("Retry-After", "3600")])
            }
        }
        let still = StillClock()
        let sink = try Self.sink(Self.settings(server.url), still.clock)
        sink.take(Self.spans(1)[0])
        let outcome = await sink.close()
        #expect(still.pauses == [.seconds(7), .seconds(9)])
        #expect(outcome.spans.dropped == 1 && server.log.requests.count == 3)
    }

    @Test func anUnreachableServerLosesSpansAndSaysSo() async throws {
        let server = try LoopbackServer { _, _ in [.cut] }
        let sink = try Self.sink(Self.settings(server.url), StillClock().clock)
        for span in Self.spans(4) { sink.take(span) }
        let outcome = await sink.close()
        #expect(outcome.spans.dropped == 4 && outcome.spans.failure?.contains("tries") == true)
    }

    @Test func partialSuccessIsCountedAndNotSentAgain() async throws {
        // partial_success { rejected_spans: 2, error_message: "x" }
        let body = String(decoding: [0x0a, 0x05, 0x08, 0x02, 0x12, 0x01, 0x78] as [UInt8], as: UTF8.self)
        let protobuf = try LoopbackServer { _, _ in .answer(200, body) }
        let json = try LoopbackServer { _, _ in .answer(200, #"{"partialSuccess":{"rejectedSpans":"2"}}"#) }
        for (server, encoding) in [(protobuf, ExportSettings.Encoding.protobuf), (json, .json)] {
            let sink = try Self.sink(Self.settings(server.url, encoding), StillClock().clock)
            for span in Self.spans(5) { sink.take(span) }
            let outcome = await sink.close()
            #expect(outcome.spans == .init(exported: 3, rejected: 2))
            #expect(server.log.requests.count == 1)
        }
        #expect(json.log.requests[0]["content-type"] == "application/json")
        #expect(json.log.requests[0].json["resourceSpans"] != nil)
    }

    @Test func aFullQueueDropsAndCounts() async throws {
        let server = try LoopbackServer { _, _ in .answer(200, "") }
        var settings = Self.settings(server.url)
        settings.batching.queue = 8
        let sink = try Self.sink(settings, StillClock().clock)
        for span in Self.spans(20) { sink.take(span) }
        let outcome = await sink.close()
        #expect(outcome.spans == .init(exported: 8, dropped: 12))
    }

    @Test func scoresBecomeEventsOfTheEvaluatedSpan() async throws {
        let server = try LoopbackServer { _, _ in .answer(200, "{}") }
        var logs = Self.settings(server.url, .json)
        logs.url = server.url + "/v1/logs"
        let sink = try Self.sink(Self.settings(server.url, .json), logs: logs, StillClock().clock)
        sink.take(Self.scored)
        let outcome = await sink.close()
        #expect(outcome.events == .init(exported: 2))
        let request = try #require(server.log.requests.first { $0.path == "/v1/logs" })
        let records = request.json["resourceLogs"]?[0]?["scopeLogs"]?[0]?["logRecords"]
        #expect(records?[0]?["spanId"] == "0000000000000009")
        #expect(records?[0]?["eventName"] == "gen_ai.evaluation.result")
        let text = request.text
        #expect(text.contains(#"{"key":"gen_ai.evaluation.score.value","value":{"doubleValue":0.5}}"#))
        #expect(text.contains(#"{"key":"error.type","value":{"stringValue":"not_scored"}}"#))
        #expect(!text.contains("the judge was silent"))
    }

    @Test func phoenixGetsAnnotations() async throws {
        let server = try LoopbackServer { _, _ in .answer(200, "{}") }
        let phoenix = PhoenixSink(
            url: server.url + "/",
            key: "secret-key",
            shaping: SpanShaping(.openinference, capturesContent: true),
            client: try HTTPClient(),
            clock: StillClock().clock,
            seed: 1
        )
        phoenix.take(Self.scored)
        var retrieval = Self.spans(1)[0]
        retrieval.attributes = [Attribute(TraceKey.documentRelevance, .array([.double(1), .double(0)]))]
        phoenix.take(retrieval)
        let outcome = await phoenix.close()
        #expect(outcome.sent == 4 && outcome.dropped == 0)
        let spans = try #require(server.log.requests.first { $0.path == "/v1/span_annotations" }?.json["data"])
        #expect(spans[0]?["span_id"] == "0000000000000009" && spans[0]?["annotator_kind"] == "LLM")
        #expect(spans[0]?["result"]?["score"] == 0.5)
        #expect(spans[1]?["result"]?["score"] == nil && spans[1]?["result"]?["explanation"] == "the judge was silent")
        let documents = try #require(server.log.requests.first { $0.path == "/v1/document_annotations" }?.json["data"])
        #expect(documents[1]?["document_position"] == 1 && documents[1]?["result"]?["label"] == "irrelevant")
        #expect(documents[0]?["identifier"] == nil)
    }

    static var scored: SpanRecord {
        SpanRecord(
            identity: SpanIdentity(trace: TraceID(high: 1, low: 2), span: 10),
            parent: 9,
            name: "assay.score",
            start: 10,
            end: 20,
            attributes: [
                Attribute(TraceKey.question, "q1"),
                Attribute(TraceKey.scoreKinds, .array([.string("LLM"), .string("LLM")])),
                Attribute(TraceKey.scoreNames, .array([.string("faithfulness"), .string("relevancy")])),
                Attribute(TraceKey.scoreReasons, .array([.string(""), .string("the judge was silent")])),
                Attribute(TraceKey.scoreStates, .array([.string("scored"), .string("not_scored")])),
                Attribute(TraceKey.scoreValues, .array([.double(0.5), .double(.nan)])),
            ]
        )
    }
}

extension JSONValue {
    fileprivate subscript(position: Int) -> JSONValue? {
        if case .array(let items) = self, items.indices.contains(position) { return items[position] }
        return nil
    }
}
