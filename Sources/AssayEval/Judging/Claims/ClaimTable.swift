import AssayModel

/// The statements of answer and reference and what supports them: all that the claim metrics count.
struct ClaimTable: Sendable, Equatable {
    /// What of the table a metric needs; only this is asked.
    struct Parts: OptionSet {
        let rawValue: Int
        static let answerAgainstReference = Parts(rawValue: 1)
        static let referenceAgainstAnswer = Parts(rawValue: 2)
        static let answerAgainstPassages = Parts(rawValue: 4)
        static let referenceAgainstPassages = Parts(rawValue: 8)
        static let answer: Parts = [.answerAgainstReference, .answerAgainstPassages]
        static let reference: Parts = [.referenceAgainstAnswer, .referenceAgainstPassages]
        /// What separates noise from evidence.
        static let noise: Parts = [.answerAgainstReference, .answerAgainstPassages, .referenceAgainstPassages]
    }

    /// Statements of the answer; empty for an abstention.
    var answer: [String] = []
    /// Statements of the reference.
    var reference: [String] = []
    /// Whether the reference supports each statement of the answer.
    var answerInReference: [Bool] = []
    /// Whether the answer supports each statement of the reference.
    var referenceInAnswer: [Bool] = []
    /// For each passage, whether it supports each statement of the answer.
    var answerInPassages: [[Bool]] = []
    /// For each passage, whether it supports each statement of the reference.
    var referenceInPassages: [[Bool]] = []

    /// Whether some passage supports each statement of the answer.
    var answerIsFound: [Bool] { answer.indices.map { claim in answerInPassages.contains { $0[claim] } } }
    /// Whether some passage supports each statement of the reference.
    var referenceIsFound: [Bool] { reference.indices.map { claim in referenceInPassages.contains { $0[claim] } } }
    /// Whether each passage supports some statement of the reference.
    var isRelevant: [Bool] { referenceInPassages.map { $0.contains(true) } }

    /// Whether each statement of the answer is wrong and supported by a passage that is relevant.
    var noiseOfRelevant: [Bool] { noise.map(\.relevant) }
    /// Whether each statement of the answer is wrong and supported by passages that are not relevant, and by no relevant one.
    var noiseOfIrrelevant: [Bool] { noise.map(\.irrelevant) }

    private var noise: [(relevant: Bool, irrelevant: Bool)] {
        let supporters = zip(isRelevant, answerInPassages)
        return answer.indices.map { claim in
            let byRelevant = supporters.contains { $0 && $1[claim] }
            let byOther = supporters.contains { !$0 && $1[claim] }
            let isWrong = !answerInReference[claim]
            return (isWrong && byRelevant, isWrong && byOther && !byRelevant)
        }
    }

    /// Whether every list has one verdict a statement, which a compat mode's judge need not give.
    var isComplete: Bool {
        ([answerInReference].filter { !$0.isEmpty } + answerInPassages).allSatisfy { $0.count == answer.count }
            && ([referenceInAnswer].filter { !$0.isEmpty } + referenceInPassages)
                .allSatisfy { $0.count == reference.count }
    }
}

extension ClaimTable {
    /// Asks for the parts of the table in a fixed order: the reference's statements, the answer's, for each passage the reference's
    /// verdicts and the answer's, then answer and reference against each other.
    ///
    /// - Parameters:
    ///   - parts: What is needed.
    ///   - sample: The sample.
    ///   - passages: The texts of the prompt's passages.
    ///   - checker: How to ask.
    ///   - judge: Whom to ask.
    /// - Throws: `JudgeSession.Refusal` for what is not scored; what the judge throws.
    init(
        _ parts: Parts,
        of sample: Sample,
        passages: [String],
        _ checker: StatementChecker,
        _ judge: JudgeSession
    ) async throws {
        let (question, text) = (sample.question.question, sample.answer?.text ?? "")
        if !parts.isDisjoint(with: .reference) {
            reference = try await checker.split(sample.question.reference, question: question, judge)
        }
        if !parts.isDisjoint(with: .answer), !(checker.mode == .corrected && sample.answer?.abstained == true) {
            answer = try await checker.split(text, question: question, judge)
        }
        func holds(_ statements: [String], _ passages: [String]) async throws -> [Bool] {
            try await checker.verdicts(statements, passages: passages, judge).map(\.holds)
        }
        for passage in passages {
            if parts.contains(.referenceAgainstPassages) {
                referenceInPassages.append(try await holds(reference, [passage]))
            }
            if parts.contains(.answerAgainstPassages) { answerInPassages.append(try await holds(answer, [passage])) }
        }
        if parts.contains(.answerAgainstReference) {
            answerInReference = try await holds(answer, [sample.question.reference])
        }
        if parts.contains(.referenceAgainstAnswer) { referenceInAnswer = try await holds(reference, [text]) }
    }

    /// What a person wants to see beside the score.
    var details: JSONValue {
        func list(_ verdicts: [Bool]) -> JSONValue { .array(verdicts.map { .int($0 ? 1 : 0) }) }
        func texts(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
        var members: [String: JSONValue] = [:]
        if !answer.isEmpty { members["answer"] = texts(answer) }
        if !reference.isEmpty { members["reference"] = texts(reference) }
        if !answerInReference.isEmpty { members["answer_in_reference"] = list(answerInReference) }
        if !referenceInAnswer.isEmpty { members["reference_in_answer"] = list(referenceInAnswer) }
        if !answerInPassages.isEmpty { members["answer_in_passages"] = .array(answerInPassages.map(list)) }
        if !referenceInPassages.isEmpty { members["reference_in_passages"] = .array(referenceInPassages.map(list)) }
        return .object(members)
    }
}

extension [Bool] {
    /// Share of what holds; nil without elements.
    var share: Double? { isEmpty ? nil : Double(count { $0 }) / Double(count) }
}

/// The weighted harmonic mean of precision and recall; recall counts `beta` times as much; 0 when both are 0.
func fScore(_ precision: Double, _ recall: Double, beta: Double = 1) -> Double {
    let weight = beta * beta
    let sum = weight * precision + recall
    return sum == 0 ? 0 : (1 + weight) * precision * recall / sum
}
