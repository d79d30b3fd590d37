import AssayHTTP
import Instrumentation

/// The headers that let an engine's own spans join the caller's trace (W3C `traceparent`); none outside of a traced span.
enum TraceHeaders {
    /// Headers of the span that the current task is in.
    static var current: [HTTPHeader] {
        guard let context = ServiceContext.current else { return [] }
        var headers: [HTTPHeader] = []
        InstrumentationSystem.instrument.inject(context, into: &headers, using: HeaderInjector())
        return headers
    }
}

private struct HeaderInjector: Injector {
    func inject(_ value: String, forKey key: String, into carrier: inout [HTTPHeader]) {
        carrier.append(HTTPHeader(key, value))
    }
}
