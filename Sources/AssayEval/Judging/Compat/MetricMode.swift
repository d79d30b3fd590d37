import AssayModel

/// Whose arithmetic a metric follows from the judge's replies to the score.
package enum MetricMode: String, Sendable, CaseIterable {
    /// Assay's own: verdicts 0 or 1 and as many as asked for, nothing added to a denominator, nothing rounded.
    case corrected
    /// The metric of `ragas.metrics` in Ragas 0.4.3.
    case legacy = "ragas-legacy"
    /// The metric of `ragas.metrics.collections` in Ragas 0.4.3.
    case collections = "ragas-collections"

    /// Reads the option `mode`, which only metrics with more than one mode have.
    static func read(_ options: inout OptionReader, among compat: [MetricMode: String]) throws -> MetricMode {
        guard !compat.isEmpty else { return .corrected }
        let names = allCases.filter { $0 == .corrected || compat[$0] != nil }.map(\.rawValue)
        let name = try options.string("mode", default: corrected.rawValue, oneOf: names)
        return MetricMode(rawValue: name) ?? .corrected
    }
}

extension [MetricMode: String] {
    /// One formula for both of Ragas's implementations.
    static func both(_ formula: String) -> [MetricMode: String] { [.legacy: formula, .collections: formula] }
}

extension MetricDefinition {
    /// Largest whole number that a compat mode takes from a judge where Ragas takes any.
    static let largestLooseNumber = 9.0

    /// In a mode that counts raw numbers a value may leave the range.
    mutating func widen(for modes: [MetricMode], _ options: [String: JSONValue]) {
        if modes.contains(where: { options["mode"] == .string($0.rawValue) }) { range = 0...Self.largestLooseNumber }
    }

    /// A change of the definition for modes that count raw numbers.
    static func widening(_ modes: MetricMode...) -> MetricEntry.Refinement {
        { $0.widen(for: modes, $1) }
    }
}

extension MetricResult {
    /// Where Ragas's value is not a number.
    static func ragasNaN(_ why: String) -> MetricResult {
        MetricResult(.notScored(reason: "\(why), for which Ragas gives NaN"))
    }

    /// Where Ragas raises an error instead of scoring.
    static func refusedByRagas(_ what: String) -> MetricResult {
        MetricResult(.notScored(reason: "Ragas refuses \(what)"))
    }

    /// Where the answer has no text to judge.
    static let blankAnswer = MetricResult(.notScored(reason: "the answer is blank"))

    /// Where the answer says that the documents do not answer.
    static let abstains = MetricResult(.notApplicable(reason: "the answer abstains"))
}

extension Sample {
    /// The texts of the prompt's passages as they are, blank ones too, as Ragas takes them; nil when the record does not hold one.
    var recordedContextTexts: [String]? {
        let texts = context.map(\.text)
        return texts.contains("") ? nil : texts
    }
}
