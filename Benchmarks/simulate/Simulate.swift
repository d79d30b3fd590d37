import AssayEval
import AssayModel
import Glibc

/// Shows by simulation what the intervals, tests and detectable effects are worth; prints a page of Markdown.
///
/// `simulate [REPETITIONS]`, at least 10,000 for the checked-in page. Exits with 1 when a promised figure is missed.
@main
struct Simulate {
    let repetitions: Int
    private(set) var misses: [String] = []

    static func main() {
        var simulation = Simulate(repetitions: CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 10_000)
        print(
            """
            # What the statistics are worth

            Simulated by `make simulate` (\(simulation.repetitions) repetitions a row unless a row says less, fixed seeds; \
            the program is `Benchmarks/simulate` and uses the code that `assay compare` and the gate use). \
            A share of \(simulation.repetitions) repetitions has a standard error of at most \
            \(percent(0.5 / Double(simulation.repetitions).squareRoot())) (near 95 %: \
            \(percent((0.05 * 0.95 / Double(simulation.repetitions)).squareRoot()))).

            """
        )
        simulation.continuousMeans()
        simulation.binaryMeans()
        simulation.binaryDifferences()
        simulation.falseAlarms()
        simulation.power()
        simulation.judgeNoise()
        for miss in simulation.misses { print("MISSED: \(miss)\n") }
        if !simulation.misses.isEmpty { exit(1) }
    }

    // MARK: intervals

    /// Coverage of 95 % intervals of a mean of continuous scores.
    mutating func continuousMeans() {
        table(
            "Means of continuous scores: how often the 95 % interval holds the truth",
            "Normal scores, correlation within a document (ICC) 0.3. *Naive* takes questions as independent; *z* is the clustered "
                + "standard error with 1.96; **t** with C − 1 degrees of freedom is what Assay prints; BCa is the bootstrap over "
                + "clusters (999 samples) of `--interval bootstrap`.",
            ["documents × questions", "naive", "clustered z", "**clustered t**", "BCa"]
        )
        let uneven = (0..<30).map { 1 + $0 * 7 % 30 }
        let layouts = [
            ("10 × 10", Layout(documents: 10), true), ("30 × 10", Layout(documents: 30), true),
            ("100 × 10", Layout(documents: 100), true), ("30 × 1 to 30, uneven", Layout(uneven), false),
            ("10 × 1 to 28, uneven", Layout(Array(uneven.prefix(10))), false),
        ]
        for (index, (name, layout, isPromised)) in layouts.enumerated() {
            var draws = Draws(seed: 100 + UInt64(index))
            var hits = [0, 0, 0, 0]
            for repetition in 0..<repetitions {
                let values = layout.continuous(icc: 0.3, &draws)
                guard let mean = ClusteredMean(values, clusters: layout.clusters), let error = mean.standardError else {
                    continue
                }
                let naive = ClusteredMean(values, clusters: Array(values.indices))
                if naive?.interval()?.contains(0) == true { hits[0] += 1 }
                if abs(mean.mean) <= 1.959_964 * error { hits[1] += 1 }
                if mean.interval()?.contains(0) == true { hits[2] += 1 }
                let bootstrap = ClusteredBootstrap.interval(
                    values,
                    clusters: layout.clusters,
                    resamples: 999,
                    seed: UInt64(repetition)
                )
                if bootstrap?.contains(0) == true { hits[3] += 1 }
            }
            row([name] + hits.map { percent(share($0)) })
            if isPromised, !(0.94...0.96).contains(share(hits[2])) {
                misses.append("coverage of t with \(name): \(percent(share(hits[2])))")
            }
            if isPromised, share(hits[0]) > 0.9 { misses.append("the naive interval does not fail with \(name)") }
        }
    }

    /// Coverage and width of intervals of a share.
    mutating func binaryMeans() {
        table(
            "Shares (yes-or-no scores)",
            "Ten questions a document, ICC 0.3 (beta-binomial). **Wilson** with the effective size of Korn and Graubard is what Assay "
                + "prints for scores that are all 0 or 1; *t* is beside it for comparison. In brackets the mean width.",
            ["true share", "documents", "clustered t", "**Wilson**"]
        )
        for (place, share) in [0.5, 0.8, 0.95].enumerated() {
            for documents in [5, 10, 30, 100] {
                let layout = Layout(documents: documents)
                var draws = Draws(seed: 200 + UInt64(place * 1_000 + documents))
                var hits = [0, 0]
                var widths = [0.0, 0.0]
                for _ in 0..<repetitions {
                    let values = layout.binary(share, icc: 0.3, &draws)
                    let intervals = [
                        ClusteredMean(values, clusters: layout.clusters)?.interval()?.clamped(to: 0...1),
                        ProportionInterval.wilson(values, clusters: layout.clusters),
                    ]
                    for (index, interval) in intervals.enumerated() {
                        guard let interval else { continue }
                        // A mean of equal values has the same last bits as the truth in no run: points do not count as hits.
                        if interval.contains(share) { hits[index] += 1 }
                        widths[index] += interval.upperBound - interval.lowerBound
                    }
                }
                row(
                    ["\(share)", "\(documents)"]
                        + zip(hits, widths).map { "\(percent(self.share($0))) (\(fixed($1 / Double(repetitions))))" }
                )
            }
        }
    }

    /// Coverage of intervals of differences of yes-or-no scores, and false alarms of the test.
    mutating func binaryDifferences() {
        table(
            "Differences of yes-or-no scores",
            "Two runs over the same questions, ten a document, share 0.7, ICC 0.3 in each run. Coverage of the interval of the "
                + "difference, and how often the sign-flip test says 5 % although nothing differs. Below 6 clusters no p under 5 % exists. "
                + "*Unlike spread*: equal means, but the candidate's documents do not differ (ICC 0), so signs are not quite exchangeable.",
            ["documents", "true difference", "clustered t", "BCa (999)", "false alarms of the test"]
        )
        for documents in [5, 10, 20, 30] {
            for (effect, icc) in [(0.0, 0.3), (0.1, 0.3), (0.0, 0.0)] {
                let layout = Layout(documents: documents)
                var draws = Draws(seed: 300 + UInt64(documents) + (effect > 0 ? 1_000 : 0) + (icc == 0 ? 2_000 : 0))
                var hits = [0, 0]
                var alarms = 0
                for repetition in 0..<repetitions {
                    let before = layout.binary(0.7, icc: 0.3, &draws)
                    let after = layout.binary(0.7 + effect, icc: icc, &draws)
                    let deltas = zip(before, after).map { $1 - $0 }
                    let seed = UInt64(repetition)
                    let mean = ClusteredMean(deltas, clusters: layout.clusters)
                    if mean?.interval()?.contains(effect) == true { hits[0] += 1 }
                    let bootstrap = ClusteredBootstrap.interval(
                        deltas,
                        clusters: layout.clusters,
                        resamples: 999,
                        seed: seed
                    )
                    if bootstrap?.contains(effect) == true { hits[1] += 1 }
                    guard effect == 0 else { continue }
                    let test = SignFlipTest(deltas, clusters: layout.clusters, flips: 1_999, seed: seed)
                    if let test, test.twoSided <= 0.05 { alarms += 1 }
                }
                row(
                    ["\(documents)", effect == 0 ? icc == 0 ? "0, unlike spread" : "0" : "\(effect)"]
                        + hits.map { percent(share($0)) } + [effect == 0 ? percent(share(alarms)) : "–"]
                )
            }
        }
    }

    // MARK: tests

    /// How often eight metrics without any difference raise an alarm.
    mutating func falseAlarms() {
        table(
            "False alarms with eight metrics, none of which differs",
            "Ten questions a document, ICC 0.3; share of comparisons in which at least one metric is flagged. *Gate* is its rule for "
                + "`drop: 0`: one-sided p of \"worse\", corrected (Holm). Correlated metrics share 70 % of their variance; the mixed set has five continuous and three yes-or-no metrics.",
            ["metrics", "documents", "uncorrected", "**compare: better or worse**", "**compare: worse**", "**gate**"]
        )
        for documents in [10, 30] {
            for kind in ["independent", "correlated", "mixed"] {
                let layout = Layout(documents: documents)
                var draws = Draws(seed: 400 + UInt64(documents) + UInt64(kind.utf8.count) * 1_000)
                var counts = [0, 0, 0, 0]
                for repetition in 0..<repetitions {
                    let deltas = Self.differences(kind, layout, &draws)
                    let tests = deltas.map {
                        SignFlipTest($0, clusters: layout.clusters, flips: 1_999, seed: UInt64(repetition))
                    }
                    let compared = MetricComparison.corrected(
                        zip(deltas, tests).map { Self.comparison($0, $1, documents) },
                        level: 0.05
                    )
                    if tests.contains(where: { ($0?.twoSided ?? 1) <= 0.05 }) { counts[0] += 1 }
                    if compared.contains(where: { [.better, .worse].contains($0.verdict) }) { counts[1] += 1 }
                    if compared.contains(where: { $0.verdict == .worse }) { counts[2] += 1 }
                    if Holm.adjusted(tests.map { $0?.lower }).contains(where: { ($0 ?? 1) <= 0.05 }) { counts[3] += 1 }
                }
                row([kind, "\(documents)"] + counts.map { percent(share($0)) })
                // Three standard errors: at exactly 5 % half of all simulations lie above it.
                let slack = 3 * (0.05 * 0.95 / Double(repetitions)).squareRoot()
                for (name, count) in [("compare", counts[1]), ("gate", counts[3])] where share(count) > 0.05 + slack {
                    misses.append("false alarms of \(name) with \(kind) metrics and \(documents) documents")
                }
                if share(counts[0]) < 0.1 { misses.append("uncorrected tests do not fail with \(kind) metrics") }
            }
        }
    }

    private static func differences(_ kind: String, _ layout: Layout, _ draws: inout Draws) -> [[Double]] {
        let shared = layout.continuous(icc: 0.3, &draws)
        return (0..<8).map { metric in
            if kind == "mixed", metric >= 5 {
                let before = layout.binary(0.8, icc: 0.3, &draws)
                return zip(before, layout.binary(0.8, icc: 0.3, &draws)).map { $1 - $0 }
            }
            let own = layout.continuous(icc: 0.3, &draws)
            guard kind == "correlated" else { return own }
            return zip(shared, own).map { 0.7.squareRoot() * $0 + 0.3.squareRoot() * $1 }
        }
    }

    private static func comparison(_ deltas: [Double], _ test: SignFlipTest?, _ clusters: Int) -> MetricComparison {
        MetricComparison(
            definition: MetricDefinition(name: "m", version: 1, formula: "x", needs: []),
            n: deltas.count,
            clusters: clusters,
            difference: deltas.reduce(0, +) / Double(deltas.count),
            pValue: test?.twoSided,
            baselineCoverage: 1,
            candidateCoverage: 1
        )
    }

    /// How often an effect of the stated size is shown.
    mutating func power() {
        table(
            "Power at the detectable effect",
            "The true difference is the detectable effect, computed from the true spread; ten questions a document, ICC 0.3. Wanted: "
                + "80 %. With eight metrics one of them differs, by the effect at the level that Holm's first step demands.",
            [
                "documents", "one metric", "one of eight, corrected",
                "from the estimated spread: median of effect / true effect",
            ]
        )
        for documents in [10, 30, 100] {
            let layout = Layout(documents: documents)
            // Variance of a document's mean of ten: 0.3 + 0.7 / 10.
            let error = (0.37 / Double(documents)).squareRoot()
            var draws = Draws(seed: 500 + UInt64(documents))
            var shown = [0, 0]
            var ratios: [Double] = []
            let levels = [0.05, 0.05 / 8]
            let effects = levels.map { DetectableEffect.of(standardError: error, clusters: documents, level: $0) ?? 0 }
            let rounds = min(repetitions, 10_000)
            for repetition in 0..<rounds {
                func p(_ effect: Double) -> SignFlipTest? {
                    let values = layout.continuous(icc: 0.3, &draws).map { $0 + effect }
                    let estimate = DetectableEffect.of(
                        standardError: ClusteredMean(values, clusters: layout.clusters)?.standardError,
                        clusters: documents
                    )
                    if effect == effects[0], let estimate { ratios.append(estimate / effects[0]) }
                    return SignFlipTest(values, clusters: layout.clusters, flips: 4_999, seed: UInt64(repetition))
                }
                if let test = p(effects[0]), test.twoSided <= 0.05 { shown[0] += 1 }
                let tests = [p(effects[1])] + (1..<8).map { _ in p(0) }
                if let holm = Holm.adjusted(tests.map { $0?.twoSided })[0], holm <= 0.05 { shown[1] += 1 }
            }
            let shares = shown.map { Double($0) / Double(rounds) }
            ratios.sort()
            row(["\(documents)"] + shares.map(percent) + [fixed(ratios[ratios.count / 2])])
            if !(0.77...0.83).contains(shares[0]) {
                misses.append("power with \(documents) documents: \(percent(shares[0]))")
            }
        }
    }

    /// How often judgements of the very same answers are taken for a change.
    mutating func judgeNoise() {
        table(
            "The same answers, judged twice by a noisy judge",
            "30 documents × 10 answers, judgements with standard deviation 0.2 around the answer's quality, three repeats, 2,000 rounds. "
                + "*Biased day*: every judgement of the second run is 0.01 higher, which no test over questions can tell from a better pipeline.",
            ["second run", "test alone", "flagged (test and beyond judge noise)"]
        )
        let definition = MetricDefinition(name: "m", version: 1, formula: "x", needs: [.judge])
        for (name, bias) in [("the same judge", 0.0), ("biased day", 0.01)] {
            var draws = Draws(seed: 600)
            var counts = [0, 0]
            for round in 0..<2_000 {
                let quality = (0..<300).map { _ in 0.5 + 0.2 * draws.normal() }
                func run(_ bias: Double) -> [QuestionResult] {
                    quality.enumerated().map { index, quality in
                        let repeats = (0..<3).map { _ in quality + bias + 0.2 * draws.normal() }
                        let question = Question(
                            id: "q\(index)",
                            question: "?",
                            gold: [GoldQuote(document: "d\(index / 10)", quote: "x")]
                        )
                        return QuestionResult(
                            sample: Sample(question: question, goldSpans: [], retrieved: [], contextCount: 0),
                            scores: ["m": MetricResult(.scored(repeats.reduce(0, +) / 3), repeats: repeats)]
                        )
                    }
                }
                var options = ComparisonOptions()
                options.seed = UInt64(round)
                options.flips = 1_999
                let found = MetricComparison(
                    of: definition,
                    baseline: [run(0)],
                    candidate: [run(bias)],
                    options: options
                )
                if let p = found.pValue, p <= 0.05 { counts[0] += 1 }
                if [.better, .worse].contains(found.verdict) { counts[1] += 1 }
            }
            row([name] + counts.map { percent(Double($0) / 2_000) })
        }
    }

    // MARK: writing

    private func share(_ count: Int) -> Double { Double(count) / Double(repetitions) }

    private func table(_ title: String, _ text: String, _ columns: [String]) {
        print("\n## \(title)\n\(text)\n")
        row(columns)
        row(columns.map { _ in "---" })
    }

    private func row(_ cells: [String]) { print("| " + cells.joined(separator: " | ") + " |") }
}

private func percent(_ share: Double) -> String {
    let hundredths = Int((share * 10_000).rounded())
    let digits = "\(hundredths % 100)"
    return "\(hundredths / 100)." + String(repeating: "0", count: 2 - digits.count) + digits + " %"
}

private func fixed(_ value: Double) -> String {
    let thousandths = Int((value * 1_000).rounded())
    let digits = "\(thousandths % 1_000)"
    return "\(thousandths / 1_000)." + String(repeating: "0", count: 3 - digits.count) + digits
}
