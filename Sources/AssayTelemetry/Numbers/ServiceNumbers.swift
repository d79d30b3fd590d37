/// The numbers that `/dashboard` and `assay top` show: one table, computed in one place.
///
/// A number that is to be shown is a line here and nothing else: page and terminal draw what the table lists.
package enum ServiceNumbers {
    /// What a number counts in.
    package enum Unit: String, Sendable, CaseIterable {
        case perSecond = "per_second"
        case seconds
        /// 0 to 1, shown as a percentage.
        case share
        case count
        case bytes
        /// Processor seconds a second.
        case cores
        /// 0 closed, 1 tries again, 2 open.
        case breaker
        /// The unit of the prices in `engines.yaml`.
        case cost
    }

    /// Numbers that are drawn together.
    package struct Panel: Sendable {
        package var id: String
        package var title: String
        package var unit: Unit
        /// What exactly is shown, in a sentence.
        package var about: String
        package var lines: [Line]
        /// Leaves out lines that were 0 or unknown all the time.
        package var isSparse = false
    }

    /// One number.
    package struct Line: Sendable {
        /// Its name in JSON.
        package var key: String
        /// Its name beside the other lines of its panel.
        package var label: String
        let value: @Sendable (Windows) -> Double?
    }

    /// The times that a number may look back: a minute for what happens often, an hour for what does not.
    package struct Windows: Sendable {
        package var minute: MetricWindow
        package var hour: MetricWindow

        package init(minute: MetricWindow, hour: MetricWindow) {
            self.minute = minute
            self.hour = hour
        }
    }

    /// All numbers by panel.
    package static let panels: [Panel] =
        requests + times + queue + answers + program

    /// Keys of all numbers in the order of their values.
    package static let keys = panels.flatMap { $0.lines.map(\.key) }

    /// The values, in the order of `keys`; nil for what is unknown.
    package static func values(_ windows: Windows) -> [Double?] {
        panels.flatMap { $0.lines.map { $0.value(windows) } }
    }

    // MARK: requests

    /// Routes of questions, tools and documents; pages, probes and this overview are not what a service is there for.
    private static func isWork(_ labels: [String]) -> Bool {
        labels.count == 3 && (labels[1].hasPrefix("/v1/") || labels[1] == "/mcp")
    }

    private static func status(_ key: String, _ label: String, _ digits: [Character]) -> Line {
        Line(key: "requests_" + key, label: label) { windows in
            windows.minute.seconds > 0
                ? windows.minute.observationRate(ServiceMetrics.requestDuration) {
                    isWork($0) && $0[2].first.map(digits.contains) == true
                } ?? 0 : nil
        }
    }

    /// A counter that counts from the start, so that nothing counted is 0.
    private static func rates(_ metric: MetricDefinition, label position: Int, prefix: String) -> [Line] {
        (metric.labels[position].values ?? []).map { value in
            Line(key: "\(prefix)_\(value)", label: words(value)) { windows in
                windows.minute.seconds > 0
                    ? windows.minute.rate(metric) { $0[position] == value } ?? 0 : nil
            }
        }
    }

    private static func words(_ name: String) -> String { name.split(separator: "_").joined(separator: " ") }

    private static let requests = [
        Panel(
            id: "requests",
            title: "Requests",
            unit: .perSecond,
            about: "Requests of /v1 and /mcp a second, by class of status, over the last minute",
            lines: [
                status("ok", "answered", ["1", "2", "3"]), status("client", "client errors (4xx)", ["4"]),
                status("server", "server errors (5xx)", ["5"]),
            ]
        ),
        Panel(
            id: "questions",
            title: "Questions by how they ended",
            unit: .perSecond,
            about: "Questions a second over the last minute",
            lines: rates(ServiceMetrics.answers, label: 1, prefix: "questions")
        ),
        Panel(
            id: "rejections",
            title: "Turned away, by reason",
            unit: .perSecond,
            about:
                "Requests a second that were turned away over the last minute; reasons that did not occur are left out",
            lines: rates(ServiceMetrics.rejections, label: 0, prefix: "rejected"),
            isSparse: true
        ),
    ]

    // MARK: times

    private static let quantiles: [(name: String, share: Double)] = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)]

    private static func quantileLines(
        _ prefix: String,
        _ metric: MetricDefinition,
        where chosen: @escaping @Sendable ([String]) -> Bool = { _ in true }
    ) -> [Line] {
        quantiles.map { name, share in
            Line(key: "\(prefix)_\(name)", label: name) { $0.minute.quantile(share, metric, where: chosen) }
        }
    }

    private static func stagePanel(_ name: String, _ share: Double) -> Panel {
        Panel(
            id: "stages_\(name)",
            title: "Stages, \(name)",
            unit: .seconds,
            about:
                "Time of each stage of a question: \(name) of the last minute, interpolated in the histogram's buckets",
            lines: (ServiceMetrics.stageDuration.labels[0].values ?? []).map { stage in
                Line(key: "stage_\(stage)_\(name)", label: stage) { windows in
                    windows.minute.quantile(share, ServiceMetrics.stageDuration) { $0[0] == stage }
                }
            },
            isSparse: true
        )
    }

    private static let times =
        [
            Panel(
                id: "first_token",
                title: "Time to first token",
                unit: .seconds,
                about:
                    "From a question's arrival to the first piece of its answer, of new answers of the last minute, interpolated in the histogram's buckets",
                lines: quantileLines("first_token", ServiceMetrics.timeToFirstToken)
            ),
            Panel(
                id: "answer_time",
                title: "Time of whole answers",
                unit: .seconds,
                about:
                    "From a question's arrival to the end of its answer, stored answers included, failures not, of the last minute, interpolated in the histogram's buckets",
                lines: quantileLines("answer_time", ServiceMetrics.serverDuration) { $0.last == "" }
            ),
        ] + quantiles.map { stagePanel($0.name, $0.share) }

    // MARK: queue and engine

    private static let queue = [
        Panel(
            id: "queue",
            title: "At the engine",
            unit: .count,
            about: "Questions that the engine answers and that wait for it, at the moment",
            lines: [
                Line(key: "in_flight", label: "in flight") { $0.minute.gauge(ServiceMetrics.inFlight) },
                Line(key: "queue_depth", label: "waiting") { $0.minute.gauge(ServiceMetrics.queueDepth) },
            ]
        ),
        Panel(
            id: "queue_wait",
            title: "Wait for the engine",
            unit: .seconds,
            about: "Time that questions of the last minute waited for a slot, interpolated in the histogram's buckets",
            lines: quantileLines("queue_wait", ServiceMetrics.queueWait)
        ),
        Panel(
            id: "breaker",
            title: "Circuit breaker",
            unit: .breaker,
            about: "The worst state of the engines' breakers at the moment",
            lines: [
                Line(key: "breaker", label: "state") { windows in
                    func isIn(_ state: String) -> Bool {
                        (windows.minute.gauge(ServiceMetrics.breakerState) { $0[1] == state } ?? 0) > 0
                    }
                    if isIn("open") { return 2 }
                    if isIn("half_open") { return 1 }
                    return isIn("closed") ? 0 : nil
                }
            ]
        ),
        Panel(
            id: "tokens",
            title: "Tokens",
            unit: .perSecond,
            about: "Tokens of new answers a second over the last minute",
            lines: [tokens("input", "in"), tokens("output", "out")]
        ),
        Panel(
            id: "token_time",
            title: "Time per output token",
            unit: .seconds,
            about:
                "Time of each token after the first, of new answers of the last minute, interpolated in the histogram's buckets",
            lines: quantileLines("token_time", ServiceMetrics.timePerOutputToken)
        ),
    ]

    private static func tokens(_ kind: String, _ label: String) -> Line {
        Line(key: "tokens_\(label)", label: label) { $0.minute.rate(ServiceMetrics.tokenUsage) { $0[2] == kind } }
    }
}
