import AssayEval
import AssayModel

/// The metrics of `serve.online`: those that need nothing but question, passages and answer.
enum OnlineMetrics {
    /// What only an evalset, or a recorded conversation, has.
    private static let labels: Set<MetricNeed> = [
        .spans, .documents, .reference, .referenceContexts, .rubric, .dialogue, .toolCalls, .topics,
    ]
    /// Metrics that look at what an evalset says of its question, though not at a reference.
    private static let labelled: Set<String> = [
        "abstention_accuracy", "abstention_precision", "abstention_recall", "attack_success", "attack_false_alarm",
    ]

    /// Names of the built-in metrics that served answers can have.
    static var allowed: [String] {
        Metrics.builtin.entries.filter { $0.needs.isDisjoint(with: labels) && !labelled.contains($0.name) }
            .map(\.name).sorted()
    }

    /// Makes the metrics of a file.
    ///
    /// - Parameters:
    ///   - spec: The file.
    ///   - hasEmbedder: Whether texts can be compared.
    /// - Returns: The metrics in the order of the file, none without the section.
    /// - Throws: `AssayError` "plan.online" with file and line for a metric that served answers cannot have; what wrong metrics throw.
    static func make(_ spec: PipelineSpec, hasEmbedder: Bool) throws -> [any Metric] {
        guard let online = spec.serve?.online else { return [] }
        guard spec.answer != nil else {
            throw AssayError(
                "plan.online",
                "serve.online judges answers, but there is no 'answer' section",
                at: online.place,
                remedy: "add answer: { engine: … } or take 'online' out"
            )
        }
        let table = try DeclaredTable.make(spec.evaluate?.define, folder: parent(of: absolutePath(spec.file)))
        let asking = online.judging?.ask.asking ?? .json
        let metrics = try table.make(list: online.metrics).map { $0.asked(by: asking) }
        for (metric, node) in zip(metrics, online.metrics.elements) {
            guard let (problem, remedy) = problem(metric.definition, online, hasEmbedder: hasEmbedder) else { continue }
            throw AssayError(
                "plan.online",
                "serve.online: \(metric.definition.name) \(problem)",
                at: node.place,
                remedy: remedy
            )
        }
        return metrics
    }

    private static func problem(
        _ definition: MetricDefinition,
        _ online: OnlineSpec,
        hasEmbedder: Bool
    ) -> (String, String)? {
        let isLabelled = labelled.contains(String(definition.name.prefix { $0 != "@" }))
        if isLabelled || !definition.needs.isDisjoint(with: labels) {
            return (
                "needs labels or a reference, which served questions do not have",
                "allowed are declared metrics without them and \(allowed.joined(separator: ", "))"
            )
        }
        if definition.needs.contains(.judge), online.judging == nil {
            return ("needs a judge but serve.online.judge is not set", "add judge: ENGINE to 'online'")
        }
        if definition.needs.contains(.similarity), !hasEmbedder {
            return ("needs an embedder but there is no 'embed' section", "add embed: { model: … }")
        }
        return nil
    }
}
