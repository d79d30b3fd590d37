package import AssayModel

/// `gate:` of a pipeline: what a run must hold.
package struct GateRules: Sendable, Equatable {
    /// Budgets that are no metrics: times of single questions and tokens of the whole run.
    package enum Budget: String, Sendable, CaseIterable {
        /// 95th percentile of the time to the whole answer, milliseconds.
        case latency = "latency_p95_ms"
        /// 95th percentile of the time to the first token, milliseconds.
        case firstToken = "first_token_p95_ms"
        /// 95th percentile of the time of a retrieval, milliseconds.
        case retrieval = "retrieval_p95_ms"
        /// Tokens of all prompts of answers.
        case promptTokens = "prompt_tokens"
        /// Tokens of all answers.
        case completionTokens = "completion_tokens"
        /// Tokens into and out of the judge.
        case judgeTokens = "judge_tokens"
    }

    /// What a rule bounds.
    package enum Subject: Sendable, Hashable {
        /// The mean of a metric.
        case metric(String)
        /// The lowest coverage of all metrics.
        case coverage
        /// A time or a count of tokens.
        case budget(Budget)

        /// As the file has it.
        package var name: String {
            switch self {
            case .metric(let name): name
            case .coverage: "coverage"
            case .budget(let budget): budget.rawValue
            }
        }
    }

    /// One bound.
    package struct Rule: Sendable, Equatable {
        /// What is bounded.
        package var subject: Subject
        /// How.
        package var kind: GateRuleResult.Kind
        /// The bound; for a drop the margin, at least 0.
        package var limit: Double
        /// Tag of the questions it is about, nil for all.
        package var slice: String?
        /// Where it stands.
        package var place: Place

        /// Creates a rule.
        package init(
            subject: Subject,
            kind: GateRuleResult.Kind,
            limit: Double,
            slice: String? = nil,
            place: Place
        ) {
            self.subject = subject
            self.kind = kind
            self.limit = limit
            self.slice = slice
            self.place = place
        }
    }

    /// Name of a baseline or id of a run, nil when the file names none.
    package var baseline: String?
    /// Whether a gate that shows neither "not worse" nor "worse" counts as failed.
    package var inconclusiveFails: Bool
    /// Whether metrics of unvalidated judges decide like others.
    package var allowsUnvalidated: Bool
    /// The rules, in the order of the file.
    package var rules: [Rule]
    /// Where `gate:` stands.
    package var place: Place

    /// Creates rules.
    package init(
        baseline: String? = nil,
        inconclusiveFails: Bool = false,
        allowsUnvalidated: Bool = false,
        rules: [Rule],
        place: Place
    ) {
        self.baseline = baseline
        self.inconclusiveFails = inconclusiveFails
        self.allowsUnvalidated = allowsUnvalidated
        self.rules = rules
        self.place = place
    }

    /// Whether a rule compares with a baseline.
    package var needsBaseline: Bool { rules.contains { $0.kind == .drop } }
}

extension Question {
    /// Whether the question belongs to a slice: `kind:NAME` means its first tag, a plain name any tag.
    package func isIn(slice: String) -> Bool {
        if slice.hasPrefix("kind:") { return tags.first == String(slice.dropFirst("kind:".count)) }
        return tags.contains(slice)
    }
}
