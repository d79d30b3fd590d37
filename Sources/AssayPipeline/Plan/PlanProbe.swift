import AssayEval
import AssayModel
import AssayStore
import Tracing

extension Plan {
    /// What the engine itself says of the prompts that a run would send.
    package struct Probe: Sendable, Codable, Equatable {
        /// The engine's name.
        package var engine: String
        /// Prompts of the questions that would be answered.
        package var prompts: Int
        /// How many of them are answered already.
        package var finished: Int
        /// Tokens of all prompts by the engine's own count; the chat template's own are not in it.
        package var tokens: Int
        /// Tokens of the longest prompt.
        package var longest: Int
        /// The question of the longest prompt.
        package var question: String
    }

    /// Counts the prompts of a run with the engine's tokenizer, over the index as it was published last.
    ///
    /// Nothing is generated and nothing is stored; an engine that Assay supervises is started for it.
    ///
    /// - Parameters:
    ///   - spec: The file.
    ///   - project: Where models, engines and workspace are.
    ///   - data: Folder given by `--data`.
    /// - Returns: The counts, nil for a pipeline without answers or evalset.
    /// - Throws: `AssayError` "plan.probe" when there is no index yet or the engine does not count; "plan.context-tokens" when the longest
    ///   prompt and its answer do not fit.
    package static func probe(_ spec: PipelineSpec, project: Project, data: String?) async throws -> Probe? {
        let session = try PipelineSession(spec, project: project, progress: Progress { _ in }, now: { timestamp() })
        do {
            let probe = try await PlanProbe(session: session, data: data).run()
            await session.close()
            return probe
        } catch {
            await session.close()
            throw error
        }
    }
}

private struct PlanProbe {
    let session: PipelineSession
    let data: String?

    func run() async throws -> Plan.Probe? {
        let spec = session.parts.spec
        guard let answer = spec.answer, let evaluate = spec.evaluate,
            let answering = try session.answering(replicate: 0)
        else { return nil }
        guard let open = try await session.indexStage(data: data).published() else {
            throw AssayError(
                "plan.probe",
                "there is no index yet, so nobody knows the prompts",
                remedy: "build it with 'assay index build \(spec.file)' first"
            )
        }
        let evalset = try EvalsetSource(evaluate, data: data, at: evaluate.place)
        let questions = StratifiedSample.choose(
            evalset.questions,
            count: answer.sample ?? evalset.questions.count,
            seed: UInt64(answer.sampleSeed)
        )
        let retrieval = Retrieval(index: open.index, parts: session.parts, vectors: open.matrix, scope: .everything)
        let texts = PassageTexts(store: session.store, tables: open.index.tables)
        var counter = TokenCounter(engine: answering.engine, place: answer.enginePlace)
        var probe = Plan.Probe(
            engine: answer.engine,
            prompts: questions.count,
            finished: 0,
            tokens: 0,
            longest: 0,
            question: ""
        )
        let rewriting = try session.rewriting(replicate: 0)
        for question in questions {
            try Task.checkCancellation()
            // A query that no run has written yet stands in as the previous turns: its prompt is an estimate.
            let rewritten =
                question.history?.isEmpty == false ? try await rewriting?.storedOrFallback(question).text : nil
            let query = rewritten ?? question.question
            let vectors = try await session.parts.embedder?.product.embed([query], as: .query)
            let vector = vectors.map { Array($0.row(0)) }
            let ranked = try await offPool {
                try retrieval.rank(query, vector: vector, context: .topLevel)
            }
            let passages = try await texts.withTexts(Array(ranked.prefix(answer.context)), first: answer.context)
            let request = answering.request(query, passages: passages.map(\.text)).request
            let tokens = try await counter.tokens(of: request)
            let key = try answering.key(request)
            if try await session.store.items("answer", [key]).isEmpty == false { probe.finished += 1 }
            probe.tokens += tokens
            if tokens > probe.longest { (probe.longest, probe.question) = (tokens, question.id) }
        }
        try check(probe, answer, limit: answering.engine.identity.contextTokens)
        return probe
    }

    private func check(_ probe: Plan.Probe, _ answer: PipelineSpec.Answer, limit: Int) throws {
        guard limit > 0, probe.longest + answer.maxTokens > limit else { return }
        throw AssayError(
            "plan.context-tokens",
            "the prompt of \(probe.question) has \(probe.longest) tokens; with \(answer.maxTokens) of answer it needs more than the "
                + "\(limit) of the engine '\(answer.engine)'",
            at: answer.enginePlace,
            remedy: "lower answer.context or answer.max_tokens, or raise the engine's context"
        )
    }
}

/// Counts tokens with an engine; equal texts, such as the instructions, once.
private struct TokenCounter {
    let engine: any Engine
    let place: Place
    private var known: [String: Int] = [:]

    init(engine: any Engine, place: Place) {
        self.engine = engine
        self.place = place
    }

    mutating func tokens(of request: ChatRequest) async throws -> Int {
        var sum = 0
        for message in request.messages {
            if let count = known[message.content] {
                sum += count
                continue
            }
            guard let count = try await engine.countTokens(message.content) else {
                throw AssayError(
                    "plan.probe",
                    "the engine '\(engine.identity.name)' does not count tokens",
                    at: place,
                    remedy: "llama.cpp's server does; without --probe the plan estimates"
                )
            }
            known[message.content] = count
            sum += count
        }
        return sum
    }
}
