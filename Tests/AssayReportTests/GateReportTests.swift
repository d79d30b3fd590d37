import AssayModel
import FoundationEssentials
import Testing

@testable import AssayReport

/// A gate's report with every outcome and hostile text.
enum SampleGate {
    static let hostile = "<b>&\"]]>\u{1}\u{202E} | `x` ::error::%0A, [link](http://evil) \u{1B}[31m"

    static func report(inconclusiveFails: Bool = false, outcomes: Set<GateRuleResult.Outcome>? = nil) -> GateReport {
        let place = Place(file: "pipelines/näch tlich.yaml", line: 21)
        let drop = GateRuleResult(
            subject: "context_span_recall",
            kind: .drop,
            limit: 0.05,
            place: place,
            outcome: .failed,
            value: 0.412,
            before: 0.801,
            gain: -0.389,
            low: -0.471,
            high: -0.307,
            p: 0.000_01,
            adjustedP: 0.000_03,
            detectable: 0.118,
            count: 100,
            clusters: 42
        )
        var doubtful = drop
        doubtful.subject = "token_f1"
        doubtful.slice = "kind:comparison"
        doubtful.outcome = .inconclusive
        (doubtful.value, doubtful.before, doubtful.gain) = (0.08, 0.1, -0.02)
        (doubtful.low, doubtful.high, doubtful.p, doubtful.adjustedP) = (-0.09, 0.05, 0.8, 0.8)
        doubtful.count = 18
        var held = doubtful
        held.subject = "hit@5"
        held.slice = nil
        held.outcome = .passed
        let rules = [
            drop, doubtful, held,
            GateRuleResult(
                subject: "coverage",
                kind: .min,
                limit: 0.98,
                place: Place(file: "pipelines/näch tlich.yaml", line: 22),
                outcome: .failed,
                value: 0.9,
                count: 20,
                reason: "not scored: \(hostile) 2 of 20"
            ),
            GateRuleResult(
                subject: "latency_p95_ms",
                kind: .max,
                limit: 5_000,
                outcome: .passed,
                value: 3_512.25,
                count: 20
            ),
            GateRuleResult(
                subject: "faithfulness",
                kind: .min,
                limit: 0.5,
                outcome: .notGated,
                reason: "its judge is unvalidated"
            ),
            GateRuleResult(
                subject: "mrr",
                kind: .drop,
                limit: 0.1,
                outcome: .refused,
                reason: "the baseline is of another evalset"
            ),
        ]
        .filter { outcomes?.contains($0.outcome) ?? true }
        let engine = EngineIdentity(name: "local", model: "m", modelHash: "ab", mode: "strict", contextTokens: 0)
        let run = RunIdentity(
            run: "20261123T010203-00ff",
            pipeline: hostile,
            specHash: "beef",
            started: "2026-11-23T01:02:03Z",
            commit: "0123456789abcdef0123456789abcdef01234567",
            corpus: "handbook",
            corpusFingerprint: "fc5a",
            engine: engine
        )
        return GateReport(
            pipeline: hostile,
            file: place.file,
            run: run,
            baseline: "main",
            baselineRun: run,
            verdict: outcomes == nil ? .failed : .inconclusive,
            inconclusiveFails: inconclusiveFails,
            rules: rules,
            freshness: [.init(stage: "answer", items: 20, reused: 0), .init(stage: "judge", items: 1_240, reused: 0)],
            changes: ["answer.context: 4 → 1", hostile],
            changesSincePrevious: ["commit: aaa → bbb"],
            broken: [.init(id: "hb-1", question: hostile, metric: "context_span_recall", before: 1, after: 0)],
            notes: ["a note"]
        )
    }
}

struct GateReportTests {
    @Test func writesEveryFormat() throws {
        for renderer in GateRenderers.builtin.entries {
            let name = type(of: renderer).name
            let text = try renderer.render(SampleGate.report(), options: ReportOptions())
            #expect(text.hasSuffix("\n"))
            #expect(!text.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{202E}" || $0 == "\u{1}" }, "\(name)")
            #expect(try renderer.render(SampleGate.report(), options: ReportOptions()) == text)
            assertSnapshot(text, named: "gate-\(name).txt")
        }
    }

    @Test func anUnknownFormatNamesTheKnownOnes() {
        let error = #expect(throws: AssayError.self) { try GateRenderers.builtin.renderer("jnuit") }
        #expect(error?.message.contains("did you mean 'junit'?") == true)
    }

    @Test func annotationsAreOneLineEachAndEscaped() throws {
        let text = try GateAnnotations().render(SampleGate.report(), options: ReportOptions())
        let lines = text.split(separator: "\n")
        #expect(lines.count == 5)
        #expect(lines.map { $0.prefix(8) } == ["::error ", "::warnin", "::error ", "::notice", "::error "])
        #expect(lines[0].hasPrefix("::error file=pipelines/näch tlich.yaml,line=21,title=assay gate "))
        // Neither title nor message can open another command or property.
        for line in lines {
            let parts = line.split(separator: "::", maxSplits: 1)
            #expect(parts.count == 2 && !parts[0].dropFirst("error ".count).contains("::"))
            #expect(line.contains("%250A"))
        }
        let strict = try GateAnnotations().render(SampleGate.report(inconclusiveFails: true), options: ReportOptions())
        #expect(!strict.contains("::warning"))
    }

    @Test func sarifPointsToTheLinesOfTheFile() throws {
        let text = try GateSARIF().render(SampleGate.report(), options: ReportOptions())
        let log = try JSONValue(parsing: text)
        #expect(log["version"] == "2.1.0")
        let run = try #require(log["runs"]?.arrayValue?.first)
        let rules = try #require(run["tool"]?["driver"]?["rules"]?.arrayValue)
        let results = try #require(run["results"]?.arrayValue)
        #expect(results.map { $0["level"] } == ["error", "warning", "error", "note", "error"])
        for result in results {
            let index = try #require(result["ruleIndex"]?.intValue)
            #expect(rules[index]["id"] == result["ruleId"])
            #expect(result["message"]?["text"]?.stringValue?.isEmpty == false)
        }
        let location = results[0]["locations"]?.arrayValue?[0]["physicalLocation"]
        #expect(location?["artifactLocation"]?["uri"] == "pipelines/n%C3%A4ch%20tlich.yaml")
        #expect(location?["region"]?["startLine"] == 21)
        #expect(Set(results.map { $0["partialFingerprints"] }).count == results.count)
    }

    @Test func summaryInMarkdownHasTheVerdictTheRulesAndWhatBroke() throws {
        let text = try GateMarkdown().render(SampleGate.report(), options: ReportOptions())
        #expect(text.hasPrefix("## ❌ Gate of "))
        for part in [
            "### Rules that do not hold", "### Questions that broke", "`hb-1`", "answer.context: 4 → 1", "cache hits 0",
        ] {
            #expect(text.contains(part), "\(part)")
        }
        let open = SampleGate.report(outcomes: [.passed, .inconclusive])
        #expect(try GateMarkdown().render(open, options: ReportOptions()).hasPrefix("## ⚠️ "))
    }

    @Test func sentencesSayMetricFiguresIntervalAndRule() {
        let rules = SampleGate.report().rules
        #expect(
            rules[0].sentence
                == "context_span_recall worse by more than a drop of 0.050: 0.801 → 0.412 (gain -0.389, 95 % interval -0.471 to -0.307, n 100, 42 clusters, corrected p < 0.001)."
        )
        #expect(rules[4].sentence == "latency_p95_ms is 3,512 (n 20), within the rule max 5,000.")
        #expect(rules[6].sentence == "mrr: cannot be checked; the baseline is of another evalset.")
    }
}

struct HistoryReportTests {
    private static func history() -> MetricHistory {
        let runs = (0..<10).map { night in
            MetricHistory.Run(
                identity: RunIdentity(
                    run: "r\(night)",
                    pipeline: "nightly <&>",
                    specHash: "s",
                    started: "2026-11-\(10 + night)T03:00:00Z",
                    corpus: "c",
                    corpusFingerprint: "f"
                ),
                verdict: [nil, .passed, .inconclusive, .failed, .refused][night % 5]
            )
        }
        let points = (0..<10).map { night in
            let mean = night < 6 ? 0.8 : 0.5
            return MetricHistory.Point(
                run: night,
                mean: mean,
                low: mean - 0.1,
                high: mean + 0.1,
                epoch: night < 2 ? 0 : 1
            )
        }
        let change = MetricHistory.Change(point: 6, before: 0.8, after: 0.5, causes: ["commit: aaa → <b>"])
        let flat = points.map { MetricHistory.Point(run: $0.run, mean: 1, low: nil, high: nil, epoch: 0) }
        return MetricHistory(
            pipeline: "nightly <&>",
            runs: runs,
            series: [
                .init(metric: "hit@5", higherIsBetter: true, points: points, changes: [change]),
                .init(metric: "coverage of all", higherIsBetter: true, points: flat, changes: []),
                .init(metric: "empty", higherIsBetter: true, points: [], changes: []),
            ]
        )
    }

    @Test func drawsSparklinesWithTheChangesMarked() throws {
        let text = HistoryTerminal.render(Self.history(), options: ReportOptions())
        assertSnapshot(text, named: "history.txt")
        #expect(text.contains("██│████◆▁▁▁▁"))
        #expect(text.contains("commit: aaa → <b>"))
        let ascii = HistoryTerminal.render(Self.history(), options: ReportOptions(width: 80, unicode: false))
        #expect(ascii.contains("##|####!____"))
    }

    @Test func drawsAnSVGThatIsOneElement() throws {
        let svg = HistoryPlot.svg(Self.history())
        assertSnapshot(svg, named: "history.svg")
        #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
        #expect(!svg.contains("<b>") && !svg.contains("<script"))
        #expect(svg.ranges(of: "stroke-dasharray").count == 1, "one change of level")
        for tag in ["g", "title", "text", "svg"] {
            #expect(svg.ranges(of: "<\(tag)").count == svg.ranges(of: "</\(tag)>").count, "\(tag) is balanced")
        }
    }

    @Test func aSingleRunAndNoRunAreDrawnToo() {
        var one = Self.history()
        one.runs = [one.runs[0]]
        one.series = [.init(metric: "m", higherIsBetter: true, points: [one.series[0].points[0]], changes: [])]
        #expect(HistoryPlot.svg(one).contains("<circle"))
        #expect(HistoryTerminal.render(one, options: ReportOptions()).contains("1 run"))
        let none = MetricHistory(pipeline: "x", runs: [], series: [])
        #expect(HistoryTerminal.render(none, options: ReportOptions()) == "no finished runs\n")
    }
}
