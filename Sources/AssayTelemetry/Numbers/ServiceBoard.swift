package import AssayModel

/// What `GET /dashboard.json` says: the numbers now and over the last hour.
package struct ServiceBoard: Sendable, Equatable {
    /// A panel without its computation.
    package struct Panel: Sendable, Equatable {
        package var id: String
        package var title: String
        /// A `ServiceNumbers.Unit`; what is not known is shown as a plain number.
        package var unit: String
        package var about: String
        package var isSparse: Bool
        package var lines: [Line]
    }

    /// A number without its computation.
    package struct Line: Sendable, Equatable {
        package var key: String
        package var label: String
    }

    /// Something that went wrong, and how often.
    package struct Trouble: Sendable, Equatable {
        /// `turned away` or `failed`.
        package var kind: String
        package var reason: String
        package var lastMinute: Double
        package var sinceStart: Double
    }

    /// Name of the pipeline.
    package var model: String
    /// Seconds since 1970 at which the service began to count.
    package var started: Double
    /// Seconds since 1970 of `current`.
    package var time: Double
    /// Seconds between two points.
    package var interval: Double
    package var panels: [Panel]
    /// The numbers now, by key; nil for what is unknown.
    package var current: [String: Double?]
    /// Number of the first point; the service's first was 0.
    package var first: Int
    /// Seconds since 1970 of the points.
    package var times: [Double]
    /// The numbers at these times, by key.
    package var values: [String: [Double?]]
    package var troubles: [Trouble]
}

extension ServiceBoard {
    /// Version of the JSON's shape; a change that readers must know of raises it.
    package static let schema = 1

    /// The board as JSON; numbers have six significant digits, unknown ones are null.
    package var json: JSONValue {
        func number(_ value: Double?) -> JSONValue {
            guard let value, value.isFinite else { return .null }
            return .double(Self.rounded(value))
        }
        return [
            "schema": .int(Self.schema), "model": .string(model), "started": .double(started), "time": .double(time),
            "interval": .double(interval), "first": .int(first), "times": .array(times.map { .double($0) }),
            "current": .object(current.mapValues(number)),
            "values": .object(values.mapValues { .array($0.map(number)) }),
            "panels": .array(
                panels.map { panel in
                    [
                        "id": .string(panel.id), "title": .string(panel.title), "unit": .string(panel.unit),
                        "about": .string(panel.about), "sparse": .bool(panel.isSparse),
                        "lines": .array(
                            panel.lines.map { ["key": .string($0.key), "label": .string($0.label)] }
                        ),
                    ]
                }
            ),
            "troubles": .array(
                troubles.map {
                    [
                        "kind": .string($0.kind), "reason": .string($0.reason), "last_minute": .double($0.lastMinute),
                        "since_start": .double($0.sinceStart),
                    ]
                }
            ),
        ]
    }

    /// Reads a service's JSON, also of another version as far as it is understood.
    ///
    /// - Returns: Nil for what is no board.
    package init?(_ json: JSONValue) {
        guard json["schema"]?.intValue != nil, let model = json["model"]?.stringValue,
            let panels = json["panels"]?.arrayValue, case .object(let current)? = json["current"]
        else { return nil }
        self.model = model
        started = json["started"]?.doubleValue ?? 0
        time = json["time"]?.doubleValue ?? 0
        interval = json["interval"]?.doubleValue ?? 0
        first = json["first"]?.intValue ?? 0
        times = (json["times"]?.arrayValue ?? []).compactMap(\.doubleValue)
        self.current = current.mapValues(\.doubleValue)
        values = [:]
        if case .object(let series)? = json["values"] {
            values = series.mapValues { ($0.arrayValue ?? []).map(\.doubleValue) }
        }
        self.panels = panels.map { panel in
            func text(_ name: String) -> String { panel[name]?.stringValue ?? "" }
            return Panel(
                id: text("id"),
                title: text("title"),
                unit: text("unit"),
                about: text("about"),
                isSparse: panel["sparse"] == true,
                lines: (panel["lines"]?.arrayValue ?? []).map {
                    Line(key: $0["key"]?.stringValue ?? "", label: $0["label"]?.stringValue ?? "")
                }
            )
        }
        troubles = (json["troubles"]?.arrayValue ?? []).map {
            Trouble(
                kind: $0["kind"]?.stringValue ?? "",
                reason: $0["reason"]?.stringValue ?? "",
                lastMinute: $0["last_minute"]?.doubleValue ?? 0,
                sinceStart: $0["since_start"]?.doubleValue ?? 0
            )
        }
    }

    /// The value with six significant digits: what a plot can show, in a third of the bytes.
    static func rounded(_ value: Double) -> Double {
        guard value != 0, value.isFinite, abs(value) < 1e15 else { return value }
        var scale = 1.0
        while abs(value) * scale < 100_000, scale < 1e12 { scale *= 10 }
        return (value * scale).rounded() / scale
    }
}
