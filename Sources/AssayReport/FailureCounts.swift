import AssayModel

/// Where the questions of a run went wrong, counted.
struct FailureCounts {
    /// Questions of each place on the way from corpus to answer, in that order; places without any are there too.
    let counts: [(place: FailureAttribution, count: Int)]
    /// All of them.
    let total: Int
    /// Of each place, questions that an unvalidated judge called wrong: where it errs, they are no failures or belong elsewhere.
    let byUnvalidated: [FailureAttribution: Int]
    /// The judged measures behind these, in the order of the record.
    let unvalidated: [String]
    private let limits: FailureLimits

    init(_ input: ReportInput) {
        let results = input.record.results
        limits = results.failureLimits ?? .standard
        let judging = limits.judged
        let columns = results.metrics.enumerated().filter { _, metric in
            metric.isUnvalidated && judging.keys.contains { FailureLimits.means($0, metric.definition.name) }
        }
        var found: [FailureAttribution: Int] = [:]
        var doubtful: [FailureAttribution: Int] = [:]
        for card in input.cards {
            guard let place = card.attribution else { continue }
            found[place, default: 0] += 1
            // Abstentions and answers to unanswerable questions fail without any judge.
            guard !card.isUnanswerable, card.outcome == .answered || card.outcome == .cut else { continue }
            if columns.contains(where: { card.scores[$0.offset]?.value != nil }) { doubtful[place, default: 0] += 1 }
        }
        counts = FailureAttribution.allCases.map { ($0, found[$0] ?? 0) }
        total = counts.reduce(0) { $0 + $1.count }
        byUnvalidated = doubtful
        unvalidated = doubtful.isEmpty ? [] : columns.map(\.element.definition.name)
    }

    /// What the counts rest on, in a sentence.
    var meaning: String {
        func list(_ limits: [String: Double]) -> String {
            limits.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        }
        let doubt =
            unvalidated.isEmpty
            ? ""
            : " Unvalidated: \(unvalidated.joined(separator: ", ")) called them wrong, and this judge is not shown to agree with people."
        return
            "Each failed question is counted once, at the first place on the way from corpus to answer. An answer fails when it abstains on "
            + "an answerable question, answers an unanswerable one, or is wrong: a judged measure below its limit (\(list(limits.judged))), "
            + "or, without one, every likeness to the reference below its limit (\(list(limits.likeness)))." + doubt
    }
}

extension FailureAttribution {
    /// The place in a few words.
    var title: String {
        switch self {
        case .notInCorpus: "not in the corpus"
        case .notRetrieved: "not retrieved"
        case .notUsed: "retrieved, not used"
        case .usedWrong: "used, and wrong"
        case .judgeFailed: "judge failed"
        }
    }

    /// What it means.
    var meaning: String {
        switch self {
        case .notInCorpus: "the corpus does not hold the evidence, and the question was answered all the same"
        case .notRetrieved: "evidence that is less than half covered by the passages of the prompt"
        case .notUsed: "the evidence was in the prompt; the answer abstains or does not rest on it"
        case .usedWrong: "the answer rests on the evidence and is wrong"
        case .judgeFailed: "the judge gave no usable verdict"
        }
    }
}
