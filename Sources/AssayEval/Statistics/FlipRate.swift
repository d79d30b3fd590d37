package import AssayModel

extension MetricResult {
    /// One result of several judgements of the same sample.
    ///
    /// - Parameter results: The results of the repeats, in their order.
    /// - Returns: The mean with the single values in `repeats`; not scored unless more than half of the repeats are.
    package static func mean(ofRepeats results: [MetricResult]) -> MetricResult {
        guard results.count > 1, let first = results.first else {
            return results.first ?? MetricResult(.notScored(reason: "there was no judgement"))
        }
        let values = results.compactMap(\.score.value)
        guard let shown = results.first(where: { $0.score.value != nil }) else { return first }
        guard values.count * 2 > results.count else {
            let reason = results.lazy.compactMap(\.score.unscoredReason).first ?? "no reason"
            return MetricResult(
                .notScored(reason: "only \(values.count) of \(results.count) repeats were scored: \(reason)")
            )
        }
        var result = shown
        result.score = .scored(values.reduce(0, +) / Double(values.count))
        result.repeats = values
        return result
    }

    /// One result of several judges who scored the same sample each by itself.
    ///
    /// - Parameters:
    ///   - results: One a judge.
    ///   - judges: Their names, in the same order.
    /// - Returns: The mean, with every judge's score and the distance of highest and lowest in its details; not scored when a judge
    ///   could not score.
    package static func mean(ofJudges results: [MetricResult], names judges: [String]) -> MetricResult {
        guard results.count > 1, let first = results.first else {
            return results.first ?? MetricResult(.notScored(reason: "there was no judge"))
        }
        if results.allSatisfy({ if case .notApplicable = $0.score { true } else { false } }) { return first }
        var values: [Double] = []
        for (name, result) in zip(judges, results) {
            guard let value = result.score.value else {
                return MetricResult(
                    .notScored(reason: "judge '\(name)': \(result.score.unscoredReason ?? "not scored")")
                )
            }
            values.append(value)
        }
        let each = zip(judges, results).map { name, result -> JSONValue in
            var members: [String: JSONValue] = ["judge": .string(name), "score": .double(result.score.value ?? 0)]
            if let details = result.details { members["details"] = details }
            return .object(members)
        }
        let distance = (values.max() ?? 0) - (values.min() ?? 0)
        return MetricResult(
            .scored(values.reduce(0, +) / Double(values.count)),
            details: ["panel": ["judges": .array(each), "disagreement": .double(distance)]]
        )
    }
}

extension Score {
    /// Why there is no value, nil when there is one.
    fileprivate var unscoredReason: String? {
        switch self {
        case .scored: nil
        case .notScored(let reason), .notApplicable(let reason): reason
        }
    }
}

extension MetricSummary {
    /// Share of pairs of repeats of one question that fall on different sides of the middle of the metric's range, over all questions
    /// with repeats; nil without repeats.
    ///
    /// - Parameters:
    ///   - rows: The questions.
    ///   - definition: The metric.
    static func flipRate(_ rows: [QuestionResult], of definition: MetricDefinition) -> Double? {
        let middle = (definition.range.lowerBound + definition.range.upperBound) / 2
        var pairs = 0
        var flips = 0
        for row in rows {
            guard let repeats = row.scores[definition.name]?.repeats, repeats.count > 1 else { continue }
            let high = repeats.count { $0 >= middle }
            pairs += repeats.count * (repeats.count - 1) / 2
            flips += high * (repeats.count - high)
        }
        return pairs == 0 ? nil : Double(flips) / Double(pairs)
    }
}
