/// OTLP as protobuf; field numbers of opentelemetry-proto 1.x.
enum OTLPProtobuf {
    /// `ExportTraceServiceRequest`.
    static func traces(_ spans: [SpanRecord], _ resource: TelemetryResource) -> [UInt8] {
        request(resource, reserve: spans.count * 600) { scope in
            for span in spans { scope.message(2) { write(span, to: &$0) } }
        }
    }

    /// `ExportLogsServiceRequest`.
    static func logs(_ events: [EventRecord], _ resource: TelemetryResource) -> [UInt8] {
        request(resource, reserve: events.count * 250) { scope in
            for event in events { scope.message(2) { write(event, to: &$0) } }
        }
    }

    /// Both requests have the same outer shape: resource, scope, items.
    private static func request(
        _ resource: TelemetryResource,
        reserve: Int,
        _ items: (inout ProtobufBytes) -> Void
    ) -> [UInt8] {
        var bytes = ProtobufBytes()
        bytes.reserve(reserve)
        bytes.message(1) { group in
            group.message(1) { write(resource.attributes, field: 1, to: &$0) }
            group.message(2) { scope in
                scope.message(1) {
                    $0.string(1, resource.scope)
                    $0.string(2, resource.version)
                }
                items(&scope)
            }
        }
        return bytes.bytes
    }

    private static func write(_ span: SpanRecord, to bytes: inout ProtobufBytes) {
        let identity = span.identity
        bytes.id(1, identity.trace.high, identity.trace.low)
        bytes.id(2, identity.span)
        bytes.string(3, identity.state ?? "")
        if let parent = span.parent { bytes.id(4, parent) }
        bytes.string(5, span.name)
        bytes.varint(6, UInt64(span.kind.rawValue))
        bytes.fixed64(7, span.start)
        bytes.fixed64(8, span.end)
        write(span.attributes, field: 9, to: &bytes)
        for event in span.events {
            bytes.message(11) {
                $0.fixed64(1, event.time)
                $0.string(2, event.name)
                write(event.attributes, field: 3, to: &$0)
            }
        }
        for link in span.links {
            bytes.message(13) {
                $0.id(1, link.identity.trace.high, link.identity.trace.low)
                $0.id(2, link.identity.span)
                $0.string(3, link.identity.state ?? "")
                write(link.attributes, field: 4, to: &$0)
                $0.fixed32(6, flags(link.identity))
            }
        }
        if let failed = span.failed {
            bytes.message(15) {
                $0.string(2, span.message ?? "")
                $0.varint(3, failed ? 2 : 1)
            }
        }
        bytes.fixed32(16, flags(identity))
    }

    private static func write(_ event: EventRecord, to bytes: inout ProtobufBytes) {
        bytes.fixed64(1, event.time)
        bytes.varint(2, UInt64(EventRecord.severity))
        write(event.attributes, field: 6, to: &bytes)
        bytes.fixed32(8, flags(event.identity))
        bytes.id(9, event.identity.trace.high, event.identity.trace.low)
        bytes.id(10, event.identity.span)
        bytes.fixed64(11, event.time)
        bytes.string(12, event.name)
    }

    private static func write(_ attributes: [Attribute], field: UInt32, to bytes: inout ProtobufBytes) {
        for attribute in attributes {
            bytes.message(field) {
                $0.string(1, attribute.key)
                $0.message(2) { write(attribute.value, to: &$0) }
            }
        }
    }

    private static func write(_ value: AttributeValue, to bytes: inout ProtobufBytes) {
        // A member of a oneof is written even where it is empty: its presence is its meaning.
        switch value {
        case .string(let text): bytes.string(1, text, always: true)
        case .bool(let flag): bytes.varint(2, flag ? 1 : 0)
        case .int(let number): bytes.varint(3, UInt64(bitPattern: number))
        case .double(let number): bytes.fixed64(4, number.bitPattern)
        case .array(let values):
            bytes.message(5) { list in
                for value in values { list.message(1) { write(value, to: &$0) } }
            }
        }
    }

    private static func flags(_ identity: SpanIdentity) -> UInt32 { identity.isSampled ? 1 : 0 }
}

extension EventRecord {
    /// `SEVERITY_NUMBER_INFO`.
    static let severity = 9
}
