import AssayModel
import AssayTelemetry
import Glibc
import Tracing

// What a span costs: nothing measurable when nobody traces, less than 20 µs when it is shaped and encoded.

/// Nanoseconds of processor time of one repetition, so that a busy machine counts little: the best of nine rounds.
func best(_ repetitions: Int, _ body: () -> Void) -> Double {
    (0..<9).map { _ in
        let start = processorTime()
        for _ in 0..<repetitions { body() }
        return (processorTime() - start) / Double(repetitions)
    }.min() ?? .nan
}

/// Processor time of this thread.
func processorTime() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}

/// A generation as a question of the handbook makes it: four passages in the prompt, 1,300 tokens.
func generation(_ number: Int) -> SpanRecord {
    let text = String(repeating: "The handbook says what is to be done in 2026, by whom (ops@example.org) and by when: 17:30. ", count: 46)
    return SpanRecord(
        identity: SpanIdentity(trace: TraceID(high: 7, low: UInt64(number)), span: UInt64(number + 1)),
        parent: 5,
        name: "assay.generate",
        start: 1_700_000_000_000_000_000,
        end: 1_700_000_000_900_000_000,
        attributes: [
            Attribute(TraceKey.engine, "local"), Attribute(TraceKey.finish, "stop"),
            Attribute(TraceKey.firstToken, .double(0.31)), Attribute(TraceKey.maxTokens, .int(128)),
            Attribute(TraceKey.messages, .array([.string("Answer from the passages."), .string(text)])),
            Attribute(TraceKey.model, "SmolLM2-135M-Instruct"), Attribute(TraceKey.output, "It is done on Monday [1]."),
            Attribute(TraceKey.prompt, "grounded"),
            Attribute(TraceKey.roles, .array([.string("system"), .string("user")])),
            Attribute(TraceKey.seed, .int(0)), Attribute(TraceKey.temperature, .double(0)),
            Attribute(TraceKey.inputTokens, .int(1300)), Attribute(TraceKey.outputTokens, .int(42)),
        ].sorted { $0.key < $1.key }
    )
}

/// A retrieval with the twenty passages that a span names.
func retrieval(_ number: Int) -> SpanRecord {
    SpanRecord(
        identity: SpanIdentity(trace: TraceID(high: 7, low: UInt64(number)), span: UInt64(number + 1)),
        parent: 5,
        name: "assay.retrieve",
        start: 1_700_000_000_000_000_000,
        end: 1_700_000_000_002_000_000,
        attributes: [
            Attribute(TraceKey.documentIDs, .array((0..<20).map { .string("operations/page-\($0).md#\($0)") })),
            Attribute(TraceKey.documentScores, .array((0..<20).map { .double(1 / Double(61 + $0)) })),
            Attribute(TraceKey.input, "Who is on duty on Sunday?"), Attribute(TraceKey.items, .int(100)),
            Attribute(TraceKey.source, "handbook"), Attribute(TraceKey.topK, .int(100)),
        ]
    )
}

struct Nowhere: SpanSink {
    func take(_ span: SpanRecord) {}
}

let resource = try TelemetryResource(version: "bench")
let spans = (0..<512).map { $0 % 2 == 0 ? generation($0) : retrieval($0) }
print("µs a span, shaped and encoded in batches of 512 (half generations, half retrievals with 20 passages), best of 9")
for profile in AttributeProfile.allCases {
    for content in [false, true] {
        let shaping = SpanShaping(profile, capturesContent: content)
        for encoding in [ExportSettings.Encoding.protobuf, .json] {
            var bytes = 0
            let nanoseconds = best(4) { bytes = encoding.traces(spans.map(shaping.shape), resource).count }
            let label = "\(profile) \(encoding.rawValue) \(content ? "with" : "without") content"
            print("  \(label): \(((nanoseconds / 512) / 10).rounded() / 100) µs, \(bytes / 512) bytes")
        }
    }
}
let off = best(200_000) { withSpan("assay.search") { span in span.attributes[TraceKey.topK] = 10 } }
print("a span when nobody traces: \(off.rounded()) ns")
let tracer = SpanTracer(sinks: [Nowhere()], seed: 1)
let on = best(50_000) {
    tracer.withSpan("assay.search") { span in span.attributes[TraceKey.topK] = 10 }
}
print("a span that is kept: \(on.rounded()) ns")
let registry = MetricRegistry()
let counted = best(200_000) { registry.add(ServiceMetrics.answers, 1, "handbook", "answered") }
let observed = best(200_000) { registry.observe(ServiceMetrics.timeToFirstToken, 0.2, "model") }
print("a counter: \(counted.rounded()) ns, a histogram: \(observed.rounded()) ns")
