import AssayModel

/// A score on a scale whose steps are described.
struct Rubric: Sendable {
    /// What each score means.
    let levels: [Int: String]

    /// Lowest and highest score.
    var range: ClosedRange<Int> { (levels.keys.min() ?? 0)...(levels.keys.max() ?? 0) }

    /// The scale that is used when the file gives none.
    static let standard = Rubric(levels: [
        1: "The answer is wrong or does not answer the question.",
        2: "The answer touches the question but is mostly wrong or leaves out what matters.",
        3: "The answer is right in part; something that matters is missing or mistaken.",
        4: "The answer is right and nearly complete; what is wrong with it is small.",
        5: "The answer is right, complete and clear.",
    ])

    /// Scores that a rubric may name.
    static let allowed = 0...9

    init(levels: [Int: String]) { self.levels = levels }

    /// A rubric as a file has it: at least two scores from 0 to 9, each with what it means; Ragas's keys `score1_description` too.
    ///
    /// - Returns: nil when it is not that.
    init?(_ texts: [String: String]) {
        var levels: [Int: String] = [:]
        for (key, meaning) in texts {
            guard let score = Self.score(of: key), Self.allowed.contains(score), !meaning.isBlank,
                levels.updateValue(meaning, forKey: score) == nil
            else { return nil }
        }
        guard levels.count >= 2 else { return nil }
        self.levels = levels
    }

    /// The score that a key stands for: `3`, or `score3_description` as Ragas writes it.
    private static func score(of key: String) -> Int? {
        Int(key.hasPrefix("score") ? key.dropFirst(5).prefix { $0.isNumber } : key[...])
    }

    /// Option `rubric`: a mapping from score to meaning; without it `standard`.
    static func read(_ options: inout OptionReader) throws -> Rubric {
        guard let node = options.node("rubric") else { return .standard }
        guard case .object(let members) = node.json,
            let rubric = Rubric(members.compactMapValues(\.stringValue)), rubric.levels.count == members.count
        else {
            throw options.wrong("rubric", node, "a mapping of at least two scores from 0 to 9 to what they mean")
        }
        return rubric
    }

    /// The range of the file's rubric.
    static let refine: MetricEntry.Refinement = { definition, options in
        if case .object(let members)? = options["rubric"] {
            let scores = members.keys.compactMap(score(of:))
            definition.range = Double(scores.min() ?? 1)...Double(scores.max() ?? 5)
        }
        definition.widen(for: [.legacy, .collections], options)
    }

    /// The range that the options of `criteria_score` give.
    static let refineCriteria: MetricEntry.Refinement = { definition, options in
        let bounds = [options["lowest"], options["highest"]].compactMap { $0?.doubleValue }
        if bounds.count == 2 { definition.range = bounds[0]...bounds[1] }
        definition.widen(for: [.legacy], options)
    }

    /// The judge's score.
    func score(
        _ sample: Sample,
        withReference: Bool,
        _ mode: MetricMode,
        _ judge: JudgeSession
    ) async throws -> (score: Int, feedback: String) {
        let prompt = JudgePrompt.scoreRubric(
            self,
            question: sample.question.question,
            answer: sample.answer?.text ?? "",
            reference: withReference ? sample.question.reference : nil
        )
        let feedback = ReplySchema.text(maxLength: JudgePrompt.statementLength, optional: true)
        let asked = mode == .corrected ? prompt : prompt.loosened(.mapping(["feedback": feedback, "score": .loose]))
        return try await judge.ask(asked) { reply throws(StrictJSON.Fault) in
            (try RagasReply.whole(reply["score"]), reply["feedback"]?.stringValue ?? "")
        }
    }
}

extension MetricEntry {
    static let rubric = rubric("rubric", ragas: "DomainSpecificRubrics", withReference: false)
    static let rubricWithReference = rubric(
        "rubric_with_reference",
        ragas: "RubricsScoreWithReference",
        withReference: true
    )

    static let instanceRubric = judged(
        "instance_rubric",
        summary: "The answer's score on the question's own rubric, from 0 (its lowest) to 1 (its highest)",
        formula:
            "(score - lowest) / (highest - lowest) of the question's rubric; Ragas InstanceRubrics, corrected; prompt "
            + "score-rubric/2",
        compat: .both(
            "the judge's score as it is, whatever the rubric's range; Ragas 0.4.3 InstanceRubrics; prompt ragas-score-rubric/2"
        ),
        needs: [.answer, .rubric, .judge],
        refine: MetricDefinition.widening(.legacy, .collections)
    ) { _, mode in
        { sample, judge, _ in
            if mode == .corrected, sample.answer?.text.isBlank == true { return .blankAnswer }
            guard let rubric = Rubric(sample.question.rubric ?? [:]) else {
                return MetricResult(
                    .notScored(
                        reason:
                            "the question's rubric does not give at least two scores from 0 to 9 with what they mean"
                    )
                )
            }
            let withReference = !sample.question.reference.isBlank
            let (score, feedback) = try await rubric.score(sample, withReference: withReference, mode, judge)
            let (low, high) = (Double(rubric.range.lowerBound), Double(rubric.range.upperBound))
            let value = mode == .corrected ? (Double(score) - low) / (high - low) : Double(score)
            return MetricResult(.scored(value), details: ["score": .int(score), "feedback": .string(feedback)])
        }
    }

    private static func rubric(_ name: String, ragas: String, withReference: Bool) -> MetricEntry {
        let basis = withReference ? "with the reference" : "without a reference"
        return judged(
            name,
            summary: "The answer's score on a rubric of the file, \(basis)",
            formula:
                "the judge's score, one from the rubric's lowest to its highest; Ragas \(ragas), corrected; prompt score-rubric/2",
            compat: .both(
                "the judge's score as it is, whatever the rubric's range; Ragas 0.4.3 \(ragas); prompt ragas-score-rubric/2"
            ),
            range: 1...5,
            needs: withReference ? [.answer, .reference, .judge] : [.answer, .judge],
            refine: Rubric.refine
        ) { options, mode in
            let rubric = try Rubric.read(&options)
            return { sample, judge, _ in
                if mode == .corrected, sample.answer?.text.isBlank == true { return .blankAnswer }
                let (score, feedback) = try await rubric.score(sample, withReference: withReference, mode, judge)
                return MetricResult(.scored(Double(score)), details: ["feedback": .string(feedback)])
            }
        }
    }

    /// A score by one sentence instead of a rubric.
    static let criteriaScore = judged(
        "criteria_score",
        summary: "The answer's score by a criterion in your own words",
        formula: "the judge's score from lowest to highest; Ragas SimpleCriteria, corrected; prompt score-criteria/2",
        compat: [.legacy: "the judge's score as it is; Ragas 0.4.3 SimpleCriteria; prompt ragas-score-criteria/2"],
        range: 1...5,
        needs: [.answer, .judge],
        refine: Rubric.refineCriteria
    ) { options, mode in
        let criterion = try options.string("criterion", default: "The answer is right, complete and clear.")
        let lowest = try options.int("lowest", default: 1, in: 0...8)
        let highest = try options.int("highest", default: max(5, lowest + 1), in: (lowest + 1)...9)
        return { sample, judge, _ in
            if mode == .corrected, sample.answer?.text.isBlank == true { return .blankAnswer }
            let prompt = JudgePrompt.scoreCriterion(
                criterion,
                lowest...highest,
                question: sample.question.question,
                answer: sample.answer?.text ?? "",
                reference: sample.question.reference
            )
            let reason = ReplySchema.text(maxLength: JudgePrompt.reasonLength, optional: true)
            let asked = mode == .corrected ? prompt : prompt.loosened(.mapping(["reason": reason, "score": .loose]))
            let score = try await judge.ask(asked) { reply throws(StrictJSON.Fault) in
                try RagasReply.whole(reply["score"])
            }
            return MetricResult(.scored(Double(score)))
        }
    }
}

extension JudgePrompt {
    static func scoreRubric(_ rubric: Rubric, question: String, answer: String, reference: String?) -> JudgePrompt {
        let lines = rubric.levels.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        var fields = [fenced("question", question)]
        if let reference { fields.append(fenced("reference answer", reference)) }
        return JudgePrompt(
            id: "score-rubric/2",
            task: """
                Task: give the answer the score whose description fits it best\(reference == nil ? "" : ", measured by the reference answer").
                \(lines.joined(separator: "\n"))
                Reply {"feedback": at most forty words, "score": \(rubric.range.lowerBound) to \(rubric.range.upperBound)}.
                """,
            fields: (fields + [fenced("answer", answer)]).joined(separator: "\n"),
            schema: .mapping([
                "feedback": .text(maxLength: statementLength, optional: true), "score": .index(rubric.range),
            ]),
            maxTokens: statementLength + 32
        )
    }

    static func scoreCriterion(
        _ criterion: String,
        _ range: ClosedRange<Int>,
        question: String,
        answer: String,
        reference: String
    ) -> JudgePrompt {
        var fields = [fenced("question", question)]
        if !reference.isBlank { fields.append(fenced("reference answer", reference)) }
        return JudgePrompt(
            id: "score-criteria/2",
            task: """
                Task: score how far this holds of the answer: \(criterion)
                \(range.lowerBound) means not at all, \(range.upperBound) means entirely. Reply {"reason": at most twenty words, \
                "score": \(range.lowerBound) to \(range.upperBound)}.
                """,
            fields: (fields + [fenced("answer", answer)]).joined(separator: "\n"),
            schema: .mapping(["reason": .text(maxLength: reasonLength, optional: true), "score": .index(range)]),
            maxTokens: reasonedTokens
        )
    }
}
