import AssayTelemetry
import Testing
import Tracing

struct TraceContextTests {
    private static let valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    @Test func aHeaderIsReadAndWrittenTheSame() throws {
        let identity = try #require(TraceContext.identity(parent: Self.valid, state: "a=1,b=2"))
        #expect(identity.trace.hex == "0af7651916cd43dd8448eb211c80319c")
        #expect(identity.span == 0xb7ad_6b71_6920_3331 && identity.isSampled && identity.state == "a=1,b=2")
        #expect(TraceContext.header(identity) == Self.valid)
    }

    @Test(arguments: [
        "", "00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
        "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    ])
    func whatTheSpecificationCallsInvalidIsNothing(header: String) {
        #expect(TraceContext.identity(parent: header) == nil)
    }

    @Test func laterVersionsAreReadAndWildStatesLeftOut() {
        #expect(TraceContext.identity(parent: "cc" + Self.valid.dropFirst(2) + "-more")?.span != nil)
        #expect(TraceContext.identity(parent: Self.valid, state: "a=\n")?.state == nil)
        #expect(TraceContext.identity(parent: Self.valid, state: String(repeating: "x", count: 513))?.state == nil)
    }

    @Test func aTraceGoesThroughTheProgram() throws {
        let kept = KeptSpans()
        let tracer = SpanTracer(sinks: [kept], seed: 7)
        var context = ServiceContext.topLevel
        tracer.extract(["traceparent": Self.valid, "tracestate": "a=1"], into: &context, using: Headers())
        let root = tracer.startSpan("assay.question", context: context, ofKind: .server)
        let child = tracer.startSpan("assay.generate", context: root.context)
        var sent: [String: String] = [:]
        tracer.inject(child.context, into: &sent, using: Headers())
        child.end()
        child.end()
        root.end()
        let spans = kept.spans
        #expect(spans.map(\.name) == ["assay.generate", "assay.question"])
        #expect(spans.allSatisfy { $0.identity.trace.hex == "0af7651916cd43dd8448eb211c80319c" })
        #expect(spans[1].parent == 0xb7ad_6b71_6920_3331 && spans[0].parent == spans[1].identity.span)
        #expect(sent == ["traceparent": TraceContext.header(spans[0].identity), "tracestate": "a=1"])
    }

    @Test func aCallerThatDoesNotSampleIsFollowed() throws {
        let kept = KeptSpans()
        let tracer = SpanTracer(sinks: [kept], seed: 7)
        var context = ServiceContext.topLevel
        tracer.extract(["traceparent": Self.valid.dropLast(2) + "00"], into: &context, using: Headers())
        let span = tracer.startSpan("assay.question", context: context)
        #expect(!span.isRecording)
        var sent: [String: String] = [:]
        tracer.inject(span.context, into: &sent, using: Headers())
        span.end()
        #expect(kept.spans.isEmpty)
        #expect(sent["traceparent"]?.hasSuffix("-00") == true)
    }

    @Test func aShareOfTheTracesIsKept() throws {
        let kept = KeptSpans()
        let tracer = SpanTracer(
            sinks: [kept],
            sampler: try Sampler(environment: [
                "OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.25",
            ]),
            seed: 1
        )
        for _ in 0..<4000 { tracer.startSpan("assay.question", context: .topLevel).end() }
        #expect((900...1100).contains(kept.spans.count))
    }
}

private struct Headers: Extractor, Injector {
    typealias Carrier = [String: String]

    func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }

    func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) { carrier[key] = value }
}

extension [String: String] {
    fileprivate init(_ pairs: [String: Substring]) { self = pairs.mapValues(String.init) }
}
