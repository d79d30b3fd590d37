import AssayModel

/// Where the questions of a run went wrong, counted.
struct FailureCounts {
    /// Questions of each place on the way from corpus to answer, in that order; places without any are there too.
    let counts: [(place: FailureAttribution, count: Int)]
    /// All of them.
    let total: Int

    init(_ cards: [QuestionCard]) {
        var found: [FailureAttribution: Int] = [:]
        for card in cards { if let place = card.attribution { found[place, default: 0] += 1 } }
        counts = FailureAttribution.allCases.map { ($0, found[$0] ?? 0) }
        total = counts.reduce(0) { $0 + $1.count }
    }

    /// What the counts rest on, in a sentence.
    static let meaning =
        "Each failed question is counted once, at the first place on the way from corpus to answer. An answer fails when it abstains on an "
        + "answerable question, answers an unanswerable one, or is wrong: a judged measure of correctness below 0.5, or, without one, every "
        + "likeness to the reference below its limit (token_f1 and rouge_l 0.3, semantic_similarity 0.6)."
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
