package import AssayModel

/// Something that `assay evalset check` found.
package struct EvalsetFinding: Sendable, Codable, Equatable {
    /// How bad it is.
    package enum Severity: String, Sendable, Codable {
        /// Scores would be wrong.
        case error
        /// Scores may mislead.
        case warning
        /// Worth knowing.
        case note
    }

    /// Stable name of the kind.
    package var code: String
    /// How bad it is.
    package var severity: Severity
    /// Ids of the questions.
    package var questions: [String]
    /// Where the first of them stands.
    package var place: Place?
    /// What was found, as a sentence without a full stop.
    package var message: String
    /// What to do, or the text that was probably meant.
    package var suggestion: String?

    init(
        _ code: String,
        _ severity: Severity,
        _ questions: [String],
        at place: Place? = nil,
        _ message: String,
        suggestion: String? = nil
    ) {
        self.code = code
        self.severity = severity
        self.questions = questions
        self.place = place
        self.message = message
        self.suggestion = suggestion
    }

    /// `file:line: error: message; suggestion`.
    package var line: String {
        "\(place.map { "\($0): " } ?? "")\(severity.rawValue): \(message)\(suggestion.map { "; \($0)" } ?? "")"
    }
}

/// All that a check says of an evalset.
package struct EvalsetReport: Sendable, Codable {
    /// Questions of one tag, by split.
    package struct TagLine: Sendable, Codable, Equatable {
        /// The tag.
        package var tag: String
        /// Questions by split.
        package var questions: [String: Int]
    }

    /// What the set can show.
    package struct Power: Sendable, Codable, Equatable {
        /// The metric, nil when no run was given.
        package var metric: String?
        /// The split.
        package var split: String
        /// Questions that it rests on.
        package var questions: Int
        /// Clusters of source documents.
        package var clusters: Int
        /// What it rests on, in a few words.
        package var basis: String
        /// Smallest difference of two runs that is shown with 80 % power at 5 %.
        package var detectable: Double
        /// The effect asked for, nil without one.
        package var effect: Double?
        /// Questions needed for it.
        package var needed: Int?
    }

    /// Name of the evalset.
    package var name: String
    /// Questions that would be asked.
    package var questions: Int
    /// Their labels.
    package var labels: Int
    /// Rows that a review holds back.
    package var held: Int
    /// Questions by split.
    package var splits: [String: Int]
    /// Questions by tag and split, most frequent first.
    package var tags: [TagLine]
    /// What was found, errors first.
    package var findings: [EvalsetFinding]
    /// What the set can show, by split.
    package var power: [Power]

    /// Findings of a severity.
    package func count(_ severity: EvalsetFinding.Severity) -> Int { findings.count { $0.severity == severity } }
}
