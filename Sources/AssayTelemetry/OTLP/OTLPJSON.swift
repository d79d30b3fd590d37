/// OTLP as JSON: proto3's mapping, but ids in hexadecimal, enumerations as numbers, 64-bit integers as text.
enum OTLPJSON {
    /// `ExportTraceServiceRequest`.
    static func traces(_ spans: [SpanRecord], _ resource: TelemetryResource) -> [UInt8] {
        request("resourceSpans", "scopeSpans", "spans", resource) { json in
            for (number, span) in spans.enumerated() {
                if number > 0 { json.raw(",") }
                write(span, to: &json)
            }
        }
    }

    /// `ExportLogsServiceRequest`.
    static func logs(_ events: [EventRecord], _ resource: TelemetryResource) -> [UInt8] {
        request("resourceLogs", "scopeLogs", "logRecords", resource) { json in
            for (number, event) in events.enumerated() {
                if number > 0 { json.raw(",") }
                write(event, to: &json)
            }
        }
    }

    private static func request(
        _ groups: String,
        _ scopes: String,
        _ items: String,
        _ resource: TelemetryResource,
        _ body: (inout JSONBytes) -> Void
    ) -> [UInt8] {
        var json = JSONBytes()
        json.raw("{\"\(groups)\":[{\"resource\":{")
        write(resource.attributes, to: &json, first: true)
        json.raw("},\"\(scopes)\":[{\"scope\":{\"name\":")
        json.string(resource.scope)
        json.raw(",\"version\":")
        json.string(resource.version)
        json.raw("},\"\(items)\":[")
        body(&json)
        json.raw("]}]}]}")
        return json.bytes
    }

    private static func write(_ span: SpanRecord, to json: inout JSONBytes) {
        json.raw("{\"traceId\":\"")
        json.hex(span.identity.trace)
        json.raw("\",\"spanId\":\"")
        json.hex(span.identity.span)
        json.raw("\"")
        if let state = span.identity.state {
            json.raw(",\"traceState\":")
            json.string(state)
        }
        if let parent = span.parent {
            json.raw(",\"parentSpanId\":\"")
            json.hex(parent)
            json.raw("\"")
        }
        json.raw(",\"name\":")
        json.string(span.name)
        json.raw(
            ",\"kind\":\(span.kind.rawValue),\"startTimeUnixNano\":\"\(span.start)\",\"endTimeUnixNano\":\"\(span.end)\""
        )
        write(span.attributes, to: &json)
        if !span.events.isEmpty {
            json.list(",\"events\":", span.events) { event, json in
                json.raw("{\"timeUnixNano\":\"\(event.time)\",\"name\":")
                json.string(event.name)
                write(event.attributes, to: &json)
                json.raw("}")
            }
        }
        if !span.links.isEmpty {
            json.list(",\"links\":", span.links) { link, json in
                json.raw("{\"traceId\":\"")
                json.hex(link.identity.trace)
                json.raw("\",\"spanId\":\"")
                json.hex(link.identity.span)
                json.raw("\"")
                if let state = link.identity.state {
                    json.raw(",\"traceState\":")
                    json.string(state)
                }
                write(link.attributes, to: &json)
                json.raw(link.identity.isSampled ? ",\"flags\":1}" : "}")
            }
        }
        if let failed = span.failed {
            json.raw(",\"status\":{")
            if let message = span.message, !message.isEmpty {
                json.raw("\"message\":")
                json.string(message)
                json.raw(",")
            }
            json.raw("\"code\":\(failed ? 2 : 1)}")
        }
        json.raw(span.identity.isSampled ? ",\"flags\":1}" : "}")
    }

    private static func write(_ event: EventRecord, to json: inout JSONBytes) {
        json.raw("{\"timeUnixNano\":\"\(event.time)\",\"severityNumber\":\(EventRecord.severity)")
        write(event.attributes, to: &json)
        json.raw(event.identity.isSampled ? ",\"flags\":1,\"traceId\":\"" : ",\"traceId\":\"")
        json.hex(event.identity.trace)
        json.raw("\",\"spanId\":\"")
        json.hex(event.identity.span)
        json.raw("\",\"observedTimeUnixNano\":\"\(event.time)\",\"eventName\":")
        json.string(event.name)
        json.raw("}")
    }

    private static func write(_ attributes: [Attribute], to json: inout JSONBytes, first: Bool = false) {
        guard !attributes.isEmpty else { return }
        json.list((first ? "" : ",") + "\"attributes\":", attributes) { attribute, json in
            json.raw("{\"key\":")
            json.string(attribute.key)
            json.raw(",\"value\":")
            write(attribute.value, to: &json)
            json.raw("}")
        }
    }

    private static func write(_ value: AttributeValue, to json: inout JSONBytes) {
        switch value {
        case .string(let text):
            json.raw("{\"stringValue\":")
            json.string(text)
        case .bool(let flag): json.raw("{\"boolValue\":\(flag)")
        case .int(let number): json.raw("{\"intValue\":\"\(number)\"")
        case .double(let number):
            // proto3's JSON writes what JSON has no number for as text.
            let text =
                number.isNaN
                ? "\"NaN\"" : number.isInfinite ? (number < 0 ? "\"-Infinity\"" : "\"Infinity\"") : "\(number)"
            json.raw("{\"doubleValue\":\(text)")
        case .array(let values):
            json.list("{\"arrayValue\":{\"values\":", values) { write($0, to: &$1) }
            json.raw("}")
        }
        json.raw("}")
    }
}

/// Writes JSON into bytes.
struct JSONBytes {
    private(set) var bytes: [UInt8] = []

    mutating func raw(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    mutating func list<Item>(_ head: String, _ items: [Item], _ write: (Item, inout JSONBytes) -> Void) {
        raw(head)
        raw("[")
        for (number, item) in items.enumerated() {
            if number > 0 { raw(",") }
            write(item, &self)
        }
        raw("]")
    }

    mutating func hex(_ trace: TraceID) {
        hex(trace.high)
        hex(trace.low)
    }

    mutating func hex(_ value: UInt64) {
        for shift in stride(from: 60, through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: value >> shift) & 15
            bytes.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
        }
    }

    /// A string in quotes; control characters are escaped.
    mutating func string(_ text: String) {
        bytes.append(0x22)
        guard text.utf8.contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5c }) else {
            bytes.append(contentsOf: text.utf8)
            bytes.append(0x22)
            return
        }
        for byte in text.utf8 {
            switch byte {
            case 0x22, 0x5c:
                bytes.append(0x5c)
                bytes.append(byte)
            case 0x0a: raw("\\n")
            case 0..<0x20:
                raw("\\u00")
                bytes.append(byte < 0x10 ? 0x30 : 0x31)
                let digit = byte & 15
                bytes.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
            default: bytes.append(byte)
            }
        }
        bytes.append(0x22)
    }
}
