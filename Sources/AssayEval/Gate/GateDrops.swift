import AssayModel

/// The `drop` rules of a gate: what compares a run with its baseline.
struct GateDrops: Sendable {
    private let gate: GateRules
    private let record: RunRecord
    private let baseline: Baseline?
    private let rows: [QuestionResult]

    init(_ gate: GateRules, record: RunRecord, baseline: Baseline?, baselineName: String?) {
        self.gate = gate
        self.record = record
        self.baseline = baseline
        rows = baseline?.results(for: record.results.questions.map(\.sample.question)) ?? []
    }

    /// Why no metric can be compared with the baseline, nil when nothing stands in the way.
    var refusal: String? {
        guard let baseline else { return "there is no baseline" }
        let (old, new) = (baseline.identity, RunIdentity(record))
        guard let asked = new.evalset, let before = old.evalset else { return "one of the runs has no evalset" }
        if before.fingerprint != asked.fingerprint || before.split != asked.split {
            return "the baseline '\(baseline.name)' is of another evalset: \(before.name) \(before.split) "
                + "\(before.fingerprint.prefix(12)), now \(asked.name) \(asked.split) \(asked.fingerprint.prefix(12))"
        }
        if old.corpusFingerprint != new.corpusFingerprint {
            return "the baseline '\(baseline.name)' is of another corpus: \(old.corpus) \(old.corpusFingerprint.prefix(12)), "
                + "now \(new.corpus) \(new.corpusFingerprint.prefix(12))"
        }
        return nil
    }

    private func refusal(of name: String) -> String? {
        if let refusal { return refusal }
        guard let baseline, let old = baseline.metrics.first(where: { $0.definition.name == name }) else {
            return "the baseline '\(baseline?.name ?? "")' does not have it"
        }
        let new = record.results.metrics.first { $0.definition.name == name }
        return old.definitionHash == new?.definitionHash
            ? nil : "the baseline '\(baseline.name)' computed it by another definition"
    }

    /// The result of one drop rule before the correction over all of them.
    func result(_ rule: GateRules.Rule) -> GateRuleResult {
        let name = rule.subject.name
        if let reason = refusal(of: name) { return GateRuleResult(rule, .refused, reason: reason) }
        fatalError("compare")
    }

    func correct(_ results: inout [GateRuleResult]) {}

    /// The questions that lost most in the metrics of broken rules.
    func broken(_ results: [GateRuleResult], limit: Int) -> [GateReport.QuestionChange] {
        guard refusal == nil else { return [] }
        var changes: [(gain: Double, change: GateReport.QuestionChange)] = []
        var seen: Set<String> = []
        let before = Dictionary(rows.map { ($0.sample.question.id, $0) }) { first, _ in first }
        for result in results where result.outcome == .failed && refusal(of: result.subject) == nil {
            guard let metric = record.results.metrics.first(where: { $0.definition.name == result.subject }) else {
                continue
            }
            let sign: Double = metric.definition.higherIsBetter ? 1 : -1
            for row in record.results.questions {
                let question = row.sample.question
                guard result.slice.map({ question.isIn(slice: $0) }) ?? true,
                    let new = row.scores[result.subject]?.score.value,
                    let old = before[question.id]?.scores[result.subject]?.score.value,
                    sign * (new - old) < -1e-9, seen.insert(result.subject + "\u{0}" + question.id).inserted
                else { continue }
                let change = GateReport.QuestionChange(
                    id: question.id,
                    question: question.question,
                    metric: result.subject,
                    before: old,
                    after: new
                )
                changes.append((sign * (new - old), change))
            }
        }
        // Stable: equal losses stay in the order of rules and evalset.
        let ordered = changes.enumerated().sorted { ($0.element.gain, $0.offset) < ($1.element.gain, $1.offset) }
        return ordered.prefix(limit).map(\.element.change)
    }
}
