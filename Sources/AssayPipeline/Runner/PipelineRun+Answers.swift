import AssayEval
import AssayIngest
import AssayModel
import AssayStore
import Tracing

// Evalset → samples with their passages → answers.
extension PipelineRun {
    /// Passages whose text the record keeps.
    static let shownPassages = 10
    /// Questions that are searched, or looked up, at a time: a thread change for every question would cost more than a small index.
    static let block = 64

    /// The questions with what the retriever finds for each, or for the query made of it.
    func ask(
        _ evalset: EvalsetSource,
        _ rewrites: [String: QueryRewrite],
        _ indexed: IndexStage.Outcome,
        _ timings: inout RunTimings
    ) async throws -> [Sample] {
        let clock = ContinuousClock()
        let start = clock.now
        let spans = try await session.anchor(evalset, indexed.corpus.cited)
        let queries = evalset.questions.map { rewrites[$0.id]?.text ?? $0.question }
        let vectors = try await session.queryVectors(queries, indexed.vectors)
        let retrieval = Retrieval(
            index: indexed.index,
            parts: session.parts,
            vectors: indexed.matrix,
            scope: .everything
        )
        let passages = PassageTexts(store: session.store, tables: indexed.index.tables)
        let context = session.parts.spec.answer?.context ?? 0
        session.progress.begin("retrieve", total: evalset.questions.count)
        var samples: [Sample] = []
        for first in stride(from: 0, to: evalset.questions.count, by: Self.block) {
            try Task.checkCancellation()
            let numbers = first..<min(first + Self.block, evalset.questions.count)
            let found = try await ranked(
                Array(evalset.questions[numbers]),
                Array(queries[numbers]),
                vectors.isEmpty ? nil : Array(vectors[numbers]),
                retrieval
            )
            for (number, list) in zip(numbers, found) {
                let question = evalset.questions[number]
                timings.questions[question.id] = QuestionTiming(retrieveMs: list.milliseconds)
                let chunks = try await passages.withTexts(list.chunks, first: max(context, Self.shownPassages))
                list.trace.finish(
                    queries[number],
                    chunks,
                    gold: spans[question.id] ?? [],
                    source: session.corpusName,
                    depth: session.parts.spec.retrieve.depth
                )
                samples.append(
                    Sample(
                        question: question,
                        goldSpans: spans[question.id] ?? [],
                        retrieved: chunks,
                        contextCount: min(context, chunks.count),
                        rewrite: rewrites[question.id]
                    )
                )
                session.progress.advance("retrieve")
            }
        }
        timings.stages.append(
            StageTiming(
                stage: "retrieve",
                items: samples.count,
                reused: 0,
                seconds: (clock.now - start) / .seconds(1)
            )
        )
        return samples
    }

    /// The ranked lists of some questions, off the cooperative pool in one go.
    private func ranked(
        _ questions: [Question],
        _ queries: [String],
        _ vectors: [[Float]]?,
        _ retrieval: Retrieval
    ) async throws -> [(chunks: [RetrievedChunk], milliseconds: Double, trace: OpenRetrieval)] {
        let traces = traces
        return try await offPool {
            let clock = ContinuousClock()
            return try questions.indices.map { number in
                let began = clock.now
                let (chunks, trace) = try OpenRetrieval.run(in: traces.context(of: questions[number])) { context in
                    try retrieval.rank(queries[number], vector: vectors?[number], context: context)
                }
                traces.touch(questions[number])
                return (chunks, (clock.now - began) / .milliseconds(1), trace)
            }
        }
    }

    /// The chosen questions answered; an engine that is gone ends the run, a question that fails alone keeps its reason.
    func answer(
        _ samples: [Sample],
        _ replicate: Int,
        _ results: inout RunResults,
        _ timings: inout RunTimings
    ) async throws -> [QuestionResult] {
        var rows = samples.map { QuestionResult(sample: $0) }
        guard let spec = session.parts.spec.answer, let answering = try session.answering(replicate: replicate)
        else {
            for row in rows { traces.end(row) }
            return rows
        }
        let clock = ContinuousClock()
        let start = clock.now
        let chosen = Set(
            StratifiedSample.choose(
                samples.map(\.question),
                count: spec.sample ?? samples.count,
                seed: UInt64(spec.sampleSeed)
            )
            .map(\.id)
        )
        let places = samples.indices.filter { chosen.contains(samples[$0].question.id) }
        results.engine = answering.engine.identity
        var count = StageCount("answer")
        count.items = places.count
        session.progress.begin("answer", total: places.count)
        for first in stride(from: 0, to: places.count, by: Self.block) {
            let block = places[first..<min(first + Self.block, places.count)]
            let outcomes = try await answering.answers(block.map { samples[$0] }, traces) {
                session.progress.advance("answer")
            }
            for (place, outcome) in zip(block, outcomes) {
                rows[place].sample.answer = outcome.answer
                rows[place].failure = outcome.failure
                results.neutralisedTokens += outcome.neutralised
                if outcome.sentAsTokens { results.tokenPrompts = (results.tokenPrompts ?? 0) + 1 }
                count.add(outcome)
                timings.questions[samples[place].question.id]?.answer = outcome.timings
            }
        }
        for row in rows { traces.end(row) }
        count.time = clock.now - start
        timings.stages.append(count.timing)
        return rows
    }
}

extension StageCount {
    /// Counts an answer: what it reused, or the tokens it used.
    fileprivate mutating func add(_ outcome: Answering.Outcome) {
        reused += outcome.reused ? 1 : 0
        guard !outcome.reused, let usage = outcome.answer?.usage else { return }
        promptTokens += usage.promptTokens
        completionTokens += usage.completionTokens
    }
}
