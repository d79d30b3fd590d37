package import AssayModel

/// The metrics that pipeline files can name.
package enum Metrics {
    /// All metrics that come with Assay, in the order of listings.
    package static let builtin = MetricTable([
        .spanRecall, .spanPrecision, .spanIoU, .spansFound, .hit, .mrr,
        .contextSpanRecall, .contextHit, .tokenRecall, .tokenPrecision, .tokenIoU,
        .ndcg, .map, .recall, .precision, .success, .reciprocalRank, .judged,
        .rPrecision, .bpref, .relativePrecision, .rankBiasedPrecision,
        .exactMatch, .tokenF1, .rouge1, .rouge2, .rougeL, .semanticSimilarity,
        .bleu, .chrf, .levenshtein, .jaro, .jaroWinkler, .hamming, .quotedSpans,
        .contains, .startsWith, .matches, .jsonValid, .jsonSchema, .tokenLimit, .costLimit, .latencyLimit,
        .citationPrecision, .citationRecall, .citationValidity, .attackSuccess, .attackFalseAlarm,
        .abstentionAccuracy, .abstentionPrecision, .abstentionRecall, .abstentionRate,
        .faithfulness, .answerRelevancy, .contextPrecision, .contextRecall,
        .contextUtilization, .contextEntityRecall, .noiseSensitivityRelevant, .noiseSensitivityIrrelevant,
        .textContextPrecision, .textContextRecall, .idContextPrecision, .idContextRecall,
        .factualCorrectness, .factualPrecision, .factualRecall, .answerCorrectness,
        .answerAccuracy, .contextRelevance, .responseGroundedness, .summaryScore,
        .aspectCritic, .criteriaScore, .rubric, .rubricWithReference, .instanceRubric, .gEval, .preference,
        .ragcheckerPrecision, .ragcheckerRecall, .ragcheckerF1, .ragcheckerClaimRecall, .ragcheckerContextPrecision,
        .ragcheckerContextUtilization, .ragcheckerNoiseRelevant, .ragcheckerNoiseIrrelevant, .ragcheckerHallucination,
        .ragcheckerSelfKnowledge, .ragcheckerFaithfulness,
        .toolCallAccuracy, .toolCallF1, .topicAdherence, .topicAdherencePrecision, .topicAdherenceRecall,
        .agentGoalAccuracy, .agentGoalAccuracyWithReference,
        .faithfulnessVerdict, .contextRelevanceVerdict, .answerRelevanceVerdict, .groundednessDetector,
    ])

    /// `builtin.make`.
    package static func make(_ name: String, at place: Place? = nil, options: ConfigNode? = nil) throws -> any Metric {
        try builtin.make(name, at: place, options: options)
    }
}

/// A table of metrics by name.
package struct MetricTable: Sendable {
    /// The entries in the order of the table.
    package let entries: [MetricEntry]

    /// Creates a table; two entries of one name are a programmer's error.
    package init(_ entries: [MetricEntry]) {
        precondition(Set(entries.map(\.name)).count == entries.count, "two metrics have one name")
        self.entries = entries
    }

    /// This table with more entries, for programs that bring metrics of their own.
    package func adding(_ more: [MetricEntry]) -> MetricTable { MetricTable(entries + more) }

    /// Makes the metric that `name` asks for: `name`, `name@K` or `name@Ntok`.
    ///
    /// - Parameters:
    ///   - name: Name with cut, as in the pipeline file.
    ///   - place: Where it stands.
    ///   - options: The metric's mapping, nil for defaults. Effective options become part of the formula and so of the
    ///     definition's hash.
    /// - Returns: The metric.
    /// - Throws: `AssayError` "metric.unknown" with the nearest name, "metric.cut" with the cuts that are allowed, or
    ///   what a wrong option throws.
    package func make(_ name: String, at place: Place? = nil, options: ConfigNode? = nil) throws -> any Metric {
        let parts = name.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let stem = String(parts[0])
        guard let entry = entries.first(where: { $0.name == stem }) else { throw unknown(name, stem: stem, at: place) }
        var cut = MetricCut.none
        if parts.count > 1 {
            guard let parsed = MetricCut(parsing: parts[1]) else {
                throw AssayError(
                    "metric.cut",
                    "'\(name)' has a cut that cannot be read; K is a whole number from 1 to \(MetricCut.maximumRank), "
                        + "Ntok a budget from 1tok to \(MetricCut.maximumTokens)tok",
                    at: place,
                    remedy: "write \(entry.forms)"
                )
            }
            cut = parsed
        }
        guard entry.cuts.contains(cut.form) else {
            let fault =
                switch cut.form {
                case .none: "needs a cut"
                case .rank: "takes no cut at a rank"
                case .tokens: "takes no budget of tokens"
                }
            throw AssayError("metric.cut", "'\(name)': \(stem) \(fault)", at: place, remedy: "write \(entry.forms)")
        }
        var reader = try OptionReader(options, owner: name, place: place ?? Place(file: "metrics"))
        let scoring = try entry.make(cut, &reader)
        try reader.finish()
        return TableMetric(definition: entry.definition(cut, options: reader.effective), scoring: scoring)
    }

    /// Makes the metrics of a list whose elements are names or single `name: options`.
    ///
    /// - Parameter node: The list as it stands in the pipeline file.
    /// - Returns: The metrics in the order of the file.
    /// - Throws: `AssayError` for anything else, for what `make` throws, and for a name that stands twice.
    package func make(list node: ConfigNode) throws -> [any Metric] {
        guard case .list(let elements) = node.value else {
            throw AssayError("config.type", "metrics takes a list of names, not \(node.kind)", at: node.place)
        }
        var seen: Set<String> = []
        return try elements.map { element in
            let name: String
            let options: ConfigNode?
            switch element.value {
            case .string(let text): (name, options) = (text, nil)
            case .mapping(let members) where members.count == 1: (name, options) = (members[0].key, members[0].value)
            default:
                throw AssayError(
                    "config.type",
                    "a metric is a name or one 'name: { options }', not \(element.kind)",
                    at: element.place
                )
            }
            guard seen.insert(name).inserted else {
                throw AssayError("config.duplicate", "metric '\(name)' stands twice", at: element.place)
            }
            return try make(name, at: element.place, options: options)
        }
    }

    private func unknown(_ name: String, stem: String, at place: Place?) -> AssayError {
        let near = nearestName(to: stem, among: entries.map(\.name)).map { found in
            " (did you mean '\(found)\(name.dropFirst(stem.count))'?)"
        }
        return AssayError(
            "metric.unknown",
            "unknown metric '\(name)'\(near ?? "")",
            at: place,
            remedy: "'assay metrics' lists all"
        )
    }
}

extension MetricEntry {
    fileprivate func definition(_ cut: MetricCut, options: [String: JSONValue]) -> MetricDefinition {
        let mode = options["mode"]?.stringValue.flatMap { MetricMode(rawValue: $0) }
        let formula = mode.flatMap { compat[$0] } ?? formula
        var definition = MetricDefinition(
            name: name + cut.suffix,
            version: version,
            formula: options.isEmpty ? formula : "\(formula); options \(JSONValue.object(options).text)",
            range: range,
            higherIsBetter: higherIsBetter,
            needs: needs,
            depth: cut.rank
        )
        refine(&definition, options)
        return definition
    }
}
