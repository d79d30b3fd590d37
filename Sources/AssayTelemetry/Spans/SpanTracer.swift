import AssayModel
import Synchronization
package import Tracing

/// Makes spans and hands the ended ones to its sinks: the one tracer behind `--trace` and the exporter.
package final class SpanTracer: Tracer {
    private let sinks: [any SpanSink]
    private let sampler: Sampler
    private let ids: Mutex<SeededRandom>

    /// Creates a tracer.
    ///
    /// - Parameters:
    ///   - sinks: Take every sampled span.
    ///   - sampler: Decides at the root of a trace.
    ///   - seed: Seed of span and trace ids.
    package init(sinks: [any SpanSink], sampler: Sampler = .always, seed: UInt64) {
        self.sinks = sinks
        self.sampler = sampler
        ids = Mutex(SeededRandom(seed: seed))
    }

    package func startSpan<Instant: TracerInstant>(
        _ operationName: String,
        context: @autoclosure () -> ServiceContext,
        ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant,
        function: String,
        file fileID: String,
        line: UInt
    ) -> RecordingSpan {
        var context = context()
        let parent = context.spanIdentity
        var identity = ids.withLock { random in
            SpanIdentity(
                trace: parent?.trace ?? TraceID(high: random.next(), low: random.next() | 1),
                span: random.next() | 1
            )
        }
        identity.isSampled = sampler.samples(identity.trace, parent: parent)
        identity.state = parent?.state
        context.spanIdentity = identity
        let record = SpanRecord(
            identity: identity,
            parent: parent?.span,
            name: operationName,
            kind: kind.record,
            start: instant().nanosecondsSinceEpoch,
            end: 0
        )
        return RecordingSpan(record, context: context, sinks: identity.isSampled ? sinks : [])
    }

    package func activeSpan(identifiedBy context: ServiceContext) -> RecordingSpan? { nil }

    package func forceFlush() {}

    package func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier,
        into context: inout ServiceContext,
        using extractor: Extract
    ) where Extract.Carrier == Carrier {
        let found = TraceContext.identity(
            parent: extractor.extract(key: TraceContext.parentHeader, from: carrier),
            state: extractor.extract(key: TraceContext.stateHeader, from: carrier)
        )
        if let found { context.spanIdentity = found }
    }

    package func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext,
        into carrier: inout Carrier,
        using injector: Inject
    ) where Inject.Carrier == Carrier {
        guard let identity = context.spanIdentity else { return }
        injector.inject(TraceContext.header(identity), forKey: TraceContext.parentHeader, into: &carrier)
        if let state = identity.state { injector.inject(state, forKey: TraceContext.stateHeader, into: &carrier) }
    }
}

/// Which traces are recorded, by OpenTelemetry's names of samplers.
package struct Sampler: Sendable, Equatable {
    /// Share of the traces that begin here, 0 to 1.
    package var share: Double
    /// Follows the caller's decision where there is one.
    package var followsParent: Bool

    package static let always = Sampler(share: 1, followsParent: true)

    package init(share: Double, followsParent: Bool) {
        self.share = share
        self.followsParent = followsParent
    }

    func samples(_ trace: TraceID, parent: SpanIdentity?) -> Bool {
        if followsParent, let parent { return parent.isSampled }
        // The 56 random bits that W3C's level 2 promises.
        return share >= 1 || Double(trace.low & 0x00ff_ffff_ffff_ffff) < share * 0x1p56
    }
}

extension SpanKind {
    fileprivate var record: SpanRecord.Kind {
        switch self {
        case .server: .server
        case .client: .client
        case .producer: .producer
        case .consumer: .consumer
        default: .internal
        }
    }
}

private enum SpanIdentityKey: ServiceContextKey {
    typealias Value = SpanIdentity
}

extension ServiceContext {
    /// The span that what happens now belongs to, nil outside of every span.
    package var spanIdentity: SpanIdentity? {
        get { self[SpanIdentityKey.self] }
        set { self[SpanIdentityKey.self] = newValue }
    }
}
