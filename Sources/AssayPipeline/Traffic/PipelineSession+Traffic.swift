import AssayEngines
package import AssayModel
import AssayStore
package import FoundationEssentials

// What the workspace keeps of served answers. An answer's item and its scores have one key in the stages "traffic" and
// "traffic-score"; what was chosen but not answered is counted in "traffic-missed".

extension PipelineSession {
    /// Commits a chosen answer, also when the task was cancelled meanwhile.
    package func keep(_ item: TrafficItem) async throws {
        let stage = item.outcome == .answered ? "traffic" : "traffic-missed"
        try await store.commit(stage, TrafficItem.key(item.id), item)
    }

    /// Answers of this pipeline that were kept and not judged, oldest first.
    ///
    /// - Parameter limit: How many of the newest at most.
    /// - Returns: The answers.
    /// - Throws: `AssayError` "store.…".
    package func unjudged(limit: Int) async throws -> [TrafficItem] {
        try await store.values(
            "traffic",
            as: TrafficItem.self,
            pipeline: parts.spec.name,
            without: "traffic-score",
            newest: limit
        )
    }

    /// Identity of an engine of the project, nil for none.
    package func identity(ofEngine name: String?) -> EngineIdentity? { name.flatMap { try? engine($0).identity } }

    /// Removes answers that are older than `serve.online.keep_days` or more than `keep_answers`, with what was said of them.
    ///
    /// - Parameter now: The time.
    /// - Returns: How many answers went.
    /// - Throws: `AssayError` "store.…".
    package func pruneTraffic(now: Date) async throws -> Int {
        guard let online = parts.spec.serve?.online else { return 0 }
        let before = timestamp(now.addingTimeInterval(-86_400 * Double(online.keepDays)))
        let name = parts.spec.name
        let old = try await store.surplus("traffic", pipeline: name, before: before, beyond: online.keepAnswers)
        let missed = try await store.surplus(
            "traffic-missed",
            pipeline: name,
            before: before,
            beyond: online.keepAnswers
        )
        guard !old.isEmpty || !missed.isEmpty else { return 0 }
        let scores = try await store.items("traffic-score", old, as: TrafficScores.self)
        try await store.remove([
            "traffic": old, "traffic-score": old, "traffic-missed": missed,
            "judge": scores.values.flatMap(\.judgeKeys),
        ])
        return old.count
    }

    /// Deletes all that the workspace has of some served answers: question, passages, answer, feedback, scores, what the judge said, and
    /// the stored reply from which an equal question would be answered.
    ///
    /// - Parameter ids: Ids of answers.
    /// - Returns: The ids of which something was there.
    /// - Throws: `AssayError` "store.…"; then nothing was removed.
    package func deleteTraffic(_ ids: [String]) async throws -> [String] {
        let keys = ids.map { TrafficItem.key($0) }
        let items = try await store.items("traffic", keys, as: TrafficItem.self)
        let missed = try await store.items("traffic-missed", keys, as: TrafficItem.self)
        let scores = try await store.items("traffic-score", keys, as: TrafficScores.self)
        let feedback = try await store.values("feedback", as: Feedback.self).filter { ids.contains($0.answer) }
        var stored: [ItemKey] = []
        for answering in try [answering(replicate: 0), fallback()].compactMap(\.self) {
            for item in items.values {
                let request = answering.request(item.searched ?? item.question, passages: item.passages.map(\.text))
                stored.append(try answering.key(request.request))
            }
        }
        let rewriting = try rewriting(replicate: 0)
        let rewritten = try items.values.compactMap { item in
            try item.history.flatMap { try rewriting?.key(item.question, after: $0) }
        }
        try await store.remove([
            "traffic": keys, "traffic-score": keys, "traffic-missed": keys,
            "feedback": feedback.map { ItemKey("feedback", $0.key, $0.answer) },
            "judge": scores.values.flatMap(\.judgeKeys), "answer": stored, "rewrite": rewritten,
        ])
        return ids.filter { id in
            let key = TrafficItem.key(id)
            return items[key] != nil || missed[key] != nil || feedback.contains { $0.answer == id }
        }
    }
}
