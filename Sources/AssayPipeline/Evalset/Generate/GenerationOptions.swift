import AssayModel

/// How an evalset is generated.
package struct GenerationOptions: Sendable {
    /// The engine that writes questions, nil for questions by rule.
    package var engine: String?
    /// Questions wanted that pass all filters.
    package var count = 20
    /// Share of them that need two documents' evidence, 0 to 1; by rule there are none.
    package var multiHop = 0.25
    /// Decides evidence, personas, styles and splits.
    package var seed = 1
    /// Share of source documents whose questions go to the split `dev`.
    package var dev = 0.5
    /// Who asks; each in a few words.
    package var personas = Self.personas
    /// How they ask; each in a few words.
    package var styles = Self.styles
    /// Engine calls at most; what is in the journal is not counted.
    package var maxCalls = 200
    /// Folder given by `--data`.
    package var data: String?

    /// The defaults.
    package init() {}

    /// Who asks, unless the user says.
    package static let personas = [
        "a newcomer who knows the field's common words but not this documentation's",
        "an experienced operator who has a problem right now",
        "a developer who compares options before a decision",
        "a reviewer who checks one exact detail",
    ]

    /// How they ask, unless the user says.
    package static let styles = [
        "a plain, complete question",
        "a short question of at most eight words",
        "one sentence on the situation, then the question",
        "a question that uses other words than the documents do (synonyms, paraphrases)",
    ]
}

/// What a generation made.
package struct GenerationReport: Sendable, Codable, Equatable {
    /// Rows written.
    package var rows = 0
    /// Of these, rows that passed all filters.
    package var kept = 0
    /// Rows that a person should mend.
    package var edit = 0
    /// Rows that are of no use.
    package var dropped = 0
    /// Rows by the filter that held them, in words.
    package var reasons: [String: Int] = [:]
    /// Replies that were not of the form asked for.
    package var refused = 0
    /// Engine calls made.
    package var calls = 0
    /// Calls answered from the journal.
    package var reused = 0
    /// Pieces of evidence that were found.
    package var evidence = 0
    /// Sentences about what to expect of the set.
    package var notes: [String] = []
}

/// A row of a generated evalset: a question with its review.
struct GeneratedRow: Sendable, Codable, Equatable {
    /// What a person, or a filter, says of it.
    enum Review: String, Sendable, Codable { case keep, drop, edit }

    /// How it was made.
    struct Made: Sendable, Codable, Equatable {
        var by: String
        var hops: Int
        var persona: String?
        var style: String?
        var link: String?
        /// Heading path of each piece of evidence.
        var headings: [String]
    }

    var id: String
    var question: String
    var reference: String
    var gold: [GoldQuote]
    var tags: [String]
    var split: String
    var review: Review
    var reasons: [String]
    var made: Made
}
