package import AssayModel

extension GateRuleResult {
    /// What was found, in one sentence with the figures and the rule; without the place.
    package var sentence: String {
        let name = subject + (slice.map { " in slice '\($0)'" } ?? "")
        switch outcome {
        case .notGated: return "\(name): left aside; \(reason ?? "no reason given")."
        case .refused: return "\(name): cannot be checked; \(reason ?? "no reason given")."
        case .passed, .failed, .inconclusive: break
        }
        let text = kind == .drop ? dropSentence(name) : boundSentence(name)
        return text + (reason.map { " \($0)." } ?? "")
    }

    private func boundSentence(_ name: String) -> String {
        let bound = "\(kind.rawValue) \(figure(limit))"
        guard let value else { return "\(name) has no value; the rule is \(bound)." }
        let relation =
            switch (kind, outcome) {
            case (.min, .failed): "below"
            case (.max, .failed): "above"
            default: "within"
            }
        let behind = count > 0 ? " (n \(count))" : ""
        return "\(name) is \(figure(value))\(behind), \(relation) the rule \(bound)."
    }

    private func dropSentence(_ name: String) -> String {
        let figures = "\(figure(before)) → \(figure(value))"
        let interval = "gain \(signed(gain)), 95 % interval \(signed(low)) to \(signed(high))"
        let size = "n \(count), \(clusters) clusters"
        let test = adjustedP.map { ", corrected p \(Self.p($0))" } ?? ""
        let margin = "a drop of \(figure(limit))"
        let verdict =
            switch outcome {
            case .failed: "worse by more than \(margin)"
            case .passed: "not worse by more than \(margin)"
            default:
                high.map { $0 < 0 } == true
                    ? "worse, but not shown to be worse by more than \(margin)"
                    : "neither shown to be worse nor not worse by more than \(margin)"
            }
        return "\(name) \(verdict): \(figures) (\(interval), \(size)\(test))."
    }

    /// `0.0004` as `< 0.001`.
    static func p(_ value: Double) -> String {
        value < 0.001 ? "< 0.001" : Format.fixed(value, decimals: 3)
    }

    private func figure(_ value: Double?) -> String { Self.figure(value) }

    private func signed(_ value: Double?) -> String {
        guard let value else { return Format.none }
        return (value > 0 ? "+" : "") + Format.metric(value)
    }

    /// Three decimals for scores, whole numbers with separators for what is large.
    static func figure(_ value: Double?) -> String {
        guard let value else { return Format.none }
        let isCount = value.magnitude > 1 && value == value.rounded()
        return isCount || value.magnitude >= 100 ? Format.fixed(value, decimals: 0) : Format.metric(value)
    }
}

extension GateReport {
    /// The gate in one sentence.
    package var headline: String {
        func count(_ outcome: GateRuleResult.Outcome) -> Int { rules.count { $0.outcome == outcome } }
        let parts: [(GateRuleResult.Outcome, String)] = [
            (.failed, "broken"), (.refused, "not to be checked"), (.inconclusive, "inconclusive"),
            (.notGated, "left aside"), (.passed, "held"),
        ]
        let counts = parts.filter { count($0.0) > 0 }.map { "\(count($0.0)) \($0.1)" }
        let word =
            switch verdict {
            case .passed: "the gate holds"
            case .failed: "the gate is broken"
            case .inconclusive: "the gate is inconclusive, which counts as \(inconclusiveFails ? "failed" : "passed")"
            case .refused: "the gate cannot be checked"
            }
        return "\(word): \(Format.count(rules.count, "rule")), \(counts.joined(separator: ", "))"
    }

    /// The baseline in one line, nil without one.
    var baselineLine: String? {
        baseline.map { name in
            let run = baselineRun.map { " · run \($0.run) · \($0.started)" } ?? ""
            let commit = baselineRun?.commit.map { " · commit \($0.prefix(12))" } ?? ""
            return name + run + commit
        }
    }

    /// Answers and judgements asked for, and how many of them were not fresh.
    var freshnessLine: String? {
        guard !freshness.isEmpty else { return nil }
        let names = ["answer": "answers", "judge": "judge calls"]
        return freshness.map {
            "\(names[$0.stage] ?? $0.stage) \(Format.count($0.items)), cache hits \(Format.count($0.reused))"
        }
        .joined(separator: " · ")
    }
}
