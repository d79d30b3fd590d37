import AssayModel
import Foundation
import Testing

@testable import AssayTelemetry

/// The encoders against bytes that opentelemetry-proto itself wrote (Fixtures/otlp-golden.py).
struct EncoderTests {
    private var resource: TelemetryResource {
        get throws { try TelemetryResource(environment: ["OTEL_SERVICE_NAME": "golden"], version: "1.2.3") }
    }
    private static let trace = TraceID(high: 0x0123_4567_89ab_cdef, low: 0xfedc_ba98_7654_3210)

    static var spans: [SpanRecord] {
        let root = SpanRecord(
            identity: SpanIdentity(trace: trace, span: 0x1111),
            name: "assay.question",
            start: 1_700_000_000_000_000_000,
            end: 1_700_000_000_250_000_001
        )
        var child = SpanRecord(
            identity: SpanIdentity(trace: trace, span: 0x2222, state: "vendor=1"),
            parent: 0x1111,
            name: "chat modèle \u{1f642}",
            kind: .client,
            start: 1_700_000_000_000_000_100,
            end: 1_700_000_000_200_000_000,
            attributes: [
                Attribute("a.bool", .bool(true)), Attribute("a.double", .double(0.1)), Attribute("a.empty", ""),
                Attribute("a.int", .int(-42)), Attribute("a.large", .int(9_007_199_254_740_993)),
                Attribute("a.list", .array([.string("x"), .string("y")])),
                Attribute("a.long", "line\n\"quoted\" \\ \u{1}" + String(repeating: "z", count: 300)),
                Attribute("a.none", .array([])), Attribute("a.numbers", .array([.double(1.5), .double(-2)])),
            ]
        )
        child.events = [
            .init(name: "first token", time: 1_700_000_000_000_000_150, attributes: [Attribute("n", .int(1))])
        ]
        let other = TraceID(high: trace.low.byteSwapped, low: trace.high.byteSwapped)
        child.links = [
            .init(
                identity: SpanIdentity(trace: other, span: 0x3333, isSampled: false, state: "s=2"),
                attributes: [Attribute("why", "run")]
            )
        ]
        child.failed = true
        child.message = "engine.http"
        return [root, child]
    }

    static var events: [EventRecord] {
        [
            EventRecord(
                name: "gen_ai.evaluation.result",
                time: 1_700_000_000_300_000_000,
                identity: SpanIdentity(trace: trace, span: 0x1111),
                attributes: [
                    Attribute("gen_ai.evaluation.name", "faithfulness"),
                    Attribute("gen_ai.evaluation.score.value", .double(0.75)),
                ]
            )
        ]
    }

    @Test func protobufIsTheReferencesByteByByte() throws {
        #expect(try OTLPProtobuf.traces(Self.spans, resource) == Array(try fixture("traces.pb")))
        #expect(try OTLPProtobuf.logs(Self.events, resource) == Array(try fixture("logs.pb")))
    }

    @Test func jsonMeansTheSame() throws {
        for (name, bytes) in [
            ("traces.json", try OTLPJSON.traces(Self.spans, resource)),
            ("logs.json", try OTLPJSON.logs(Self.events, resource)),
        ] {
            let ours = try JSONValue(parsing: String(decoding: bytes, as: UTF8.self))
            let reference = try JSONValue(parsing: String(decoding: try fixture(name), as: UTF8.self))
            // The reference leaves empty lists out.
            #expect(try canonicalJSON(ours).replacing(#"{"values":[]}"#, with: "{}") == canonicalJSON(reference))
        }
    }

    @Test func jsonWritesWhatHasNoNumberAsText() throws {
        var span = Self.spans[0]
        span.attributes = [Attribute("a", .double(.nan)), Attribute("b", .double(-.infinity))]
        let text = try String(decoding: OTLPJSON.traces([span], resource), as: UTF8.self)
        #expect(text.contains(#"{"doubleValue":"NaN"}"#) && text.contains(#"{"doubleValue":"-Infinity"}"#))
        _ = try JSONValue(parsing: text)
    }

    @Test(arguments: [0, 1, 127, 128, 16_383, 16_384, 70_000])
    func lengthsOfEverySizeAreRight(count: Int) throws {
        var bytes = ProtobufBytes()
        bytes.message(1) { $0.message(2) { $0.string(3, String(repeating: "x", count: count)) } }
        guard case .bytes(let outer)? = protobufField(1, in: bytes.bytes[...]),
            case .bytes(let inner)? = protobufField(2, in: outer)
        else {
            Issue.record("the message cannot be read back")
            return
        }
        guard count > 0 else {
            #expect(inner.isEmpty)
            return
        }
        guard case .bytes(let text)? = protobufField(3, in: inner) else {
            Issue.record("the text cannot be read back")
            return
        }
        #expect(text.count == count)
    }

    private func fixture(_ name: String) throws -> Data {
        try Data(contentsOf: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(name)"))
    }
}
