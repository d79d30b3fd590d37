import AssayModel
import AssayStore

/// The served answers of a pipeline that were kept, with their scores and what readers said.
package struct TrafficLog: Sendable {
    /// A kept answer.
    package struct Entry: Sendable {
        /// The answer.
        package var item: TrafficItem
        /// What the metrics said, nil before it is judged.
        package var scores: TrafficScores?
        /// What its reader said, nil when nothing.
        package var feedback: Feedback?

        /// The day in UTC, `2026-11-23`.
        var day: String { String(item.time.prefix(10)) }
    }

    /// What part of the log is read.
    package struct Window: Sendable {
        /// From when on, as `2026-11-23` or a whole ISO 8601 time in UTC; nil for all.
        package var since: String?
        /// Before when.
        package var until: String?

        /// Creates a window.
        package init(since: String? = nil, until: String? = nil) {
            self.since = since
            self.until = until
        }

        func holds(_ time: String) -> Bool {
            if let since, time < since { return false }
            if let until, time >= until { return false }
            return true
        }
    }

    /// The answers by time, then by id.
    package let entries: [Entry]
    /// What was chosen and not answered.
    package let missed: [TrafficItem]
    /// What readers said, of answers that were not kept too.
    package let feedback: [Feedback]
    let window: Window

    /// Reads the log.
    ///
    /// - Parameters:
    ///   - session: The opened pipeline.
    ///   - window: Which part.
    /// - Throws: `AssayError` "store.…".
    package init(_ session: PipelineSession, _ window: Window) async throws {
        self.window = window
        let store = session.store
        let name = session.parts.spec.name
        let specHash = session.parts.specHash
        let items = try await store.values("traffic", as: TrafficItem.self, pipeline: name)
            .filter { window.holds($0.time) }
        let scores = try await store.items(
            "traffic-score",
            items.map { TrafficItem.key($0.id) },
            as: TrafficScores.self
        )
        let all = try await store.values("feedback", as: Feedback.self)
            .filter { ($0.pipeline ?? ($0.specHash == specHash ? name : "")) == name }
            .sorted { ($0.time, $0.answer) < ($1.time, $1.answer) }
        feedback = all.filter { window.holds($0.time) }
        // A reader may speak later than the window ends: what was said of its answers counts.
        let said = Dictionary(all.map { ($0.answer, $0) }) { _, last in last }
        entries = items.sorted { ($0.time, $0.id) < ($1.time, $1.id) }
            .map { Entry(item: $0, scores: scores[TrafficItem.key($0.id)], feedback: said[$0.id]) }
        missed = try await store.values("traffic-missed", as: TrafficItem.self, pipeline: name)
            .filter { window.holds($0.time) }
    }
}

extension TrafficLog.Entry {
    /// What readers said, as a metric beside the others.
    static let feedbackDefinition = MetricDefinition(
        name: "feedback",
        version: 1,
        formula: "1 for an answer that its reader rated up, 0 for down; unrated: not scored",
        needs: []
    )

    /// The answer as a row of a run.
    ///
    /// Scores of another definition or another judge than those of the report are not mixed in: they are not scored, with the reason.
    ///
    /// - Parameter latest: What was computed last: definitions and judge of the report.
    /// - Returns: The row.
    func row(like latest: TrafficScores?) -> QuestionResult {
        var row = QuestionResult(sample: item.sample)
        for definition in latest?.definitions ?? [] {
            row.scores[definition.name] = result(definition, like: latest)
        }
        let name = Self.feedbackDefinition.name
        row.scores[name] =
            feedback.map { said in
                MetricResult(
                    .scored(said.rating > 0 ? 1 : 0),
                    details: said.comment.isEmpty ? nil : ["comment": .string(said.comment)]
                )
            } ?? MetricResult(.notScored(reason: "no reader rated it"))
        return row
    }

    private func result(_ definition: MetricDefinition, like latest: TrafficScores?) -> MetricResult {
        guard let scores else { return MetricResult(.notScored(reason: "not judged yet")) }
        guard let own = scores.definitions.first(where: { $0.name == definition.name }), own.hash == definition.hash
        else {
            return MetricResult(.notScored(reason: "judged when the metric was not asked for or defined otherwise"))
        }
        guard !definition.needs.contains(.judge) || scores.fingerprint == latest?.fingerprint else {
            return MetricResult(.notScored(reason: "judged by another judge"))
        }
        return scores.scores[definition.name] ?? MetricResult(.notScored(reason: "the record lacks it"))
    }
}

extension TrafficLog {
    /// A kept answer in a list.
    package struct AnswerLine: Sendable, Codable, Equatable {
        /// Id of the answer.
        package var id: String
        /// When it was given.
        package var time: String
        /// What was asked.
        package var question: String
        /// `up`, `down`, or nil.
        package var rating: String?
        /// The scores there are.
        package var scores: [String: Double]
    }

    /// The kept answers one by one, oldest first.
    package var answers: [AnswerLine] {
        entries.map { entry in
            AnswerLine(
                id: entry.item.id,
                time: entry.item.time,
                question: entry.item.question,
                rating: entry.feedback.map { $0.rating > 0 ? "up" : "down" },
                scores: (entry.scores?.scores ?? [:]).compactMapValues(\.score.value)
            )
        }
    }
}
