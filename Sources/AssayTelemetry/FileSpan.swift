import AssayModel
import Synchronization
package import Tracing

/// A span that writes itself when it ends.
package final class FileSpan: Span {
    private struct State {
        var name: String
        var attributes: SpanAttributes = [:]
        var status: SpanStatus?
        var events: [SpanEvent] = []
        var ended = false
    }

    package let context: ServiceContext
    private let identity: SpanIdentity
    private let parent: String?
    private let kind: SpanKind
    private let start: UInt64
    private let emit: @Sendable (String) -> Void
    private let state: Mutex<State>

    init(
        name: String,
        context: ServiceContext,
        identity: SpanIdentity,
        parent: String?,
        kind: SpanKind,
        start: UInt64,
        emit: @escaping @Sendable (String) -> Void
    ) {
        self.context = context
        self.identity = identity
        self.parent = parent
        self.kind = kind
        self.start = start
        self.emit = emit
        state = Mutex(State(name: name))
    }

    package var isRecording: Bool { state.withLock { !$0.ended } }

    package var operationName: String {
        get { state.withLock { $0.name } }
        set { state.withLock { $0.name = newValue } }
    }

    package var attributes: SpanAttributes {
        get { state.withLock { $0.attributes } }
        set { state.withLock { $0.attributes = newValue } }
    }

    package func setStatus(_ status: SpanStatus) {
        state.withLock { $0.status = status }
    }

    package func addEvent(_ event: SpanEvent) {
        state.withLock { $0.events.append(event) }
    }

    package func recordError<Instant: TracerInstant>(
        _ error: any Error,
        attributes: SpanAttributes,
        at instant: @autoclosure () -> Instant
    ) {
        setStatus(SpanStatus(code: .error, message: (error as? AssayError)?.code.rawValue ?? "\(type(of: error))"))
    }

    package func addLink(_ link: SpanLink) {}

    package func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        let end = instant().nanosecondsSinceEpoch
        let line: String? = state.withLock { state in
            guard !state.ended else { return nil }
            state.ended = true
            return text(state, end: end)
        }
        if let line { emit(line) }
    }

    private func text(_ state: State, end: UInt64) -> String {
        var attributes: [(key: String, value: JSONValue)] = []
        // The attributes are no sequence.
        // swift-format-ignore: ReplaceForEachWithForLoop
        state.attributes.forEach { key, value in
            switch value {
            case .string(let text): attributes.append((key, ["stringValue": .string(text)]))
            case .int64(let number): attributes.append((key, ["intValue": .string("\(number)")]))
            case .int32(let number): attributes.append((key, ["intValue": .string("\(number)")]))
            case .double(let number): attributes.append((key, ["doubleValue": .double(number)]))
            case .bool(let flag): attributes.append((key, ["boolValue": .bool(flag)]))
            default: attributes.append((key, ["stringValue": .string("\(value)")]))
            }
        }
        var span: [String: JSONValue] = [
            "traceId": .string(identity.trace), "spanId": .string(identity.span), "name": .string(state.name),
            "kind": .int(kindNumber), "startTimeUnixNano": .string("\(start)"), "endTimeUnixNano": .string("\(end)"),
            "attributes": .array(
                attributes.sorted { $0.key < $1.key }.map { ["key": .string($0.key), "value": $0.value] }
            ),
        ]
        if let parent { span["parentSpanId"] = .string(parent) }
        if let status = state.status {
            span["status"] = ["code": .int(status.code == .error ? 2 : 1), "message": .string(status.message ?? "")]
        }
        let resource: JSONValue = [
            "attributes": [["key": "service.name", "value": ["stringValue": "assay"]]]
        ]
        let line: JSONValue = [
            "resourceSpans": [
                ["resource": resource, "scopeSpans": [["scope": ["name": "assay"], "spans": [.object(span)]]]]
            ]
        ]
        return line.text
    }

    private var kindNumber: Int {
        switch kind {
        case .server: 2
        case .client: 3
        case .producer: 4
        case .consumer: 5
        default: 1
        }
    }
}
