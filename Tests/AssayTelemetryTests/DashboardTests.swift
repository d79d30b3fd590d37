import AssayModel
import AssayTelemetry
import Foundation
import Testing

/// Every expression of dashboards and alert rules names metrics and labels that the service exports.
struct DashboardTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test func everyDashboardNamesExportedMetrics() throws {
        let text = String(
            decoding: try Data(contentsOf: Self.root.appending(path: "dashboards/service.json")),
            as: UTF8.self
        )
        let expressions = Self.expressions(in: try JSONValue(parsing: text))
        #expect(expressions.count >= 25)
        for expression in expressions {
            let problems = Expression(expression, recorded: []).problems
            #expect(problems.isEmpty, "\(expression): \(problems)")
            // Lifetime averages and buckets without a rate say nothing of now.
            #expect(!expression.contains("_bucket") || expression.contains("rate("), "\(expression)")
        }
    }

    @Test func everyAlertNamesExportedMetrics() throws {
        let text = String(
            decoding: try Data(contentsOf: Self.root.appending(path: "dashboards/alerts.yaml")),
            as: UTF8.self
        )
        let lines = text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        let recorded = Set(lines.filter { $0.hasPrefix("- record: ") }.map { String($0.dropFirst(10)) })
        let expressions = lines.filter { $0.hasPrefix("expr: ") }.map { String($0.dropFirst(6)) }
        #expect(expressions.count == 16 && recorded.count == 8)
        for expression in expressions {
            let problems = Expression(expression, recorded: recorded).problems
            #expect(problems.isEmpty, "\(expression): \(problems)")
        }
    }

    @Test(arguments: [
        ("rate(assay_answers[5m])", "assay_answers"), ("sum by (assay_nothing) (assay_queue_depth)", "assay_nothing"),
        ("assay_queue_depth{model=\"x\"}", "model"), ("assay_answers_total{assay_outcome=\"lost\"}", "lost"),
        ("assay_rejections_total{assay_reason=~\"key|never\"}", "never"),
        ("sum(gen_ai_server_time_to_first_token_seconds)", "gen_ai_server"),
    ])
    func aWrongNameIsFound(expression: String, part: String) {
        #expect(Expression(expression, recorded: []).problems.contains { $0.contains(part) })
    }

    private static func expressions(in value: JSONValue) -> [String] {
        switch value {
        case .object(let members):
            members.sorted { $0.key < $1.key }.flatMap { key, value -> [String] in
                if key == "expr", case .string(let text) = value { return [text] }
                return expressions(in: value)
            }
        case .array(let items): items.flatMap(expressions)
        default: []
        }
    }
}

/// The names in a PromQL expression.
private struct Expression {
    var problems: [String] = []

    /// The values that a label of a metric may have; nil where they come from a configuration.
    private static func values(of label: String, in name: String) -> [String]? {
        let metric = ServiceMetrics.all.first { $0.sampleNames.contains(name) }
        return metric?.labels.first { $0.name == label }?.values.map { $0 + ["other"] }
    }

    init(_ text: String, recorded: Set<String>) {
        let metrics = Dictionary(
            ServiceMetrics.all.flatMap { metric in metric.sampleNames.map { ($0, Set(metric.labels.map(\.name))) } },
            uniquingKeysWith: { first, _ in first }
        )
        let everywhere: Set<String> = ["le", "job", "instance"]
        let labels = metrics.values.reduce(into: everywhere) { $0.formUnion($1) }
        var rest = text
        for group in text.matches(of: /by \(([^)]*)\)/) {
            for name in group.1.split(separator: ",").map({ $0.trimmingCharacters(in: .whitespaces) })
            where !labels.contains(name) { problems.append("no metric has the label \(name)") }
        }
        rest = rest.replacing(/by \([^)]*\)/, with: "").replacing(/\[[^\]]*\]/, with: "")
        for match in rest.matches(of: /([a-zA-Z_:][a-zA-Z0-9_:]*)(\{([^}]*)\})?(\s*\()?/) {
            let name = String(match.1)
            if match.4 != nil || ["and", "or", "unless", "on"].contains(name) { continue }
            guard let known = metrics[name] else {
                if !recorded.contains(name) { problems.append("there is no metric \(name)") }
                continue
            }
            for selector in (match.3 ?? "").split(separator: ",") {
                let label = String(selector.prefix { $0 != "=" && $0 != "!" })
                if !known.union(everywhere).contains(label) { problems.append("\(name) has no label \(label)") }
                guard let allowed = Self.values(of: label, in: name) else { continue }
                let text = selector.drop { $0 != "\"" }.filter { $0 != "\"" }
                for value in text.split(separator: "|") where !allowed.contains(String(value)) {
                    problems.append("\(label) of \(name) is never \(value)")
                }
            }
        }
    }
}
