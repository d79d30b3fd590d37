/// Value of an attribute.
package enum AttributeValue: Sendable, Equatable {
    case string(String)
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case array([AttributeValue])

    /// The texts of an array of strings, nil for anything else.
    var strings: [String]? {
        guard case .array(let values) = self else { return nil }
        return values.compactMap(\.text)
    }

    /// The numbers of an array, nil for anything else.
    var numbers: [Double]? {
        guard case .array(let values) = self else { return nil }
        return values.compactMap(\.number)
    }

    /// The text, nil for anything else.
    var text: String? {
        if case .string(let text) = self { return text }
        return nil
    }

    /// The number, nil for anything else.
    var number: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }
}

/// A name and its value.
package struct Attribute: Sendable, Equatable {
    package var key: String
    package var value: AttributeValue

    package init(_ key: String, _ value: AttributeValue) {
        self.key = key
        self.value = value
    }

    package init(_ key: String, _ text: String) {
        self.init(key, .string(text))
    }
}

/// 16 bytes; never all zero.
package struct TraceID: Sendable, Hashable {
    package var high: UInt64
    package var low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// 32 lower-case hexadecimal digits.
    package var hex: String { AssayTelemetry.hex(high) + AssayTelemetry.hex(low) }
}

/// Where a span stands: what W3C's `traceparent` says.
package struct SpanIdentity: Sendable, Hashable {
    package var trace: TraceID
    package var span: UInt64
    package var isSampled: Bool
    /// W3C's `tracestate`, as it came.
    package var state: String?

    package init(trace: TraceID, span: UInt64, isSampled: Bool = true, state: String? = nil) {
        self.trace = trace
        self.span = span
        self.isSampled = isSampled
        self.state = state
    }
}

/// A span that has ended, in the terms of OTLP.
package struct SpanRecord: Sendable, Equatable {
    /// OTLP's numbers.
    package enum Kind: Int, Sendable {
        case `internal` = 1
        case server = 2
        case client = 3
        case producer = 4
        case consumer = 5
    }

    /// Something that happened at one moment.
    package struct Event: Sendable, Equatable {
        package var name: String
        /// Nanoseconds since 1970.
        package var time: UInt64
        package var attributes: [Attribute]
    }

    /// Another span that this one has to do with.
    package struct Link: Sendable, Equatable {
        package var identity: SpanIdentity
        package var attributes: [Attribute]
    }

    package var identity: SpanIdentity
    /// Span id of the parent, nil for a root.
    package var parent: UInt64?
    package var name: String
    package var kind: Kind
    /// Nanoseconds since 1970.
    package var start: UInt64
    /// Nanoseconds since 1970.
    package var end: UInt64
    /// In a fixed order.
    package var attributes: [Attribute]
    package var events: [Event] = []
    package var links: [Link] = []
    /// Whether it failed; nil when nothing was said.
    package var failed: Bool?
    /// What failed: an error's code, never a text of a document.
    package var message: String?

    package init(
        identity: SpanIdentity,
        parent: UInt64? = nil,
        name: String,
        kind: Kind = .internal,
        start: UInt64,
        end: UInt64,
        attributes: [Attribute] = []
    ) {
        self.identity = identity
        self.parent = parent
        self.name = name
        self.kind = kind
        self.start = start
        self.end = end
        self.attributes = attributes
    }

    subscript(key: String) -> AttributeValue? {
        attributes.first { $0.key == key }?.value
    }
}

/// A log record with a name: OTLP's form of an event.
package struct EventRecord: Sendable, Equatable {
    package var name: String
    /// Nanoseconds since 1970.
    package var time: UInt64
    /// The span it belongs to.
    package var identity: SpanIdentity
    package var attributes: [Attribute]

    package init(name: String, time: UInt64, identity: SpanIdentity, attributes: [Attribute]) {
        self.name = name
        self.time = time
        self.identity = identity
        self.attributes = attributes
    }
}

/// Takes spans when they end; called on the thread that ends them, so it must be quick.
package protocol SpanSink: Sendable {
    func take(_ span: SpanRecord)
}

/// 16 lower-case hexadecimal digits.
func hex(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
