/// When an answer is called wrong, for the attribution of failures.
public struct FailureLimits: Sendable, Codable, Equatable {
    /// Judged measures of correctness by name without a mode or cut: a value below the limit is wrong, one is enough.
    public var judged: [String: Double]
    /// Likeness to the reference: all that were scored must be below their limits.
    public var likeness: [String: Double]
    /// Share of the answer's words (or of the quote's, where those are fewer) that the gold quotes must hold to count as used, 0…1.
    public var usedShare: Double

    /// The limits of a file that sets none.
    public static let standard = FailureLimits(
        judged: ["answer_correctness": 0.5, "factual_correctness": 0.5, "faithfulness": 0.5, "answer_accuracy": 0.5],
        likeness: ["token_f1": 0.3, "rouge_l": 0.3, "semantic_similarity": 0.6],
        usedShare: 0.5
    )

    /// Creates limits.
    public init(judged: [String: Double], likeness: [String: Double], usedShare: Double) {
        self.judged = judged
        self.likeness = likeness
        self.usedShare = usedShare
    }

    /// Whether a limit's name means a metric, in whatever mode or at whatever cut: `faithfulness` means `faithfulness(ragas-legacy)`.
    public static func means(_ limit: String, _ metric: String) -> Bool {
        guard metric.hasPrefix(limit) else { return false }
        guard let next = metric.utf8.dropFirst(limit.utf8.count).first else { return true }
        return !(next == UInt8(ascii: "_") || (next >= 48 && next <= 57) || (next | 32 >= 97 && next | 32 <= 122))
    }
}
