/// What a metric says of one sample.
public enum Score: Sendable, Equatable {
    /// A value in the metric's range.
    case scored(Double)
    /// It applies but could not be computed; counted against coverage, never taken as 0.
    case notScored(reason: String)
    /// It has no meaning for this sample, for example recall of an unanswerable question.
    case notApplicable(reason: String)

    /// The value, nil in the other states.
    public var value: Double? {
        if case .scored(let value) = self { return value }
        return nil
    }
}

extension Score: Codable {
    private enum CodingKeys: String, CodingKey {
        case value
        case notScored = "not_scored"
        case notApplicable = "not_applicable"
    }

    /// Reads `{"value":x}`, `{"not_scored":reason}` or `{"not_applicable":reason}`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let value = try container.decodeIfPresent(Double.self, forKey: .value) {
            self = .scored(value)
        } else if let reason = try container.decodeIfPresent(String.self, forKey: .notScored) {
            self = .notScored(reason: reason)
        } else {
            self = .notApplicable(reason: try container.decode(String.self, forKey: .notApplicable))
        }
    }

    /// Writes the form that `init(from:)` reads.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .scored(let value): try container.encode(value, forKey: .value)
        case .notScored(let reason): try container.encode(reason, forKey: .notScored)
        case .notApplicable(let reason): try container.encode(reason, forKey: .notApplicable)
        }
    }
}
