import AssayModel

/// The mean of two ratings that are asked for in different words: NVIDIA's three metrics.
struct TwoRatings: Sendable {
    /// The numbers that are ratings.
    struct Scale: Sendable {
        /// What the prompt offers, highest first.
        let offered: [Int]
        /// How the prompt wants the rating.
        let reply: String
        /// Digits that legacy looks for in the reply, in this order; the first that occurs anywhere is the rating.
        let digits: [Int]
        /// Ratings that collections accepts.
        let accepted: Set<Int>
        /// What a rating is divided by.
        let highest: Double
    }

    /// Tries of a compat mode at each rating.
    static let tries = 5

    let mode: MetricMode
    let scale: Scale

    /// Asks both prompts and scores.
    func score(_ prompts: [JudgePrompt], _ judge: JudgeSession) async throws -> MetricResult {
        guard mode == .corrected else { return try await ragas(prompts, judge) }
        var ratings: [Int] = []
        for prompt in prompts {
            ratings.append(
                try await judge.ask(prompt) { reply throws(StrictJSON.Fault) in
                    guard let rating = reply["rating"]?.intValue else {
                        throw StrictJSON.Fault(message: "'rating' is missing")
                    }
                    return rating
                }
            )
        }
        return MetricResult(
            .scored(Double(ratings.reduce(0, +)) / Double(2 * ratings.count)),
            details: ["ratings": .array(ratings.map { .int($0) })]
        )
    }

    private func ragas(_ prompts: [JudgePrompt], _ judge: JudgeSession) async throws -> MetricResult {
        var shares: [Double?] = []
        for prompt in prompts { shares.append(try await share(prompt, judge)) }
        guard let value = Self.mean(shares[0], shares[1], mode) else {
            return .ragasNaN("the judge gave no rating in \(Self.tries) tries")
        }
        return MetricResult(.scored(value))
    }

    /// One rating as a share of the highest, nil when no try gives one.
    private func share(_ prompt: JudgePrompt, _ judge: JudgeSession) async throws -> Double? {
        let schema: ReplySchema = mode == .legacy ? .text(maxLength: 40) : .mapping(["rating": .loose])
        for attempt in 0..<Self.tries {
            var prompt = prompt.loosened(schema)
            prompt.replicate = attempt
            let reply = try await judge.judge(prompt.call)
            if reply.finish != .length, let rating = rating(reply.text, schema) {
                return Double(rating) / scale.highest
            }
        }
        return nil
    }

    private func rating(_ text: String, _ schema: ReplySchema) -> Int? {
        if mode == .legacy { return scale.digits.first { text.contains("\($0)") } }
        guard let reply = try? StrictJSON.parse(text), (try? schema.check(reply)) != nil,
            let rating = reply["rating"].flatMap(ReplySchema.coerced), scale.accepted.contains(rating)
        else { return nil }
        return rating
    }

    /// The mean of both.
    ///
    /// Of one, collections takes it; legacy takes Python's `max`, which gives its first argument when one is NaN.
    static func mean(_ first: Double?, _ second: Double?, _ mode: MetricMode) -> Double? {
        if let first, let second { return (first + second) / 2 }
        return mode == .legacy ? first : first ?? second
    }
}

extension MetricEntry {
    static let answerAccuracy = twoRatings(
        "answer_accuracy",
        summary: "Agreement of the answer with the reference, rated twice with the two in swapped places",
        ragas: "AnswerAccuracy",
        guards: "",
        highest: 4,
        needs: [.answer, .reference, .judge]
    ) { ratings, sample, judge in
        let (question, answer) = (sample.question.question, sample.answer?.text ?? "")
        if ratings.mode == .corrected, answer.isBlank { return .blankAnswer }
        return try await ratings.score(
            [
                .rateAccuracy(question: question, answer: answer, reference: sample.question.reference, ratings.scale),
                .rateAgreement(question: question, one: sample.question.reference, other: answer, ratings.scale),
            ],
            judge
        )
    }

    static let contextRelevance = twoRatings(
        "context_relevance",
        summary: "How much of what the question asks for the passages of the prompt hold, rated twice",
        ragas: "ContextRelevance",
        guards: "; 0 where question or context is blank or the question holds the context",
        highest: 2,
        needs: [.judge]
    ) { ratings, sample, judge in
        let question = sample.question.question
        if ratings.mode != .corrected {
            guard let texts = sample.recordedContextTexts else { return .contextMissing }
            let (plain, context) = (question.stripped, texts.joined(separator: "\n").stripped)
            if plain.isEmpty || context.isEmpty || plain.contains(context) { return MetricResult(.scored(0)) }
        } else if sample.context.isEmpty {
            return MetricResult(.scored(0))
        } else if sample.contextTexts == nil {
            return .contextMissing
        }
        let context = sample.context.map(\.text)
        return try await ratings.score(
            [
                .rateContext(context, question: question, ratings.scale),
                .rateSufficiency(context, question: question, ratings.scale),
            ],
            judge
        )
    }

    static let responseGroundedness = twoRatings(
        "response_groundedness",
        summary: "How much of the answer the passages of the prompt support, rated twice",
        ragas: "ResponseGroundedness",
        guards: "; 0 where answer or context is blank; legacy: 1 where the context holds the answer",
        highest: 2,
        needs: [.answer, .judge]
    ) { ratings, sample, judge in
        let answer = sample.answer?.text ?? ""
        if ratings.mode != .corrected {
            guard let texts = sample.recordedContextTexts else { return .contextMissing }
            let (plain, context) = (answer.stripped, texts.joined(separator: "\n").stripped)
            if plain.isEmpty || context.isEmpty { return MetricResult(.scored(0)) }
            if ratings.mode == .legacy, context.contains(plain) { return MetricResult(.scored(1)) }
        } else if sample.answer?.abstained == true {
            return .abstains
        } else if answer.isBlank {
            return .blankAnswer
        } else if sample.context.isEmpty {
            return MetricResult(.scored(0))
        } else if sample.contextTexts == nil {
            return .contextMissing
        }
        let context = sample.context.map(\.text)
        return try await ratings.score(
            [.rateGrounding(context, answer, ratings.scale), .rateSupport(context, answer, ratings.scale)],
            judge
        )
    }

    private static func twoRatings(
        _ name: String,
        summary: String,
        ragas: String,
        guards: String,
        highest: Int,
        needs: Set<MetricNeed>,
        score: @escaping @Sendable (TwoRatings, Sample, JudgeSession) async throws -> MetricResult
    ) -> MetricEntry {
        let digits = highest == 4 ? Array(0...4) : [2, 1, 0]
        let accepted: Set<Int> = highest == 4 ? [0, 2, 4] : [0, 1, 2]
        let tries = "up to \(TwoRatings.tries) tries each\(guards); Ragas 0.4.3 \(ragas)"
        return judged(
            name,
            summary: summary,
            formula:
                "(first rating + second rating) / 4, each 0, 1 or 2; both must be given; Ragas \(ragas) (NVIDIA), corrected",
            compat: [
                .legacy:
                    "mean of two ratings / \(highest), the first of \(digits) that occurs in the reply; if one is missing the "
                    + "first, else not scored (NaN); " + tries,
                .collections:
                    "mean of two ratings / \(highest), each one of \(accepted.sorted()); if one is missing the other; "
                    + tries,
            ],
            needs: needs
        ) { _, mode in
            let offered = highest == 4 && mode != .corrected ? [4, 2, 0] : [2, 1, 0]
            let numbers = "\(offered[2]), \(offered[1]) or \(offered[0])"
            let ratings = TwoRatings(
                mode: mode,
                scale: .init(
                    offered: offered,
                    reply: mode == .legacy
                        ? "Do not write JSON: reply with the rating alone, \(numbers)."
                        : "Reply {\"rating\": \(numbers)}.",
                    digits: digits,
                    accepted: accepted,
                    highest: Double(highest)
                )
            )
            return { sample, judge, _ in try await score(ratings, sample, judge) }
        }
    }
}

extension String {
    /// Without white space at its ends.
    var stripped: String {
        let start = firstIndex { !$0.isWhitespace } ?? endIndex
        let end = lastIndex { !$0.isWhitespace }.map { index(after: $0) } ?? start
        return String(self[start..<end])
    }
}

extension JudgePrompt {
    /// Asks for a rating; `levels` says what the highest, the middle and the lowest mean.
    private static func rate(
        _ id: String,
        _ task: String,
        levels: [String],
        _ scale: TwoRatings.Scale,
        _ fields: [String]
    ) -> JudgePrompt {
        let meanings = zip(scale.offered, levels).map { "\($0): \($1)" }.joined(separator: " ")
        return JudgePrompt(
            id: id,
            task: "Task: \(task) \(meanings) \(scale.reply)",
            fields: fields.joined(separator: "\n"),
            schema: .mapping(["rating": .index(0...2)]),
            maxTokens: 32
        )
    }

    static func rateAccuracy(
        question: String,
        answer: String,
        reference: String,
        _ scale: TwoRatings.Scale
    ) -> JudgePrompt {
        rate(
            "rate-accuracy/1",
            "rate how far the answer agrees with the reference answer to the question.",
            levels: [
                "it says the same in every point that matters.",
                "it says a part of it, and nothing that contradicts it.",
                "it says something else, contradicts it, or does not answer.",
            ],
            scale,
            [fenced("question", question), fenced("reference answer", reference), fenced("answer", answer)]
        )
    }

    static func rateAgreement(
        question: String,
        one: String,
        other: String,
        _ scale: TwoRatings.Scale
    ) -> JudgePrompt {
        rate(
            "rate-agreement/1",
            "two people answered the question. Take the second answer as the standard and mark the first.",
            levels: [
                "full marks, all that the standard holds is there and right.", "half marks, some of it is there.",
                "no marks, it is wrong or beside the question.",
            ],
            scale,
            [fenced("question", question), fenced("second answer", other), fenced("first answer", one)]
        )
    }

    private static func passages(_ texts: [String]) -> [String] {
        texts.enumerated().map { fenced("passage \($0 + 1)", $1) }
    }

    static func rateContext(_ context: [String], question: String, _ scale: TwoRatings.Scale) -> JudgePrompt {
        rate(
            "rate-context/1",
            "rate how relevant the passages together are to the question.",
            levels: [
                "they hold all that an answer needs.", "they hold a part of it.",
                "they hold nothing that an answer could use.",
            ],
            scale,
            passages(context) + [fenced("question", question)]
        )
    }

    static func rateSufficiency(_ context: [String], question: String, _ scale: TwoRatings.Scale) -> JudgePrompt {
        rate(
            "rate-sufficiency/1",
            "suppose that someone has only these passages to answer the question with.",
            levels: ["they can answer it in full.", "they can answer it in part.", "they cannot answer it at all."],
            scale,
            passages(context) + [fenced("question", question)]
        )
    }

    static func rateGrounding(_ context: [String], _ answer: String, _ scale: TwoRatings.Scale) -> JudgePrompt {
        rate(
            "rate-grounding/1",
            "rate how far the passages support the text.",
            levels: [
                "every statement of the text is supported.", "some statements are.",
                "none is, or the passages contradict the text.",
            ],
            scale,
            passages(context) + [fenced("text", answer)]
        )
    }

    static func rateSupport(_ context: [String], _ answer: String, _ scale: TwoRatings.Scale) -> JudgePrompt {
        rate(
            "rate-support/1",
            "an editor checks the text against its sources, the passages.",
            levels: [
                "nothing has to be struck out.", "a part has to be struck out because no source says it.",
                "all of it has to be struck out.",
            ],
            scale,
            passages(context) + [fenced("text", answer)]
        )
    }
}
