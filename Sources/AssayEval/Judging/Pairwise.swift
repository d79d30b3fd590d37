package import AssayModel

/// Which of two answers to a question is the better one: asked twice, with the places swapped, and a tie when the judge changes its mind.
package struct Pairwise: Sendable {
    /// What came of a comparison.
    package enum Outcome: String, Sendable, Codable {
        /// The first answer is better.
        case first
        /// The second answer is better.
        case second
        /// The texts are equal, or the judge's choice depended on the order.
        case tie
    }

    /// A comparison of two answers.
    package struct Result: Sendable, Codable, Equatable {
        /// What came of it, nil when the judge gave no usable reply.
        package var outcome: Outcome?
        /// Whether both orders gave the same answer; nil when the judge was not asked, since the texts are equal, or gave no reply.
        package var isConsistent: Bool?
        /// In how many of the two orders the answer that stood first was chosen; nil as above.
        package var firstPlaces: Int?
        /// Mean probability over both orders that the first answer is better; nil without probabilities.
        package var probability: Double?
        /// Why there is no outcome.
        package var reason: String?

        /// Value of the first answer: 1, 0 or one half; nil without an outcome.
        package var value: Double? {
            switch outcome {
            case .first: 1
            case .second: 0
            case .tie: 0.5
            case nil: nil
            }
        }
    }

    private let session: JudgeSession

    /// Compares by the judge of `tools`, in the way it is asked.
    ///
    /// - Parameter tools: The judge; a panel is not asked.
    /// - Throws: `AssayError` when there is no judge.
    package init(_ tools: MetricTools) throws {
        guard let judge = tools.judge else { throw AssayError("judge.missing", "a pairwise comparison needs a judge") }
        session = JudgeSession(judge: judge, asking: tools.asking)
    }

    /// Compares two answers.
    ///
    /// - Parameters:
    ///   - question: The question.
    ///   - reference: A reference answer, empty when there is none.
    ///   - first: An answer.
    ///   - second: Another answer.
    /// - Returns: The outcome, or why there is none.
    /// - Throws: What the judge throws.
    package func compare(question: String, reference: String, _ first: String, _ second: String) async throws -> Result
    {
        if first == second { return Result(outcome: .tie) }
        do {
            let forward = try await prefersFirst(question, reference, first, second)
            let backward = try await prefersFirst(question, reference, second, first)
            let choosesFirst = [forward >= 0.5, backward < 0.5]
            let isConsistent = choosesFirst[0] == choosesFirst[1]
            return Result(
                outcome: isConsistent ? (choosesFirst[0] ? .first : .second) : .tie,
                isConsistent: isConsistent,
                firstPlaces: (forward >= 0.5 ? 1 : 0) + (backward >= 0.5 ? 1 : 0),
                probability: session.asking == .logprob ? (forward + 1 - backward) / 2 : nil
            )
        } catch let refusal as JudgeSession.Refusal {
            return Result(reason: refusal.reason)
        }
    }

    /// How much the judge is for the answer that stands first, from 0 to 1.
    private func prefersFirst(
        _ question: String,
        _ reference: String,
        _ one: String,
        _ two: String
    ) async throws -> Double {
        var fields = [JudgePrompt.fenced("question", question)]
        if !reference.allSatisfy(\.isWhitespace) { fields.append(JudgePrompt.fenced("reference answer", reference)) }
        fields += [JudgePrompt.fenced("answer 1", one), JudgePrompt.fenced("answer 2", two)]
        let task = """
            Task: decide which of the two answers is the better answer to the question. Better is, in this order: right (where there \
            is a reference answer, in agreement with it), complete, to the point. Length, style and place do not count.
            """
        return try await session.verdict(
            JudgePrompt(
                id: "prefer-answer/1",
                task: task
                    + " Reply {\"verdict\": 1} when answer 1 is better, {\"verdict\": 0} when answer 2 is better.",
                fields: fields.joined(separator: "\n"),
                schema: .mapping(["verdict": .verdict]),
                maxTokens: 32
            ),
            token: TokenPrompt(
                id: "prefer-answer-token/1",
                task: task,
                fields: fields.joined(separator: "\n"),
                question: "Which answer is better? Answer 1 or 2.",
                words: ("1", "2")
            )
        ).value
    }
}

/// What came of the pairwise comparison of two runs.
package struct PairwiseSummary: Sendable, Codable, Equatable {
    /// Comparisons that the first run won.
    package var wins = 0
    /// Ties.
    package var ties = 0
    /// Comparisons that the first run lost.
    package var losses = 0
    /// Pairs that could not be compared.
    package var notScored = 0
    /// Share of the pairs that were asked in both orders in which both gave the same answer; nil when none was asked.
    package var orderConsistency: Double?
    /// Share of all choices that fell on the answer that stood first; 0.5 without a liking for a place.
    package var firstPlaceShare: Double?
    /// Mean value of the first run (win 1, tie ½, loss 0), nil without comparisons.
    package var preference: Double?
    /// Lower end of its 95 % interval, clustered by source document; nil below two clusters.
    package var low: Double?
    /// Upper end of its 95 % interval.
    package var high: Double?

    /// Sums up.
    ///
    /// - Parameters:
    ///   - results: One a question.
    ///   - questions: The questions, in the same order.
    package init(_ results: [Pairwise.Result], questions: [Question]) {
        precondition(results.count == questions.count, "each result has a question")
        let clusters = QuestionClusters(questions).indices
        var values: [Double] = []
        var clustersOfValues: [Int] = []
        for (result, cluster) in zip(results, clusters) {
            switch result.outcome {
            case .first: wins += 1
            case .second: losses += 1
            case .tie: ties += 1
            case nil: notScored += 1
            }
            if let value = result.value {
                values.append(value)
                clustersOfValues.append(cluster)
            }
        }
        let asked = results.compactMap(\.isConsistent)
        if !asked.isEmpty {
            orderConsistency = Double(asked.count { $0 }) / Double(asked.count)
            let places = results.compactMap(\.firstPlaces)
            firstPlaceShare = Double(places.reduce(0, +)) / Double(2 * places.count)
        }
        let mean = ClusteredMean(values, clusters: clustersOfValues)
        let interval = mean?.interval()?.clamped(to: 0...1)
        preference = mean?.mean
        low = interval?.lowerBound
        high = interval?.upperBound
    }
}
