import AssayEval
import AssayModel
import AssayReport
import AssayStore

extension RunReader {
    /// Compares a run with a baseline as `assay compare` does.
    ///
    /// A metric with another definition or another judge is left out with the reason; what forbids the whole comparison is the page's
    /// to show, since the report of the run itself is sound.
    func comparison(of run: ReportInput, with baseline: RunSource) async throws -> ReportComparison {
        let (name, before) = try await results(of: baseline, over: run)
        let after = try await results(run)
        let shared = before.metrics.map(\.definition.name)
            .filter { name in after.metrics.contains { $0.definition.name == name } }
        let obstacles = shared.compactMap { name in before.metricObstacle(name, to: after).map { (name, $0) } }
        let unlike = Set(obstacles.map(\.0))
        let metrics = unlike.isEmpty || unlike.count == shared.count ? nil : shared.filter { !unlike.contains($0) }
        let id = run.record.id
        let outcome: Result<PairedComparison, AssayError> = try await offPool {
            Result { () throws(AssayError) -> PairedComparison in
                try PairedComparison(baseline: before, candidate: after, names: (name, id), metrics: metrics)
            }
        }
        let notes = metrics == nil ? [] : obstacles.map { "Not compared: \($0.1)." }
        return ReportComparison(baseline: before, named: name, of: run, outcome, notes: notes)
    }

    private func results(of source: RunSource, over run: ReportInput) async throws -> (String, RunResults) {
        switch source {
        case .stored(let id): (id, try await results(try await cards(id)))
        case .record(let record): (record.id, record.results)
        case .baseline(let baseline):
            (baseline.name, baseline.results(over: try await results(run).questions.map(\.sample.question)))
        }
    }

    /// What a comparison needs of a run: scores, repeats and the documents that questions are about, without texts and passages.
    private func results(_ input: ReportInput) async throws -> RunResults {
        var results = input.record.results
        guard results.questions.isEmpty else { return results }
        results.questions = input.cards.map { QuestionResult($0, metrics: input.metrics) }
        let repeated = input.cards.indices.filter { !input.cards[$0].repeats.isEmpty }
        for start in stride(from: 0, to: repeated.count, by: Self.block) {
            let numbers = Array(repeated[start..<min(start + Self.block, repeated.count)])
            for (number, row) in zip(numbers, try await store.runRows(input.record.id, numbers: numbers)) {
                for (name, result) in row.result.scores {
                    results.questions[number].scores[name]?.repeats = result.repeats
                }
            }
        }
        return results
    }
}

extension QuestionResult {
    /// A row with what a card knows.
    fileprivate init(_ card: QuestionCard, metrics: [String]) {
        let gold = card.sources.map { GoldQuote(document: $0, quote: "") }
        let question = Question(id: card.id, question: "", gold: gold, tags: card.tags)
        self.init(sample: Sample(question: question, goldSpans: [], retrieved: [], contextCount: 0))
        for (name, score) in zip(metrics, card.scores) {
            if let score { scores[name] = MetricResult(score) }
        }
    }
}
