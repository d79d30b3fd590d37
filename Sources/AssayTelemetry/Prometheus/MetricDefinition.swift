/// What a metric counts in; gives the ending of its exposed name.
package enum MetricUnit: String, Sendable {
    case seconds = "s"
    case bytes = "By"
    /// A share or a score.
    case ratio = "1"
    /// Things: requests, tokens, documents. They have no ending.
    case count = ""

    /// The word in names and in OpenMetrics' `# UNIT`, nil for none.
    var word: String? {
        switch self {
        case .seconds: "seconds"
        case .bytes: "bytes"
        case .ratio: "ratio"
        case .count: nil
        }
    }
}

/// A metric as it is declared: everything of it but the values.
package struct MetricDefinition: Sendable, Hashable {
    /// What kind of value it has.
    package enum Kind: String, Sendable {
        case counter
        case gauge
        case histogram
    }

    /// A label and the series that it may open.
    package struct Label: Sendable, Hashable, ExpressibleByStringLiteral {
        /// OpenTelemetry's attribute name, with dots.
        package var attribute: String
        /// The values there may be, nil where they come from a configuration.
        package var values: [String]?

        package init(_ attribute: String, _ values: [String]? = nil) {
            self.attribute = attribute
            self.values = values
        }

        package init(stringLiteral value: String) {
            self.init(value)
        }

        /// The label's name in the exposition.
        package var name: String { prometheusName(attribute) }
    }

    /// OpenTelemetry's name, with dots and without unit.
    package let name: String
    package let kind: Kind
    package let unit: MetricUnit
    /// One sentence, without a full stop.
    package let help: String
    package let labels: [Label]
    /// Upper bounds of a histogram's buckets, ascending, without infinity.
    package let buckets: [Double]
    /// Series that it may have; further label values are counted under `other`.
    package let maxSeries: Int

    package init(
        _ name: String,
        _ kind: Kind,
        unit: MetricUnit = .count,
        help: String,
        labels: [Label] = [],
        buckets: [Double] = [],
        maxSeries: Int = 200
    ) {
        self.name = name
        self.kind = kind
        self.unit = unit
        self.help = help
        self.labels = labels
        self.buckets = buckets
        self.maxSeries = maxSeries
    }

    /// The name in the exposition, as OpenTelemetry's translation makes it (`UnderscoreEscapingWithSuffixes`): unit, then `_total`.
    package var exposedName: String {
        familyName + (kind == .counter ? "_total" : "")
    }

    /// The exposed name without a counter's `_total`: OpenMetrics' name of the family.
    var familyName: String {
        var text = prometheusName(name)
        // A gauge of unit 1 is a ratio; a histogram of unit 1 keeps its name.
        if let word = unit.word, unit != .ratio || kind == .gauge, !text.hasSuffix("_" + word) { text += "_" + word }
        return text
    }

    /// Every name that its samples have.
    package var sampleNames: [String] {
        kind == .histogram
            ? ["_bucket", "_sum", "_count"].map { exposedName + $0 }
            : [exposedName]
    }
}

/// A name with everything that Prometheus does not allow made an underscore.
func prometheusName(_ text: String) -> String {
    var bytes = text.utf8.map { byte -> UInt8 in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            byte
        default: UInt8(ascii: "_")
        }
    }
    if let first = bytes.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) {
        bytes.insert(UInt8(ascii: "_"), at: 0)
    }
    return String(decoding: bytes, as: UTF8.self)
}
