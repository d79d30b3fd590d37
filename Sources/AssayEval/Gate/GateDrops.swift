import AssayModel

/// The `drop` rules of a gate: what compares a run with its baseline.
struct GateDrops: Sendable {
    private let record: RunRecord
    private let baseline: Baseline?
    /// The baseline as a run over the same questions.
    private let before: RunResults?

    init(record: RunRecord, baseline: Baseline?) {
        self.record = record
        self.baseline = baseline
        before = baseline?.results(over: record.results.questions.map(\.sample.question))
    }

    /// Why no metric can be compared with the baseline, nil when nothing stands in the way.
    private var obstacle: String? {
        guard let before else { return "there is no baseline" }
        return before.evalsetObstacle(to: record.results) ?? before.corpusObstacle(to: record.results)
    }

    private func obstacle(of name: String) -> String? {
        if let obstacle { return obstacle }
        guard let before, before.metrics.contains(where: { $0.definition.name == name }) else {
            return "the baseline does not have it"
        }
        return before.metricObstacle(name, to: record.results)
    }

    /// The results of drop rules, corrected together.
    ///
    /// - Parameter rules: The rules; nil for those that others check.
    /// - Returns: One result a rule, nil where there was none.
    func results(_ rules: [GateRules.Rule?]) -> [GateRuleResult?] {
        var results: [GateRuleResult?] = []
        var comparisons: [MetricComparison?] = []
        for rule in rules {
            guard let rule else {
                results.append(nil)
                comparisons.append(nil)
                continue
            }
            let (result, comparison) = compare(rule)
            results.append(result)
            comparisons.append(comparison)
        }
        let tests = comparisons.compactMap(\.self)
        // Holm's first step decides what can be detected at all.
        let detectable = MetricComparison.corrected(tests, level: GateEvaluation.level).map(\.detectableEffect)
        let adjusted = Holm.adjusted(results.map { $0?.p })
        var next = 0
        for index in results.indices {
            guard let comparison = comparisons[index] else { continue }
            results[index]?.adjustedP = adjusted[index]
            results[index]?.detectable = detectable[next]
            next += 1
            decide(&results[index], comparison)
        }
        return results
    }

    private func compare(_ rule: GateRules.Rule) -> (GateRuleResult, MetricComparison?) {
        let name = rule.subject.name
        if let obstacle = obstacle(of: name) {
            return (
                GateRuleResult(
                    rule,
                    .refused,
                    reason: "\(baseline.map { "the baseline '\($0.name)': " } ?? "")\(obstacle)"
                ), nil
            )
        }
        guard let definition = record.results.metrics.first(where: { $0.definition.name == name })?.definition else {
            return (GateRuleResult(rule, .refused, reason: "the run did not compute it"), nil)
        }
        func rows(_ all: [QuestionResult]) -> [QuestionResult] {
            all.filter { row in rule.slice.map { row.sample.question.isIn(slice: $0) } ?? true }
        }
        let comparison = MetricComparison(
            of: definition,
            baseline: [rows(before?.questions ?? [])],
            candidate: [rows(record.results.questions)]
        )
        if comparison.n == 0 {
            return (GateRuleResult(rule, .refused, reason: "no question is scored in both runs"), nil)
        }
        let sign: Double = definition.higherIsBetter ? 1 : -1
        let ends = [comparison.low, comparison.high].compactMap(\.self).map { sign * $0 }
        var result = GateRuleResult(rule, .inconclusive)
        result.value = comparison.candidateMean
        result.before = comparison.baselineMean
        result.gain = comparison.gain
        result.low = ends.min()
        result.high = ends.max()
        result.p = comparison.pWorse(margin: rule.limit)
        result.count = comparison.n
        result.clusters = comparison.clusters
        return (result, comparison)
    }

    private func decide(_ result: inout GateRuleResult?, _ comparison: MetricComparison) {
        guard var found = result else { return }
        if comparison.clusters < 2 {
            found.reason = "all questions are about one document, so nothing can be tested"
        } else if let p = found.adjustedP, p <= GateEvaluation.level {
            // The judge alone may move a mean as far as that.
            if let noise = comparison.judgeNoise, let gain = found.gain, abs(gain) <= noise {
                found.reason = "the judge alone moves the mean by \((noise * 1_000).rounded() / 1_000)"
            } else {
                found.outcome = .failed
            }
        } else if let low = found.low, low >= -found.limit - 1e-12 {
            found.outcome = .passed
        }
        result = found
    }

    /// The questions that lost most in the metrics of broken rules.
    func broken(_ results: [GateRuleResult], limit: Int) -> [GateReport.QuestionChange] {
        guard obstacle == nil, let before else { return [] }
        var changes: [(gain: Double, change: GateReport.QuestionChange)] = []
        var seen: Set<String> = []
        let old = Dictionary(before.questions.map { ($0.sample.question.id, $0) }) { first, _ in first }
        for result in results where result.outcome == .failed && obstacle(of: result.subject) == nil {
            guard let metric = record.results.metrics.first(where: { $0.definition.name == result.subject }) else {
                continue
            }
            let sign: Double = metric.definition.higherIsBetter ? 1 : -1
            for row in record.results.questions {
                let question = row.sample.question
                guard result.slice.map({ question.isIn(slice: $0) }) ?? true,
                    let new = row.scores[result.subject]?.score.value,
                    let was = old[question.id]?.scores[result.subject]?.score.value,
                    sign * (new - was) < -1e-9, seen.insert(result.subject + "\u{0}" + question.id).inserted
                else { continue }
                let change = GateReport.QuestionChange(
                    id: question.id,
                    question: question.question,
                    metric: result.subject,
                    before: was,
                    after: new
                )
                changes.append((sign * (new - was), change))
            }
        }
        // Stable: equal losses stay in the order of rules and evalset.
        let ordered = changes.enumerated().sorted { ($0.element.gain, $0.offset) < ($1.element.gain, $1.offset) }
        return ordered.prefix(limit).map(\.element.change)
    }
}
