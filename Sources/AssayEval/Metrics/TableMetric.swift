package import AssayModel

/// A metric of the table: sees to the law before its scoring runs.
struct TableMetric: Metric {
    let definition: MetricDefinition
    let scoring: MetricEntry.Scoring

    func score(_ sample: Sample, tools: MetricTools) async throws -> MetricResult {
        if let obstacle = sample.obstacle(to: definition.needs) { return MetricResult(obstacle) }
        if definition.needs.contains(.judge), tools.judge == nil {
            return MetricResult(.notScored(reason: "this run has no judge"))
        }
        if definition.needs.contains(.similarity), tools.embed == nil {
            return MetricResult(.notScored(reason: "this run has no embedder to compare texts with"))
        }
        let result = try await scoring(sample, tools)
        if let value = result.score.value, !value.isFinite {
            return MetricResult(.notScored(reason: "the value is not a finite number"), details: result.details)
        }
        return result
    }
}

extension Metric {
    /// Scores a row of a run: an answer that failed counts as not scored, one that was not asked for as not applicable.
    ///
    /// - Parameters:
    ///   - sample: The recorded sample.
    ///   - failure: Why the answer is missing although it was asked for, nil otherwise.
    ///   - tools: Judge and similarity.
    /// - Returns: Score and what explains it.
    /// - Throws: What `score(_:tools:)` throws.
    package func score(_ sample: Sample, failure: String?, tools: MetricTools) async throws -> MetricResult {
        guard let failure, sample.answer == nil, definition.needs.contains(.answer) else {
            return try await score(sample, tools: tools)
        }
        if let obstacle = sample.obstacle(to: definition.needs.subtracting([.answer])) {
            return MetricResult(obstacle)
        }
        return MetricResult(.notScored(reason: "there is no answer: \(failure)"))
    }
}

extension Sample {
    /// What keeps a metric with these needs from being computed, nil when nothing does; labels come before the answer.
    func obstacle(to needs: Set<MetricNeed>) -> Score? {
        let labels: Set<MetricNeed> = [.spans, .documents, .reference]
        if !needs.isDisjoint(with: labels), question.isUnanswerable {
            return .notApplicable(reason: "the question is unanswerable")
        }
        if needs.contains(.spans), let obstacle = obstacleToSpans { return obstacle }
        if needs.contains(.documents), !relevance.values.contains(where: { $0 >= 1 }) {
            return .notApplicable(reason: "no document is labelled relevant")
        }
        if needs.contains(.reference), question.reference.allSatisfy(\.isWhitespace) {
            return .notApplicable(reason: "the question has no reference answer")
        }
        if let obstacle = obstacleOfRow(to: needs) { return obstacle }
        if needs.contains(.answer), answer == nil {
            return .notApplicable(reason: "not answered in this run")
        }
        return nil
    }

    /// What the row lacks of the fields that only some evalsets have.
    private func obstacleOfRow(to needs: Set<MetricNeed>) -> Score? {
        if needs.contains(.referenceContexts), (question.referenceContexts ?? []).allSatisfy(\.isBlank) {
            return .notApplicable(reason: "the question has no reference contexts")
        }
        if needs.contains(.rubric), (question.rubric ?? [:]).isEmpty {
            return .notApplicable(reason: "the question has no rubric of its own")
        }
        if needs.contains(.toolCalls), question.referenceToolCalls == nil {
            return .notApplicable(reason: "the question has no reference tool calls")
        }
        if needs.contains(.topics), (question.referenceTopics ?? []).isEmpty {
            return .notApplicable(reason: "the question has no reference topics")
        }
        if needs.contains(.dialogue), (dialogue ?? []).isEmpty {
            return .notApplicable(reason: "the sample has no conversation")
        }
        return nil
    }

    /// What is wrong with the gold spans, nil when nothing is.
    ///
    /// Quotes that could not be anchored make the metric incomplete, so they are never left out silently.
    var obstacleToSpans: Score? {
        if question.gold.isEmpty && goldSpans.isEmpty {
            return .notApplicable(reason: "the question has no gold quotes")
        }
        let quotes = Set(question.gold.map { [$0.document, $0.quote, "\($0.occurrence)"] })
        if goldSpans.count < quotes.count {
            return .notScored(
                reason: "\(quotes.count - goldSpans.count) of \(quotes.count) gold quotes are not anchored"
            )
        }
        if goldSpans.contains(where: { $0.start < 0 || $0.start >= $0.end }) {
            return .notScored(reason: "a gold span is empty or out of range")
        }
        return nil
    }
}

extension StringProtocol {
    /// Whether there is nothing but white space.
    var isBlank: Bool { allSatisfy(\.isWhitespace) }
}
