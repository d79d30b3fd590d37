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
            return
                "the baseline '\(baseline.name)' is of another corpus: \(old.corpus) \(old.corpusFingerprint.prefix(12)), "
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
        guard let metric = record.results.metrics.first(where: { $0.definition.name == name }) else {
            return GateRuleResult(rule, .refused, reason: "the run did not compute it")
        }
        let sign: Double = metric.definition.higherIsBetter ? 1 : -1
        var pairs: [(before: Double, after: Double, cluster: Int)] = []
        let asked = record.results.questions.map(\.sample.question)
        let clusters = QuestionClusters(asked).indices
        let before = Dictionary(rows.map { ($0.sample.question.id, $0) }) { first, _ in first }
        for (row, cluster) in zip(record.results.questions, clusters) {
            let question = row.sample.question
            guard rule.slice.map({ question.isIn(slice: $0) }) ?? true,
                let new = row.scores[name]?.score.value, new.isFinite,
                let old = before[question.id]?.scores[name]?.score.value, old.isFinite
            else { continue }
            pairs.append((old, new, cluster))
        }
        guard let mean = ClusteredMean(pairs.map { sign * ($0.after - $0.before) }, clusters: pairs.map(\.cluster))
        else {
            return GateRuleResult(rule, .refused, reason: "no question is scored in both runs")
        }
        var result = GateRuleResult(rule, .inconclusive)
        result.count = pairs.count
        result.clusters = mean.clusters
        result.before = pairs.reduce(0) { $0 + $1.before } / Double(pairs.count)
        result.value = pairs.reduce(0) { $0 + $1.after } / Double(pairs.count)
        result.gain = mean.mean
        guard let error = mean.standardError, let interval = mean.interval() else {
            result.reason = "all questions are about one document, so there is no interval"
            return result
        }
        result.low = interval.lowerBound
        result.high = interval.upperBound
        result.p = Self.p(of: mean.mean + rule.limit, error: error, freedom: Double(mean.clusters - 1))
        let freedom = Double(mean.clusters - 1)
        result.detectable =
            (StudentT.quantile(0.975, freedom: freedom) + StudentT.quantile(0.8, freedom: freedom)) * error
        return result
    }

    /// One-sided p of a distance to the margin that is not negative; without any spread the distance itself decides.
    static func p(of distance: Double, error: Double, freedom: Double) -> Double {
        if error < 1e-12 { return distance < -1e-12 ? 0 : 1 }
        return 1 - StudentT.upperTail(distance / error, freedom: freedom)
    }

    /// Corrects the p values over all drop rules (Holm) and decides.
    func correct(_ results: inout [GateRuleResult]) {
        let tested = results.indices.filter { results[$0].kind == .drop && results[$0].p != nil }
        let ordered = tested.sorted { (results[$0].p ?? 1, $0) < (results[$1].p ?? 1, $1) }
        var largest = 0.0
        for (rank, index) in ordered.enumerated() {
            largest = max(largest, min(1, (results[index].p ?? 1) * Double(ordered.count - rank)))
            results[index].adjustedP = largest
            if largest <= GateEvaluation.level {
                results[index].outcome = .failed
            } else if let low = results[index].low, low >= -results[index].limit - 1e-12 {
                results[index].outcome = .passed
            }
        }
    }

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
