package import AssayModel

/// Says where a question went wrong: the first place on the way from the corpus to the answer.
///
/// A question fails when its answer is wrong, when it abstains although the question is answerable, or when it answers a question
/// that the corpus does not answer. An answer is wrong when a judged measure of correctness is below its limit; where no such measure
/// was scored, when every measure of likeness to the reference is below its limit. Without any measure the answer is not called
/// wrong, and only missing evidence is a failure. An answer whose engine failed has a reason of its own and no place here.
///
/// 1. `notInCorpus`: unanswerable and answered all the same, or a gold quote that is not in the corpus.
/// 2. `notRetrieved`: some gold span is covered by less than one half in the prompt's passages (the whole list where there is no prompt;
///    with document labels: none of the relevant documents is there).
/// 3. `notUsed`: the evidence was there; the answer abstains, or neither cites a passage with evidence nor shares half of its words.
/// 4. `usedWrong`: the evidence was used, and the answer is wrong.
/// 5. `judgeFailed`: nothing of this is known, and a judged measure of correctness could not be scored.
package struct FailureRules: Sendable, Equatable {
    private let limits: FailureLimits

    /// The rules of a run whose file sets no limits.
    package static let standard = FailureRules(.standard)

    /// Creates rules.
    package init(_ limits: FailureLimits) {
        self.limits = limits
    }

    /// Where a question went wrong.
    ///
    /// - Parameter row: The question with its scores.
    /// - Returns: The first place, nil when nothing went wrong or nothing can be said.
    package func attribution(of row: QuestionResult) -> FailureAttribution? {
        let sample = row.sample
        let question = sample.question
        if row.failure != nil { return nil }
        if Self.isUnanswerable(question) { return sample.answer?.abstained == false ? .notInCorpus : nil }
        guard let answer = sample.answer else { return missingEvidence(sample) }
        let verdict = answer.abstained ? Verdict.wrong : verdict(row)
        // Without labels nobody can say whether the evidence was there.
        guard !question.gold.isEmpty || question.qrels?.isEmpty == false else {
            return verdict == .judgeFailed ? .judgeFailed : nil
        }
        switch verdict {
        case .right: return nil
        case .unknown: return missingEvidence(sample)
        case .judgeFailed: return missingEvidence(sample) ?? .judgeFailed
        case .wrong:
            if let missing = missingEvidence(sample) { return missing }
            return !answer.abstained && usesEvidence(answer, sample) ? .usedWrong : .notUsed
        }
    }

    /// A set of answers made elsewhere has references and no labels: that does not make its questions unanswerable.
    private static func isUnanswerable(_ question: Question) -> Bool {
        if question.tags.contains("unanswerable") { return true }
        return question.isUnanswerable && question.reference.isEmpty && question.referenceContexts == nil
    }

    private enum Verdict {
        case right, wrong, unknown, judgeFailed
    }

    private func verdict(_ row: QuestionResult) -> Verdict {
        let judgedScores = limits.judged.flatMap { name, below in scores(row, name).map { ($0, below) } }
        let values = judgedScores.compactMap { score, below in score.value.map { $0 < below } }
        if !values.isEmpty { return values.contains(true) ? .wrong : .right }
        let like = limits.likeness.flatMap { name, below in scores(row, name).compactMap { $0.value.map { $0 < below } }
        }
        if !like.isEmpty, like.allSatisfy(\.self) { return .wrong }
        let judgeFailed = judgedScores.contains { score, _ in
            if case .notScored = score { return true }
            return false
        }
        if judgeFailed { return .judgeFailed }
        return like.isEmpty ? .unknown : .right
    }

    /// The scores of a metric in whatever mode it was computed: `faithfulness`, `faithfulness(ragas-legacy)`.
    private func scores(_ row: QuestionResult, _ limit: String) -> [Score] {
        row.scores.compactMap { name, result in FailureLimits.means(limit, name) ? result.score : nil }
    }

    /// `notInCorpus`, `notRetrieved`, or nil when the evidence was there or there are no labels to tell by.
    private func missingEvidence(_ sample: Sample) -> FailureAttribution? {
        if sample.goldSpans.count < sample.question.gold.count { return .notInCorpus }
        let passages = sample.contextCount > 0 ? sample.context : sample.retrieved[...]
        if !sample.goldSpans.isEmpty {
            let found = SpanEvidence(sample.goldSpans).foundRanks(in: passages)
            return found.contains(nil) ? .notRetrieved : nil
        }
        let relevant = (sample.question.qrels ?? [:]).filter { $0.value > 0 }
        if relevant.isEmpty { return nil }
        return passages.contains { relevant[$0.document] != nil } ? nil : .notRetrieved
    }

    private func usesEvidence(_ answer: Answer, _ sample: Sample) -> Bool {
        let evidence = SpanEvidence(sample.goldSpans)
        let relevant = sample.question.qrels ?? [:]
        let holding = sample.context.filter { evidence.overlap($0) > 0 || (relevant[$0.document] ?? 0) > 0 }.map(\.id)
        if answer.citations.contains(where: { $0.chunk.map(holding.contains) == true }) { return true }
        let said = Set(SquadText.tokens(answer.text))
        let quoted = Set(sample.question.gold.flatMap { SquadText.tokens($0.quote) })
        let fewer = min(said.count, quoted.count)
        return fewer > 0 && Double(said.intersection(quoted).count) >= limits.usedShare * Double(fewer)
    }
}
