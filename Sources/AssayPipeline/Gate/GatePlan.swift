import AssayEval
import AssayModel

/// What is wrong with a gate, found before a run: slices without questions, baselines that do not fit, margins that the set cannot show.
struct GatePlan: Sendable {
    let gate: GateRules
    let evalset: EvalsetSource
    let baseline: Baseline?

    /// Rules about slices that no question is in.
    var problems: [AssayError] {
        let tags = Set(evalset.questions.flatMap(\.tags)).sorted()
        var seen: Set<String> = []
        return gate.rules.compactMap { rule in
            guard let slice = rule.slice, seen.insert(slice).inserted,
                !evalset.questions.contains(where: { $0.isIn(slice: slice) })
            else { return nil }
            let plain = slice.hasPrefix("kind:") ? String(slice.dropFirst("kind:".count)) : slice
            let near = nearestName(to: plain, among: tags).map { " (did you mean '\($0)'?)" } ?? ""
            return AssayError(
                "gate.slice",
                "the gate has a rule for the slice '\(slice)', but no question of '\(evalset.name)' has that tag\(near)",
                at: rule.place,
                remedy: "take a tag of the evalset, or kind:NAME for a first tag"
            )
        }
    }

    /// What a person should know before trusting the gate.
    var warnings: [String] {
        guard gate.needsBaseline else { return [] }
        guard let baseline else {
            let name = gate.baseline.map { "'\($0)' is neither a baseline nor a run here" } ?? "the file names none"
            return [
                "\(gate.place): the gate needs a baseline: \(name); 'assay gate --update-baseline' writes the first"
            ]
        }
        let split = baseline.identity.evalset?.split
        guard (try? evalset.fingerprint) == baseline.identity.evalset?.fingerprint, evalset.split == split else {
            return [
                "\(gate.place): the baseline '\(baseline.name)' is of another evalset: rules with 'drop' will be refused; "
                    + "save a new one with 'assay baseline save'"
            ]
        }
        return gate.rules.compactMap { margin($0, baseline) }
    }

    /// The smallest effect is estimated from the spread of the baseline's scores, half of it taken to be shared by both runs; the
    /// comparison itself prints the one of the paired differences.
    private func margin(_ rule: GateRules.Rule, _ baseline: Baseline) -> String? {
        guard rule.kind == .drop else { return nil }
        let clusters = QuestionClusters(evalset.questions).indices
        var values: [Double] = []
        var groups: [Int] = []
        for (row, cluster) in zip(baseline.results(for: evalset.questions), clusters) {
            guard rule.slice.map({ row.sample.question.isIn(slice: $0) }) ?? true,
                let value = row.scores[rule.subject.name]?.score.value
            else { continue }
            values.append(value)
            groups.append(cluster)
        }
        guard let mean = ClusteredMean(values, clusters: groups), let error = mean.standardError, error > 0 else {
            return nil
        }
        let tests = gate.rules.count { $0.kind == .drop }
        let level = GateEvaluation.level / Double(max(1, tests))
        guard let effect = DetectableEffect.of(standardError: error, clusters: mean.clusters, level: level) else {
            return nil
        }
        guard effect > rule.limit else { return nil }
        func figure(_ value: Double) -> String { "\((value * 1_000).rounded() / 1_000)" }
        return
            "\(rule.place): the margin \(figure(rule.limit)) of \(rule.subject.name)\(rule.slice.map { " in '\($0)'" } ?? "") is "
            + "smaller than the effect of about \(figure(effect)) that these \(values.count) questions show with 80 % power (estimate "
            + "from the baseline's spread); take a wider margin or more questions"
    }
}
