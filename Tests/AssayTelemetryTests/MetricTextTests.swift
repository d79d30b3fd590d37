import AssayTelemetry
import Foundation
import Testing

struct MetricTextTests {
    private static let requests = MetricDefinition(
        "assay.requests",
        .counter,
        help: "Requests",
        labels: ["assay.route", .init("assay.result", ["ok", "failed"])],
        maxSeries: 3
    )
    private static let wait = MetricDefinition(
        "assay.wait",
        .histogram,
        unit: .seconds,
        help: "A \\ wait",
        buckets: [0.1, 1]
    )
    private static let depth = MetricDefinition("assay.depth", .gauge, unit: .ratio, help: "Depth")

    @Test func theWholeTextIsAsPrometheusWantsIt() {
        let registry = MetricRegistry([Self.requests, Self.wait, Self.depth])
        registry.add(Self.requests, 2, "/b", "ok")
        registry.add(Self.requests, 1, "/a\"\n", "failed")
        for value in [0.1, 0.100_000_000_000_000_01, 0.5, 7, .nan] { registry.observe(Self.wait, value) }
        registry.set(Self.depth, -0.25)
        #expect(
            registry.text() == """
                # HELP assay_requests_total Requests
                # TYPE assay_requests_total counter
                assay_requests_total{assay_route="/a\\"\\n",assay_result="failed"} 1
                assay_requests_total{assay_route="/b",assay_result="ok"} 2
                # HELP assay_wait_seconds A \\\\ wait
                # TYPE assay_wait_seconds histogram
                assay_wait_seconds_bucket{le="0.1"} 2
                assay_wait_seconds_bucket{le="1"} 3
                assay_wait_seconds_bucket{le="+Inf"} 4
                assay_wait_seconds_sum 7.7
                assay_wait_seconds_count 4
                # HELP assay_depth_ratio Depth
                # TYPE assay_depth_ratio gauge
                assay_depth_ratio -0.25

                """
        )
    }

    @Test func openMetricsNamesFamiliesAndUnits() {
        let registry = MetricRegistry([Self.requests, Self.wait])
        registry.add(Self.requests, 1, "/a", "ok")
        let text = registry.text(.openMetrics)
        #expect(text.hasPrefix("# HELP assay_requests Requests\n# TYPE assay_requests counter\nassay_requests_total{"))
        #expect(text.contains("# UNIT assay_wait_seconds seconds\n"))
        #expect(text.hasSuffix("# EOF\n"))
        #expect(MetricFormat(accept: "application/openmetrics-text;version=1.0.0,text/plain;q=0.5") == .openMetrics)
        #expect(MetricFormat(accept: "*/*") == .prometheus)
    }

    @Test func largeCountersKeepEveryIncrement() {
        let registry = MetricRegistry([Self.depth])
        registry.add(Self.depth, 12_345_678_901)
        registry.add(Self.depth, 1)
        #expect(registry.text().hasSuffix("assay_depth_ratio 12345678902\n"))
        registry.add(Self.depth, 0.5)
        #expect(registry.text().hasSuffix("assay_depth_ratio 12345678902.5\n"))
    }

    @Test func labelValuesAreBounded() {
        let registry = MetricRegistry([Self.requests])
        registry.add(Self.requests, 1, "/a", "made up")
        for number in 0..<50 { registry.add(Self.requests, 1, "/\(number)", "ok") }
        let lines = registry.text().split(separator: "\n").dropFirst(2)
        #expect(lines.count == 4)
        #expect(lines.contains("assay_requests_total{assay_route=\"/a\",assay_result=\"other\"} 1"))
        #expect(lines.contains("assay_requests_total{assay_route=\"other\",assay_result=\"other\"} 48"))
    }

    @Test func concurrentWritesAreAllCounted() async {
        let registry = MetricRegistry([Self.requests, Self.wait])
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 {
                        registry.add(Self.requests, 1, "/a", "ok")
                        registry.observe(Self.wait, 0.5)
                    }
                }
            }
        }
        #expect(registry.text().contains("assay_result=\"ok\"} 8000\n"))
        #expect(
            registry.text().contains(
                "assay_wait_seconds_bucket{le=\"1\"} 8000\nassay_wait_seconds_bucket{le=\"+Inf\"} 8000\nassay_wait_seconds_sum 4000\n"
            )
        )
    }

    @Test func theServicesTableIsSound() {
        let names = ServiceMetrics.all.map(\.exposedName)
        #expect(Set(names).count == names.count)
        for metric in ServiceMetrics.all {
            #expect(metric.kind == .histogram || metric.buckets.isEmpty)
            #expect(metric.kind != .histogram || !metric.buckets.isEmpty)
            #expect(zip(metric.buckets, metric.buckets.dropFirst()).allSatisfy { $0 < $1 }, "\(metric.name)")
            #expect(!metric.help.hasSuffix(".") && !metric.help.contains("\n"))
        }
        #expect(ServiceMetrics.timeToFirstToken.exposedName == "gen_ai_server_time_to_first_token_seconds")
        #expect(ServiceMetrics.tokenUsage.exposedName == "gen_ai_client_token_usage")
        #expect(ServiceMetrics.processorTime.exposedName == "process_cpu_seconds_total")
        #expect(ServiceMetrics.residentMemory.exposedName == "process_resident_memory_bytes")
    }

    /// The whole table with a value each; the peers' test hands the file to promtool and Prometheus.
    @Test func theServicesTextIsTheGoldenFile() throws {
        let registry = MetricRegistry()
        registry.add(ServiceMetrics.answers, 12_345_679, "handbook", "answered")
        for value in [0.05, 0.1, 0.2] { registry.observe(ServiceMetrics.timeToFirstToken, value, "smol") }
        for metric in ServiceMetrics.all
        where metric != ServiceMetrics.answers && metric != ServiceMetrics.timeToFirstToken {
            let series = registry.series(metric, metric.labels.map { $0.values?.first ?? "x" })
            metric.kind == .histogram ? series?.observe(0.3) : series?.set(1.5)
        }
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/metrics.txt")
        if ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] == "1" {
            try Data(registry.text().utf8).write(to: file)
            Issue.record("the golden file was written")
        }
        #expect(registry.text() == String(decoding: try Data(contentsOf: file), as: UTF8.self))
    }

    @Test func theProcessIsRead() throws {
        let registry = MetricRegistry()
        registry.readProcess()
        let lines = registry.text().split(separator: "\n")
        func value(_ name: String) throws -> Double {
            let line = try #require(lines.first { $0.hasPrefix(name + " ") })
            return try #require(Double(line.dropFirst(name.count + 1)))
        }
        #expect(try value("process_resident_memory_bytes") > 1_000_000)
        #expect(try value("process_open_fds") >= 3)
        #expect(try value("process_start_time_seconds") > 1_600_000_000)
        #expect(try value("process_cpu_seconds_total") >= 0)
    }
}
