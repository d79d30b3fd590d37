package import AssayModel

/// Holds a run against the rules of a gate.
///
/// Bounds (`min`, `max`, coverage, budgets) look at the figures of the run as they are. A `drop` is a test on the paired differences to the
/// baseline: *worse* when the hypothesis "worse by no more than the margin" is rejected at 5 %, one-sided, corrected over all drop
/// rules (Holm); *not worse* when the whole 95 % interval of the difference lies above the margin; *inconclusive* otherwise.
package struct GateEvaluation: Sendable {
    /// Share of false alarms that all drop rules together may have.
    package static let level = 0.05
    /// Broken questions that are named at most.
    static let listed = 10

    private let gate: GateRules
    private let record: RunRecord
    private let baseline: Baseline?
    private let baselineName: String?

    /// Prepares an evaluation; nothing is computed.
    ///
    /// - Parameters:
    ///   - gate: The rules.
    ///   - record: The run.
    ///   - baseline: What drops are measured against, nil when there is none.
    ///   - name: What the baseline was asked for as, for messages.
    package init(_ gate: GateRules, record: RunRecord, baseline: Baseline?, name: String? = nil) {
        self.gate = gate
        self.record = record
        self.baseline = baseline
        baselineName = name ?? baseline?.name
    }

    /// Checks every rule.
    ///
    /// - Parameters:
    ///   - file: The pipeline file, for the report.
    ///   - previous: The pipeline's run before this one, for what changed since.
    /// - Returns: The report.
    package func report(file: String? = nil, previous: RunIdentity? = nil) -> GateReport {
        let identity = RunIdentity(record)
        let drops = GateDrops(record: record, baseline: baseline)
        let aside = gate.rules.map(setAside)
        let compared = drops.results(zip(gate.rules, aside).map { $0.kind == .drop && $1 == nil ? $0 : nil })
        let results = gate.rules.indices.map { aside[$0] ?? compared[$0] ?? bound(gate.rules[$0]) }
        let stages = ["answer", "judge"].compactMap { name in record.timings.stages.first { $0.stage == name } }
        let freshness = stages.map { GateReport.Freshness(stage: $0.stage, items: $0.items, reused: $0.reused) }
        return GateReport(
            pipeline: record.results.pipeline,
            file: file,
            run: identity,
            baseline: gate.needsBaseline ? baselineName : nil,
            baselineRun: gate.needsBaseline ? baseline?.identity : nil,
            verdict: Self.verdict(results),
            inconclusiveFails: gate.inconclusiveFails,
            rules: results,
            freshness: freshness,
            changes: gate.needsBaseline ? baseline.map { identity.changes(since: $0.identity) } ?? [] : [],
            changesSincePrevious: previous.map { identity.changes(since: $0) },
            broken: drops.broken(results, limit: Self.listed),
            notes: notes(results, freshness)
        )
    }

    /// The gate as a whole; a gate with rules of which none decides has not passed.
    private static func verdict(_ results: [GateRuleResult]) -> GateReport.Verdict {
        if results.isEmpty { return .passed }
        let outcomes = Set(results.map(\.outcome))
        if outcomes.contains(.failed) { return .failed }
        if outcomes.contains(.refused) { return .refused }
        return outcomes.contains(.inconclusive) || !outcomes.contains(.passed) ? .inconclusive : .passed
    }

    /// A rule that does not decide: its metric was not computed, or its judge has not earned its place.
    private func setAside(_ rule: GateRules.Rule) -> GateRuleResult? {
        guard case .metric(let name) = rule.subject else { return nil }
        guard let summary = summary(name) else {
            return GateRuleResult(rule, .refused, reason: "the run did not compute it")
        }
        guard summary.definition.needs.contains(.judge), summary.judgeStanding != .validated, !gate.allowsUnvalidated
        else { return nil }
        var result = GateRuleResult(
            rule,
            .notGated,
            reason: "its judge is unvalidated, so it can neither pass nor fail a gate "
                + "(calibrate the judge, or say unvalidated: allow)"
        )
        result.value = summary.mean
        result.count = summary.scored
        return result
    }

    private func summary(_ name: String) -> MetricSummary? {
        record.results.metrics.first { $0.definition.name == name }
    }

    // MARK: bounds

    private func bound(_ rule: GateRules.Rule) -> GateRuleResult {
        switch rule.subject {
        case .metric(let name): return metric(rule, name)
        case .coverage: return coverage(rule)
        case .budget(let budget):
            guard let (value, count) = figure(budget) else {
                return GateRuleResult(rule, .refused, reason: "the run has no figure for it")
            }
            return decided(rule, value: value, count: count)
        }
    }

    private func metric(_ rule: GateRules.Rule, _ name: String) -> GateRuleResult {
        let rows = record.results.questions.filter { row in
            rule.slice.map { row.sample.question.isIn(slice: $0) } ?? true
        }
        if rows.isEmpty { return GateRuleResult(rule, .refused, reason: "no question has that tag") }
        let values = rows.compactMap { $0.scores[name]?.score.value }.filter(\.isFinite)
        guard !values.isEmpty else { return GateRuleResult(rule, .failed, reason: "no question was scored") }
        return decided(rule, value: values.reduce(0, +) / Double(values.count), count: values.count)
    }

    /// The lowest coverage counts; the reason names every metric below the bound.
    private func coverage(_ rule: GateRules.Rule) -> GateRuleResult {
        let metrics = record.results.metrics.filter { $0.scored + $0.notScored > 0 }
        guard let lowest = metrics.min(by: { $0.coverage < $1.coverage }) else {
            return GateRuleResult(rule, .refused, reason: "no metric applies to any question")
        }
        var result = decided(rule, value: lowest.coverage, count: lowest.scored + lowest.notScored)
        if result.outcome == .failed {
            let below = metrics.filter { $0.coverage < rule.limit }
            result.reason =
                "not scored: "
                + below.map { "\($0.definition.name) \($0.notScored) of \($0.scored + $0.notScored)" }
                .joined(separator: ", ")
        }
        return result
    }

    private func decided(_ rule: GateRules.Rule, value: Double, count: Int) -> GateRuleResult {
        let holds = rule.kind == .min ? value >= rule.limit : value <= rule.limit
        var result = GateRuleResult(rule, holds ? .passed : .failed)
        result.value = value
        result.count = count
        return result
    }

    private func figure(_ budget: GateRules.Budget) -> (value: Double, count: Int)? {
        let times = record.results.questions.compactMap { record.timings.questions[$0.sample.question.id] }
        let usages = record.results.questions.compactMap { $0.sample.answer?.usage }
        func percentile(_ values: [Double]) -> (Double, Int)? {
            let sorted = values.filter(\.isFinite).sorted()
            // Nearest rank, as in the reports.
            guard !sorted.isEmpty else { return nil }
            return (sorted[max(0, (sorted.count * 95 + 99) / 100 - 1)], sorted.count)
        }
        func sum(_ values: [Int]) -> (Double, Int)? {
            values.isEmpty ? nil : (Double(values.reduce(0, +)), values.count)
        }
        switch budget {
        case .latency: return percentile(times.compactMap { $0.answer?.totalMs })
        case .firstToken: return percentile(times.compactMap { $0.answer?.firstTokenMs })
        case .retrieval: return percentile(times.map(\.retrieveMs))
        case .promptTokens: return sum(usages.map(\.promptTokens))
        case .completionTokens: return sum(usages.map(\.completionTokens))
        case .judgeTokens:
            return record.timings.stages.first { $0.stage == "judge" }
                .map { (Double($0.promptTokens + $0.completionTokens), $0.items) }
        }
    }

    // MARK: notes

    private func notes(_ results: [GateRuleResult], _ freshness: [GateReport.Freshness]) -> [String] {
        var notes: [String] = []
        for result in results where result.kind == .drop {
            guard let detectable = result.detectable, detectable > result.limit else { continue }
            notes.append(
                "\(result.name): the margin \(rounded(result.limit)) is smaller than the effect \(rounded(detectable)) that "
                    + "these \(result.count) questions show with 80 % power; take a wider margin or more questions"
            )
        }
        for line in freshness where line.reused > 0 {
            notes.append(
                "\(line.reused) of \(line.items) calls of the stage '\(line.stage)' were found in the workspace: "
                    + "they are not fresh"
            )
        }
        return notes
    }

    private func rounded(_ value: Double) -> String { "\((value * 1_000).rounded() / 1_000)" }
}

extension GateRuleResult {
    /// A result of a rule without figures.
    init(_ rule: GateRules.Rule, _ outcome: Outcome, reason: String? = nil) {
        self.init(
            subject: rule.subject.name,
            kind: rule.kind,
            limit: rule.limit,
            slice: rule.slice,
            place: rule.place,
            outcome: outcome,
            reason: reason
        )
    }
}
