import AssayModel

/// How far answer and reference agree in what they claim.
struct FactualCorrectness: Sendable {
    /// What is counted.
    enum Measure: String, Sendable {
        case precision
        case recall
        case f1
    }

    let measure: Measure
    let beta: Double
    let checker: StatementChecker

    /// Options: those of `StatementChecker`; `beta`, how much more recall counts in F (1).
    init(_ measure: Measure, _ options: inout OptionReader, _ mode: MetricMode) throws {
        self.measure = measure
        checker = try StatementChecker(&options, mode)
        beta = measure == .f1 ? try options.double("beta", default: 1, in: 0.01...100) : 1
    }

    var score: JudgedScoring {
        { sample, judge, _ in
            guard checker.mode == .corrected else { return try await ragas(sample, judge) }
            if sample.answer?.text.isBlank == true { return .blankAnswer }
            var parts: ClaimTable.Parts = []
            if measure != .recall { parts.insert(.answerAgainstReference) }
            if measure != .precision { parts.insert(.referenceAgainstAnswer) }
            let table = try await ClaimTable(parts, of: sample, passages: [], checker, judge)
            return MetricResult(
                Self.corrected(table.answerInReference, table.referenceInAnswer, measure, beta: beta),
                details: table.details
            )
        }
    }

    /// Precision over the answer's claims, recall over the reference's: each share counts claims of one text.
    static func corrected(_ answer: [Bool], _ reference: [Bool], _ measure: Measure, beta: Double) -> Score {
        switch measure {
        case .precision: answer.share.orNoClaims(of: "answer")
        case .recall: reference.share.orNoClaims(of: "reference")
        case .f1:
            reference.share.map { fScore(answer.share ?? 0, $0, beta: beta) }.orNoClaims(of: "reference")
        }
    }

    /// Ragas: claims of the answer that are supported count as found in recall too; two decimals.
    static func ragas(_ answer: [Bool], _ reference: [Bool], _ measure: Measure, beta: Double) -> Double {
        let found = Double(answer.count { $0 })
        let wrong = Double(answer.count) - found
        let missing = Double(reference.count { !$0 })
        let value =
            switch measure {
            case .precision: found / (found + wrong + 1e-8)
            case .recall: found / (found + missing + 1e-8)
            case .f1:
                fScore(
                    found + wrong == 0 ? 0 : found / (found + wrong),
                    found + missing == 0 ? 0 : found / (found + missing),
                    beta: beta
                )
            }
        return (value * 100).rounded(.toNearestOrEven) / 100
    }

    private func ragas(_ sample: Sample, _ judge: JudgeSession) async throws -> MetricResult {
        let (answer, reference) = (sample.answer?.text ?? "", sample.question.reference)
        let inReference = try await supported(answer, by: reference, judge)
        let inAnswer = measure == .precision ? [] : try await supported(reference, by: answer, judge)
        return MetricResult(.scored(Self.ragas(inReference, inAnswer, measure, beta: beta)))
    }

    private func supported(_ text: String, by premise: String, _ judge: JudgeSession) async throws -> [Bool] {
        let claims = try await judge.ask(.ragasClaims(text, limit: checker.limit)) { reply throws(StrictJSON.Fault) in
            RagasReply.texts(reply, "claims")
        }
        if claims.isEmpty {
            // Legacy sends the judge an empty list and counts whatever comes back.
            guard checker.mode == .collections else {
                throw JudgeSession.Refusal(
                    reason: "a text makes no claim, of which Ragas' legacy metric asks nonetheless"
                )
            }
            return []
        }
        return try await checker.verdicts(claims, passages: [premise], judge).map(\.holds)
    }
}

extension MetricEntry {
    static let factualCorrectness = factual(
        "factual_correctness",
        .f1,
        summary: "Agreement of answer and reference in their claims",
        formula: "F-beta of factual_precision and factual_recall, 0 when the answer has no claim"
    )
    static let factualPrecision = factual(
        "factual_precision",
        .precision,
        summary: "Share of the answer's claims that the reference supports",
        formula: "claims of the answer that the reference supports / claims of the answer; none: not applicable"
    )
    static let factualRecall = factual(
        "factual_recall",
        .recall,
        summary: "Share of the reference's claims that the answer supports",
        formula: "claims of the reference that the answer supports / claims of the reference"
    )

    private static func factual(
        _ name: String,
        _ measure: FactualCorrectness.Measure,
        summary: String,
        formula: String
    ) -> MetricEntry {
        let ragas =
            "\(measure.rawValue) of tp = supported claims of the answer, fp = its others, fn = claims of the reference that the answer "
            + "does not support; precision and recall with 1e-8 in the denominator; rounded to 2 decimals; Ragas 0.4.3 "
            + "FactualCorrectness; prompts ragas-claims/1, ragas-nli/1"
        return judged(
            name,
            summary: summary,
            formula: formula + "; Ragas FactualCorrectness, corrected; prompts split-statements/1, verify-statements/2",
            compat: [
                .legacy: ragas + "; a text without claims: not scored",
                .collections: ragas + "; no call for a text without claims",
            ],
            needs: [.answer, .reference, .judge]
        ) { options, mode in try FactualCorrectness(measure, &options, mode).score }
    }
}
