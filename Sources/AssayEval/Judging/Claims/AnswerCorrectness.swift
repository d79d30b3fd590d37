import AssayModel

/// Agreement of answer and reference: in their statements, and in the embedder's space.
struct AnswerCorrectness: Sendable {
    let checker: StatementChecker
    let beta: Double
    /// Weights of statements and of similarity.
    let weights: (statements: Double, similarity: Double)

    /// Options: those of `StatementChecker`; `beta` (1); `statement_weight` (0.75) and `similarity_weight` (0.25).
    init(_ options: inout OptionReader, _ mode: MetricMode) throws {
        checker = try StatementChecker(&options, mode)
        beta = try options.double("beta", default: 1, in: 0.01...100)
        weights.statements = try options.double("statement_weight", default: 0.75, in: 0...1000)
        weights.similarity = try options.double("similarity_weight", default: 0.25, in: 0...1000)
        guard weights.statements + weights.similarity > 0 else {
            throw AssayError(
                "config.value",
                "\(options.owner): both weights are 0",
                at: options.place,
                remedy: "give statement_weight or similarity_weight a number above 0"
            )
        }
    }

    var score: JudgedScoring {
        { sample, judge, tools in
            let (answer, reference) = (sample.answer?.text ?? "", sample.question.reference)
            if checker.mode == .corrected, answer.isBlank { return .blankAnswer }
            let (agreement, details) =
                checker.mode == .corrected
                ? try await agreement(sample, judge) : (try await ragasAgreement(sample, judge), nil)
            var similarity = 0.0
            if weights.similarity > 0 {
                guard let cosine = try await cosine(reference, answer, tools) else {
                    return MetricResult(.notScored(reason: "the embedder gave no usable vectors"))
                }
                similarity = cosine
            }
            let sum = weights.statements * agreement + weights.similarity * similarity
            return MetricResult(.scored(sum / (weights.statements + weights.similarity)), details: details)
        }
    }

    /// F of the statements of each text that the other supports, each list judged by a call of its own.
    private func agreement(_ sample: Sample, _ judge: JudgeSession) async throws -> (Double, JSONValue?) {
        let parts: ClaimTable.Parts = [.answerAgainstReference, .referenceAgainstAnswer]
        let table = try await ClaimTable(parts, of: sample, passages: [], checker, judge)
        guard let recall = table.referenceInAnswer.share else {
            throw JudgeSession.Refusal(reason: "the judge found no statement in the reference")
        }
        return (fScore(table.answerInReference.share ?? 0, recall, beta: beta), table.details)
    }

    private func ragasAgreement(_ sample: Sample, _ judge: JudgeSession) async throws -> Double {
        let question = sample.question.question
        let answer = try await checker.split(sample.answer?.text ?? "", question: question, judge)
        let reference = try await checker.split(sample.question.reference, question: question, judge)
        let isLegacy = checker.mode == .legacy
        if isLegacy ? answer.isEmpty && reference.isEmpty : answer.isEmpty || reference.isEmpty { return 1 }
        let counts = try await judge.ask(.ragasClassify(answer, reference, question: question)) {
            reply throws(StrictJSON.Fault) in ["TP", "FP", "FN"].map { Double(reply[$0]?.arrayValue?.count ?? 0) }
        }
        return isLegacy
            ? Self.legacyF(counts[0], counts[1], counts[2], beta: beta)
            : Self.collectionsF(counts[0], counts[1], counts[2], beta: beta)
    }

    /// F-beta where 0/0 is 0.
    static func legacyF(_ tp: Double, _ fp: Double, _ fn: Double, beta: Double) -> Double {
        fScore(tp + fp == 0 ? 0 : tp / (tp + fp), tp + fn == 0 ? 0 : tp / (tp + fn), beta: beta)
    }

    /// F-beta where precision without positives is 1 if nothing is missing, and recall likewise.
    static func collectionsF(_ tp: Double, _ fp: Double, _ fn: Double, beta: Double) -> Double {
        fScore(
            tp + fp == 0 ? (fn == 0 ? 1 : 0) : tp / (tp + fp),
            tp + fn == 0 ? (fp == 0 ? 1 : 0) : tp / (tp + fn),
            beta: beta
        )
    }

    /// Collections takes a zero vector as similarity 0, where legacy has NaN.
    private func cosine(_ reference: String, _ answer: String, _ tools: MetricTools) async throws -> Double? {
        if let cosines = try await tools.cosines(of: [reference, answer]) { return cosines[0] }
        guard checker.mode == .collections, let batch = try await tools.embed?([reference, answer]), batch.count == 2
        else { return nil }
        return (0..<2).contains { batch.row($0).allSatisfy { $0 == 0 } } ? 0 : nil
    }
}

extension JudgePrompt {
    /// Sorts the statements of answer and reference into those found in both, only in the answer, only in the reference.
    static func ragasClassify(_ answer: [String], _ reference: [String], question: String) -> JudgePrompt {
        let entries = ReplySchema.list(
            of: .mapping([
                "reason": .text(maxLength: reasonLength, optional: true),
                "statement": .text(maxLength: statementLength, optional: true),
            ]),
            count: looseCount
        )
        return JudgePrompt(
            id: "ragas-classify/1",
            task: """
                Task: put each statement into one list. "TP": statements of the answer that the statements of the reference support. \
                "FP": statements of the answer that they do not support. "FN": statements of the reference that the answer lacks. Give \
                one entry a statement with a "reason" of at most twenty words and the "statement". Reply {"FN": [...], "FP": [...], \
                "TP": [...]}.
                """,
            fields: fenced("question", question) + "\n" + numbered("reference", reference) + "\n"
                + numbered("answer", answer),
            schema: .mapping(["TP": entries, "FP": entries, "FN": entries]),
            maxTokens: 64 + 144 * (answer.count + reference.count)
        )
    }
}

extension MetricEntry {
    static let answerCorrectness: MetricEntry = {
        let ragas =
            "(statement_weight F-beta(TP, FP, FN) + similarity_weight cosine) / sum of weights; one reply sorts the statements; "
        let source = "; Ragas 0.4.3 AnswerCorrectness; prompts split-statements/1, ragas-classify/1"
        return judged(
            "answer_correctness",
            summary: "Agreement of answer and reference in statements and in the embedder's space",
            formula:
                "(statement_weight F + similarity_weight cosine) / sum of weights; F = F-beta of the answer's statements that the "
                + "reference supports and of the reference's that the answer supports; Ragas AnswerCorrectness, corrected; prompts "
                + "split-statements/1, verify-statements/2",
            compat: [
                .legacy: ragas + "F = 1 without any statement, 0/0 = 0" + source,
                .collections: ragas
                    + "F = 1 where one text has no statement; precision without positives 1 if FN = 0, recall "
                    + "likewise; cosine 0 for a zero vector" + source,
            ],
            range: -1...1,
            needs: [.answer, .reference, .judge, .similarity]
        ) { options, mode in try AnswerCorrectness(&options, mode).score }
    }()
}
