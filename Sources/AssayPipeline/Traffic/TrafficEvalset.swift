import AssayIngest
import AssayModel
import AssayStore
import FoundationEssentials

/// Turns served questions into an evalset for a person to review.
///
/// Nothing of it is asked before a person has set `review: keep`. What was served is proposed, never taken: it stands in `made`, where no
/// metric looks, and the row's reference and labels are empty.
package struct TrafficEvalset: Sendable {
    /// A limit on a score, for example `faithfulness<0.5`.
    package struct Condition: Sendable, Equatable {
        let metric: String
        let comparison: String
        let limit: Double

        /// Reads `METRIC<X`, `METRIC<=X`, `METRIC>X` or `METRIC>=X`; nil for anything else.
        package init?(_ text: String) {
            guard let match = text.wholeMatch(of: /([A-Za-z][\w@]*)\s*(<=|>=|<|>)\s*(-?\d+(?:\.\d+)?)/),
                let limit = Double(match.3)
            else { return nil }
            metric = String(match.1)
            comparison = String(match.2)
            self.limit = limit
        }

        /// Whether an answer was scored and the score is within the limit.
        func holds(_ scores: TrafficScores?) -> Bool {
            guard let value = scores?.scores[metric]?.score.value else { return false }
            switch comparison {
            case "<": return value < limit
            case "<=": return value <= limit
            case ">": return value > limit
            default: return value >= limit
            }
        }
    }

    /// What is chosen.
    package struct Options: Sendable {
        /// `up`, `down`, `any` (rated at all); nil for all.
        package var rating: String?
        /// All of these must hold.
        package var conditions: [Condition] = []
        /// Rows at most.
        package var limit = 100
        /// Decides which, where there are more.
        package var seed = 1
        /// Which answers.
        package var window = TrafficLog.Window()

        /// The defaults.
        package init() {}
    }

    /// What was written.
    package struct Report: Sendable, Codable, Equatable {
        /// Rows written.
        package var rows = 0
        /// Answers that were asked for.
        package var found = 0
        /// Of these, questions that ask what another asks.
        package var duplicates = 0
        /// Of these, answers that rest on documents of a tenant.
        package var tenants = 0
    }

    /// A row of the evalset.
    private struct Row: Encodable {
        struct Made: Encodable {
            var by = "traffic"
            var proposedReference: String
            var proposedGold: [GoldQuote]
            var rating: String?
            var scores: [String: Double]

            enum CodingKeys: String, CodingKey {
                case by, rating, scores
                case proposedReference = "proposed_reference"
                case proposedGold = "proposed_gold"
            }
        }

        var id: String
        var question: String
        /// The turns before the question, nil without.
        var history: [Turn]?
        var reference = ""
        var gold: [GoldQuote] = []
        var tags = ["traffic"]
        var split = "dev"
        var review = GeneratedRow.Review.edit
        var reasons: [String]
        var made: Made
    }

    /// A question that may be chosen: a kept answer, or one that was rated without being kept.
    private struct Candidate {
        var id: String
        var question: String
        var answer: String
        var cited: [RetrievedChunk]
        var documents: [String]
        var scores: TrafficScores?
        var feedback: Feedback?
        var history: [Turn]?

        /// The question with what its user asked before: "And on AMD?" after two conversations is two questions.
        var standing: String {
            ((history ?? []).filter { $0.role == .user }.map(\.text) + [question]).joined(separator: "\n")
        }
    }

    private let session: PipelineSession
    private let options: Options

    /// Prepares an evalset.
    package init(_ session: PipelineSession, _ options: Options) {
        self.session = session
        self.options = options
    }

    /// Chooses questions and writes `questions.jsonl` and `README.md`.
    ///
    /// - Parameter folder: Where; files that are there are never touched.
    /// - Returns: What was written.
    /// - Throws: `AssayError` "evalset.exists", "traffic.empty", "file.write".
    package func write(to folder: String) async throws -> Report {
        let files = ["questions.jsonl", "README.md"].map { folder + "/" + $0 }
        for file in files where FileManager.default.fileExists(atPath: file) {
            throw AssayError(
                "evalset.exists",
                "\(file) is there already and is not written over",
                remedy: "name another folder; rows of both can be joined by hand, ids of equal questions are equal"
            )
        }
        var report = Report()
        let chosen = try await choose(&report)
        guard !chosen.isEmpty else {
            throw AssayError(
                "traffic.empty",
                "no kept answer of '\(session.parts.spec.name)' is as asked for",
                remedy: "'assay traffic' lists what there is"
            )
        }
        let lines = try chosen.map { try canonicalJSON(row($0)) }
        report.rows = lines.count
        let texts = [lines.joined(separator: "\n") + "\n", Self.readme(session.parts.spec.name, report)]
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for (file, text) in zip(files, texts) {
                try Data(text.utf8).write(to: URL(filePath: file), options: .withoutOverwriting)
            }
        } catch {
            throw AssayError("file.write", "cannot write the evalset to \(folder)")
        }
        return report
    }

    // MARK: choosing

    private func choose(_ report: inout Report) async throws -> [Candidate] {
        let found = try await candidates().filter(isAskedFor)
        report.found = found.count
        let open = found.filter { candidate in !candidate.documents.contains { $0.hasPrefix("@") } }
        report.tenants = found.count - open.count
        let ordered = open.map { (key: ItemKey("from-traffic", "\(options.seed)", $0.id).hex, value: $0) }
            .sorted { $0.key < $1.key }.map(\.value)
        var known: [QuestionLikeness.Form] = []
        var chosen: [Candidate] = []
        for candidate in ordered where chosen.count < options.limit {
            let vector = try await session.embed([candidate.standing], as: .query).map { Array($0.row(0)) }
            let form = QuestionLikeness.Form(candidate.standing, vector: vector)
            if known.contains(where: { QuestionLikeness.likeness($0, form) != nil }) {
                report.duplicates += 1
                continue
            }
            known.append(form)
            chosen.append(candidate)
        }
        return chosen
    }

    private func candidates() async throws -> [Candidate] {
        let log = try await TrafficLog(session, options.window)
        var candidates = log.entries.map { entry in
            let numbers = Set((entry.item.answer?.citations ?? []).compactMap(\.chunk))
            return Candidate(
                id: entry.item.id,
                question: entry.item.question,
                answer: entry.item.answer?.text ?? "",
                cited: entry.item.passages.filter { numbers.contains($0.id) },
                documents: entry.item.passages.map(\.document),
                scores: entry.scores,
                feedback: entry.feedback,
                history: entry.item.history
            )
        }
        let kept = Set(candidates.map(\.id))
        candidates += log.feedback.filter { !kept.contains($0.answer) }.map { said in
            Candidate(
                id: said.answer,
                question: said.question,
                answer: said.text,
                cited: [],
                documents: said.passages,
                scores: nil,
                feedback: said,
                history: nil
            )
        }
        return candidates
    }

    private func isAskedFor(_ candidate: Candidate) -> Bool {
        let rating = candidate.feedback?.rating ?? 0
        switch options.rating {
        case "up" where rating <= 0, "down" where rating >= 0, "any" where rating == 0: return false
        default: return options.conditions.allSatisfy { $0.holds(candidate.scores) }
        }
    }

    // MARK: writing

    private func row(_ candidate: Candidate) -> Row {
        var reasons = ["served, not reviewed: copy what is right from 'made' into 'reference' and 'gold'"]
        let rating = candidate.feedback.map { $0.rating > 0 ? "up" : "down" }
        if let rating { reasons.append("its reader rated the answer \(rating)") }
        for condition in options.conditions {
            reasons.append("\(condition.metric) \(condition.comparison) \(condition.limit)")
        }
        let words = QuestionLikeness.words(of: candidate.standing)
        return Row(
            id: "tr-" + ItemKey("question", parts: words).hex.prefix(12),
            question: candidate.question,
            history: candidate.history,
            reasons: reasons,
            made: Row.Made(
                proposedReference: candidate.answer,
                proposedGold: candidate.cited.map { GoldQuote(document: $0.document, quote: $0.text) },
                rating: rating,
                scores: (candidate.scores?.scores ?? [:]).compactMapValues(\.score.value)
            )
        )
    }

    private static func readme(_ pipeline: String, _ report: Report) -> String {
        """
        # Evalset from traffic

        \(report.rows) questions that were asked of the pipeline `\(pipeline)` while it served; `assay evalset from-traffic` wrote them. Names of keys and
        tenants and ids of answers are not in here, but people may have written personal things into their questions: read before you share.

        No row counts before a person has reviewed it: each has `"review": "edit"`. What was served stands in `made.proposed_reference`, the
        passages that it cites in `made.proposed_gold`. For each row: put a right answer into `reference`, the evidence into `gold` (shorten the
        quotes to it), tag questions that the documents do not answer with `unanswerable`, then set `"review": "keep"`, or `"drop"`.

        """
    }
}
