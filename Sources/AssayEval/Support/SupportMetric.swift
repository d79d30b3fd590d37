import AssayModel

extension MetricEntry {
    static let groundednessDetector = MetricEntry(
        name: "groundedness_detector",
        version: SupportModel.version,
        summary:
            "Probability that the passages of the prompt support the answer, by a small trained model and no judge",
        formula:
            "logistic model of sentence alignment by embeddings, overlap of words, numbers and names, and negation; trained "
            + "on corrupted answers (reports/judge-calibration.md), coefficients \(SupportModel.version); abstentions: not applicable",
        needs: [.answer, .similarity]
    ) { _, _ in
        { sample, tools in
            guard let answer = sample.answer, !answer.abstained else {
                return MetricResult(.notApplicable(reason: "the answer abstains"))
            }
            guard !answer.text.allSatisfy(\.isWhitespace) else {
                return MetricResult(.notScored(reason: "the answer is blank"))
            }
            guard let passages = sample.contextTexts else { return .contextMissing }
            // Without passages nothing is supported.
            guard !passages.isEmpty else { return MetricResult(.scored(0)) }
            guard let embed = tools.embed,
                let features = try await SupportFeatures.make(
                    answer: answer.text,
                    question: sample.question.question,
                    passages: passages,
                    embed: embed
                )
            else {
                return MetricResult(.notScored(reason: "the answer or the passages hold nothing that can be compared"))
            }
            let named = zip(SupportFeatures.names, features.values).map { ($0, JSONValue.double($1)) }
            return MetricResult(
                .scored(SupportModel.builtin.probability(features)),
                details: ["features": .object(Dictionary(uniqueKeysWithValues: named))]
            )
        }
    }
}
