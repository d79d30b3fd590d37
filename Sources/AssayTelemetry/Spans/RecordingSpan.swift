import AssayModel
import Synchronization
package import Tracing

/// A span that collects what is said of it and goes to the sinks when it ends.
package final class RecordingSpan: Span {
    private struct State {
        var record: SpanRecord
        var attributes: SpanAttributes = [:]
        var ended = false
    }

    package let context: ServiceContext
    private let sinks: [any SpanSink]
    private let state: Mutex<State>

    init(_ record: SpanRecord, context: ServiceContext, sinks: [any SpanSink]) {
        self.context = context
        self.sinks = sinks
        state = Mutex(State(record: record))
    }

    /// False for spans that are not sampled: nothing needs to be said of them.
    package var isRecording: Bool { !sinks.isEmpty && state.withLock { !$0.ended } }

    package var operationName: String {
        get { state.withLock { $0.record.name } }
        set { state.withLock { $0.record.name = newValue } }
    }

    package var attributes: SpanAttributes {
        get { state.withLock { $0.attributes } }
        set { state.withLock { $0.attributes = newValue } }
    }

    package func setStatus(_ status: SpanStatus) {
        state.withLock { state in
            state.record.failed = status.code == .error
            state.record.message = status.message
        }
    }

    package func addEvent(_ event: SpanEvent) {
        let event = SpanRecord.Event(
            name: event.name,
            time: event.nanosecondsSinceEpoch,
            attributes: event.attributes.records
        )
        state.withLock { $0.record.events.append(event) }
    }

    package func addLink(_ link: SpanLink) {
        guard let identity = link.context.spanIdentity else { return }
        let link = SpanRecord.Link(identity: identity, attributes: link.attributes.records)
        state.withLock { $0.record.links.append(link) }
    }

    /// Marks the span as failed with the error's code: its message may quote what must not leave the program.
    package func recordError<Instant: TracerInstant>(
        _ error: any Error,
        attributes: SpanAttributes,
        at instant: @autoclosure () -> Instant
    ) {
        let code = (error as? AssayError)?.code.rawValue ?? "\(type(of: error))"
        state.withLock { state in
            state.record.failed = true
            state.record.message = code
            state.attributes.set("error.type", value: .string(code))
        }
    }

    package func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        guard !sinks.isEmpty else { return }
        let end = instant().nanosecondsSinceEpoch
        let record: SpanRecord? = state.withLock { state in
            guard !state.ended else { return nil }
            state.ended = true
            state.record.end = max(end, state.record.start)
            state.record.attributes = state.attributes.records
            return state.record
        }
        guard let record else { return }
        for sink in sinks { sink.take(record) }
    }
}

extension SpanAttributes {
    /// The attributes, sorted by key.
    var records: [Attribute] {
        var records: [Attribute] = []
        records.reserveCapacity(count)
        // The attributes are no sequence.
        // swift-format-ignore: ReplaceForEachWithForLoop
        forEach { key, value in records.append(Attribute(key, AttributeValue(value))) }
        return records.sorted { $0.key < $1.key }
    }
}

extension AttributeValue {
    init(_ value: SpanAttribute) {
        self =
            switch value {
            case .string(let text): .string(text)
            case .int32(let number): .int(Int64(number))
            case .int64(let number): .int(number)
            case .double(let number): .double(number)
            case .bool(let flag): .bool(flag)
            case .stringArray(let values): .array(values.map { .string($0) })
            case .int32Array(let values): .array(values.map { .int(Int64($0)) })
            case .int64Array(let values): .array(values.map { .int($0) })
            case .doubleArray(let values): .array(values.map { .double($0) })
            case .boolArray(let values): .array(values.map { .bool($0) })
            case .stringConvertible(let value): .string("\(value)")
            case .stringConvertibleArray(let values): .array(values.map { .string("\($0)") })
            default: .string("\(value)")
            }
    }
}
