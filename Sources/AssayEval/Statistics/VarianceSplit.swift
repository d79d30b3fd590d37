import AssayModel

/// The scores of a metric by question, run and repeat, split into where their variance comes from.
///
/// Moment estimates of a nested design (question / answer / judgement), as in an analysis of variance; a negative estimate is 0.
struct VarianceSplit {
    /// The judgements of one answer.
    struct Cell {
        /// The score: the mean of the repeats where there are any.
        let score: Double
        /// Variance of one judgement, nil with fewer than two.
        let variance: Double?
        /// Judgements.
        let count: Int

        init(_ result: MetricResult, score: Double) {
            self.score = score
            let repeats = (result.repeats ?? []).filter(\.isFinite)
            count = max(1, repeats.count)
            variance = sampleVariance(repeats)
        }
    }

    /// Variance of one judgement over all answers, nil without repeats.
    let judge: Double?
    /// Repeats beyond the first, over all answers: the degrees of freedom of `judge`.
    let judgeFreedom: Int

    private let questions: [[Cell]]

    /// - Parameter questions: For each question one cell a run.
    init(_ questions: [[Cell]]) {
        self.questions = questions
        var squares = 0.0
        var freedom = 0
        for cell in questions.joined() {
            guard let variance = cell.variance else { continue }
            squares += variance * Double(cell.count - 1)
            freedom += cell.count - 1
        }
        judgeFreedom = freedom
        judge = freedom > 0 ? squares / Double(freedom) : nil
    }

    /// The components, nil without repeats and replicates or below two questions.
    var components: VarianceComponents? {
        let runs = questions.map(\.count).max() ?? 0
        guard questions.count >= 2, judge != nil || runs >= 2 else { return nil }
        // What the judge adds to the score of one answer.
        let judgePart = judge.map { judge in
            let cells = questions.joined()
            return cells.reduce(0) { $0 + judge / Double($1.count) } / Double(cells.count)
        }
        var squares = 0.0
        var freedom = 0
        for cells in questions {
            guard let variance = sampleVariance(cells.map(\.score)) else { continue }
            squares += variance * Double(cells.count - 1)
            freedom += cells.count - 1
        }
        let betweenAnswers = freedom > 0 ? squares / Double(freedom) : nil
        let means = questions.map { cells in cells.reduce(0) { $0 + $1.score } / Double(cells.count) }
        let betweenMeans = sampleVariance(means) ?? 0
        let perMean = questions.reduce(0) { $0 + 1 / Double($1.count) } / Double(questions.count)
        return VarianceComponents(
            question: max(0, betweenMeans - (betweenAnswers ?? judgePart ?? 0) * perMean),
            generation: betweenAnswers.map { max(0, $0 - (judgePart ?? 0)) },
            judge: judge,
            questions: questions.count,
            runs: runs
        )
    }

    /// Variance that the judge adds to a question's mean score over its runs.
    ///
    /// - Parameters:
    ///   - cells: The question's answers.
    ///   - judge: Variance of one judgement.
    /// - Returns: The variance.
    static func judgeVariance(of cells: [Cell], judge: Double) -> Double {
        let sum = cells.reduce(0) { $0 + judge / Double($1.count) }
        return sum / Double(cells.count * cells.count)
    }
}

/// Σ (x − x̄)² / (n − 1), nil below two values.
private func sampleVariance(_ values: [Double]) -> Double? {
    guard values.count >= 2 else { return nil }
    let mean = values.reduce(0, +) / Double(values.count)
    return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
}
