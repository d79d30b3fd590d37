package import AssayModel

extension PairedComparison {
    /// Compares a run with a baseline, question by question.
    ///
    /// - Parameters:
    ///   - baseline: What is compared with.
    ///   - candidate: What is compared.
    ///   - names: What the runs were asked for as.
    ///   - metrics: Metrics to compare; nil for all that both have.
    ///   - options: How to compare.
    /// - Throws: `AssayError` "compare.evalset", "compare.corpus", "compare.definition", "compare.metric" or "compare.replicate" when
    ///   the runs must not be compared.
    package init(
        baseline: RunResults,
        candidate: RunResults,
        names: (baseline: String, candidate: String)? = nil,
        metrics: [String]? = nil,
        options: ComparisonOptions = ComparisonOptions()
    ) throws(AssayError) {
        let before = [baseline] + options.baselineReplicates
        let after = [candidate] + options.candidateReplicates
        for other in before.dropFirst() + after { try Self.check(baseline, other, options) }
        for (first, runs) in [(baseline, before), (candidate, after)] {
            if let other = runs.first(where: { $0.specHash != first.specHash }) {
                throw AssayError(
                    "compare.replicate",
                    "'\(other.pipeline)' measures something else than '\(first.pipeline)' and is no replicate of it",
                    remedy: "replicates are runs of one unchanged pipeline file with --refresh"
                )
            }
        }
        let (definitions, notes) = try Self.definitions(metrics, runs: before + after)
        guard let evalset = baseline.evalset else { throw AssayError("compare.evalset", "the baseline has no evalset") }
        let rows = (before.map(\.questions), after.map(\.questions))
        let questions = baseline.questions.map(\.sample.question)
        let clusters = QuestionClusters(questions).indices
        let groups = Self.groups(questions, options)
        var whole: [MetricComparison] = []
        var parts = groups.map { _ in [MetricComparison]() }
        // One metric after the other: the columns of all of them would be the larger part of the memory.
        for definition in definitions {
            let columns = (ScoreColumn(definition, rows.0), ScoreColumn(definition, rows.1))
            func compare(_ indices: [Int]) -> MetricComparison {
                MetricComparison(
                    of: definition,
                    questions: indices.map { questions[$0] },
                    clusters: indices.map { clusters[$0] },
                    baseline: columns.0,
                    candidate: columns.1,
                    options: options
                )
            }
            whole.append(compare(Array(questions.indices)))
            for (number, group) in groups.enumerated() { parts[number].append(compare(group.questions)) }
        }
        let all = MetricComparison.corrected(whole, level: options.level)
        self.init(
            baseline: Side(baseline, name: names?.baseline, runs: before.count),
            candidate: Side(candidate, name: names?.candidate, runs: after.count),
            evalset: evalset,
            level: options.level,
            metrics: all,
            slices: Self.slices(groups, parts, level: options.level),
            warnings: notes + Self.warnings(baseline, candidate, all, options)
        )
    }

    /// Compares each candidate with one baseline; the p values of all are corrected together.
    ///
    /// - Parameters:
    ///   - baseline: What is compared with, and what it was asked for as.
    ///   - candidates: What is compared.
    ///   - replicates: Further runs of one of these specs; each joins the side of its spec.
    ///   - metrics: Metrics to compare; nil for all that the runs share.
    ///   - options: How to compare; its own replicates are replaced.
    /// - Returns: One comparison a candidate.
    /// - Throws: As `init`.
    package static func all(
        baseline: (name: String, results: RunResults),
        candidates: [(name: String, results: RunResults)],
        replicates: [RunResults] = [],
        metrics: [String]? = nil,
        options: ComparisonOptions = ComparisonOptions()
    ) throws(AssayError) -> [PairedComparison] {
        var options = options
        func further(_ results: RunResults) -> [RunResults] { replicates.filter { $0.specHash == results.specHash } }
        options.baselineReplicates = further(baseline.results)
        var comparisons: [PairedComparison] = []
        for candidate in candidates {
            // Two runs of one spec: their replicates cannot be told apart and count for the baseline.
            options.candidateReplicates =
                candidate.results.specHash == baseline.results.specHash ? [] : further(candidate.results)
            comparisons.append(
                try PairedComparison(
                    baseline: baseline.results,
                    candidate: candidate.results,
                    names: (baseline.name, candidate.name),
                    metrics: metrics,
                    options: options
                )
            )
        }
        if comparisons.count < 2 { return comparisons }
        var corrected = MetricComparison.corrected(comparisons.flatMap(\.metrics), level: options.level)[...]
        for index in comparisons.indices {
            let count = comparisons[index].metrics.count
            comparisons[index].metrics = Array(corrected.prefix(count))
            corrected = corrected.dropFirst(count)
        }
        return comparisons
    }

    private static func check(
        _ one: RunResults,
        _ two: RunResults,
        _ options: ComparisonOptions
    ) throws(AssayError) {
        if let obstacle = one.evalsetObstacle(to: two) {
            throw AssayError("compare.evalset", "these runs cannot be compared: " + obstacle)
        }
        if !options.acrossCorpora, let obstacle = one.corpusObstacle(to: two) {
            throw AssayError(
                "compare.corpus",
                "these runs cannot be compared: " + obstacle,
                remedy: "repeat the older run on the corpus as it is now, "
                    + "or allow it where the change of the corpus is what you ask about (--across-corpora)"
            )
        }
    }

    /// What to compare, in the order of the first run, and what was left out.
    private static func definitions(
        _ wanted: [String]?,
        runs: [RunResults]
    ) throws(AssayError) -> ([MetricDefinition], [String]) {
        let sets = runs.map { Set($0.metrics.map(\.definition.name)) }
        let common = sets.dropFirst().reduce(sets[0]) { $0.intersection($1) }
        let all = runs[0].metrics.map(\.definition)
        for name in wanted ?? [] where !common.contains(name) {
            throw AssayError(
                "compare.metric",
                "not all of these runs have the metric '\(name)'",
                remedy: "they share " + (common.isEmpty ? "none" : common.sorted().joined(separator: ", "))
            )
        }
        let chosen = all.filter { common.contains($0.name) && (wanted?.contains($0.name) ?? true) }
        guard !chosen.isEmpty else {
            throw AssayError("compare.metric", "these runs have no metric in common")
        }
        for definition in chosen {
            for run in runs.dropFirst() {
                guard let obstacle = runs[0].metricObstacle(definition.name, to: run) else { continue }
                let others = chosen.map(\.name).filter { $0 != definition.name }.joined(separator: ",")
                throw AssayError(
                    "compare.definition",
                    "these runs cannot be compared: " + obstacle,
                    remedy: others.isEmpty
                        ? "score the older run again"
                        : "leave it out (--metrics \(others)), "
                            + "or score the older run again"
                )
            }
        }
        let left = wanted == nil ? Set(sets.joined()).subtracting(common).sorted() : []
        return (chosen, left.isEmpty ? [] : ["Not in all runs, so not compared: \(left.joined(separator: ", "))."])
    }

    /// The questions of each slice: most first, then by tag.
    private static func groups(
        _ questions: [Question],
        _ options: ComparisonOptions
    ) -> [(tag: String, questions: [Int])] {
        guard let slicing = options.slicing else { return [] }
        var groups: [String: [Int]] = [:]
        for (index, question) in questions.enumerated() {
            let tags: [String] =
                switch slicing {
                case .kind: [question.tags.first ?? "untagged"]
                case .tags: question.tags.isEmpty ? ["untagged"] : Array(Set(question.tags))
                case .tag(let tag): [question.tags.contains(tag) ? tag : "without \(tag)"]
                }
            for tag in tags { groups[tag, default: []].append(index) }
        }
        return groups.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.map { ($0.key, $0.value) }
    }

    /// Slices with p values corrected over all of them: many looks find something.
    private static func slices(
        _ groups: [(tag: String, questions: [Int])],
        _ compared: [[MetricComparison]],
        level: Double
    ) -> [Slice] {
        var corrected = MetricComparison.corrected(Array(compared.joined()), level: level)[...]
        return zip(groups, compared).map { group, metrics in
            var part = Array(corrected.prefix(metrics.count))
            corrected = corrected.dropFirst(metrics.count)
            for index in part.indices { part[index].changes = [] }
            return Slice(tag: group.tag, questions: group.questions.count, metrics: part)
        }
    }

    private static func warnings(
        _ baseline: RunResults,
        _ candidate: RunResults,
        _ metrics: [MetricComparison],
        _ options: ComparisonOptions
    ) -> [String] {
        var warnings: [String] = []
        if options.acrossCorpora, let obstacle = baseline.corpusObstacle(to: candidate) {
            warnings.append("Compared across corpora: \(obstacle). A difference may stem from the corpus alone.")
        }
        let tests = metrics.count { $0.pValue != nil }
        let clusters = metrics.filter { $0.n > 0 }.map(\.clusters).min() ?? 0
        let smallest = SignFlipTest.smallestP(clusters: clusters, flips: options.flips)
        if clusters >= 2, smallest * Double(tests) > options.level {
            warnings.append(
                "With \(clusters) clusters (source documents) no p below \(Self.round(smallest)) exists; corrected over "
                    + "\(tests) metrics nothing can be shown. Ask about more documents or fewer metrics."
            )
        }
        let few = metrics.filter { (2..<Self.fewClusters).contains($0.clusters) }
        let rough = options.interval == .bootstrap ? few : few.filter { $0.clusters < 10 && $0.isTernary }
        if !rough.isEmpty {
            let names = rough.map(\.name).joined(separator: ", ")
            warnings.append(
                options.interval == .bootstrap
                    ? "Below \(Self.fewClusters) clusters bootstrap intervals are too short (\(names)): t is better."
                    : "Yes-or-no scores over fewer than 10 clusters: the intervals of \(names) are rough; trust p and the "
                        + "counts of wins and losses."
            )
        }
        for metric in metrics where metric.n > 0 {
            let (one, two) = (metric.baselineCoverage, metric.candidateCoverage)
            if abs(one - two) >= 0.02 {
                warnings.append(
                    "\(metric.name) has another coverage on each side; the questions that only one side could score "
                        + "are not in the difference."
                )
            }
        }
        return warnings
    }

    /// Clusters below which bootstrap intervals hold the truth in clearly less than 95 % (see reports/statistics.md).
    static let fewClusters = 30

    private static func round(_ p: Double) -> String {
        let scaled = Int((p * 10_000).rounded(.up))
        let digits = "\(scaled)"
        return "0." + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

extension MetricComparison {
    /// Whether all scores are 0 or 1, so that differences are −1, 0 or 1.
    fileprivate var isTernary: Bool {
        !changes.isEmpty && changes.allSatisfy { [0, 1].contains($0.before) && [0, 1].contains($0.after) }
    }
}

extension PairedComparison.Side {
    fileprivate init(_ results: RunResults, name: String?, runs: Int) {
        self.init(name: name ?? results.pipeline, pipeline: results.pipeline, specHash: results.specHash, runs: runs)
    }
}
