package import AssayModel
import AssayStore
import Synchronization
import Tracing

/// A pipeline with one generation of its index pinned: opened once, it answers any number of questions.
///
/// Law: all of an answer comes from one generation, whatever is published meanwhile; whoever holds this keeps the generation usable.
/// `assay ask` and the service answer through it, and it answers through the stages of an evaluation.
package final class OpenedPipeline: Sendable {
    /// Number of the generation that answers.
    package let generation: Int
    /// Chunks that count in it.
    package let chunks: Int
    /// Documents of which a chunk counts.
    package let documents: Int
    /// What the reader should know of how it was opened, nil as a rule.
    package let notice: String?
    /// What was left out of the corpus, empty where nothing was read anew.
    package let leftOut: [LeftOut]
    private let parts: PipelineParts
    private let corpusName: String
    private let index: SearchIndex
    private let matrix: VectorMatrix?
    private let texts: PassageTexts
    private let answering: Answering?
    /// Asked when the engine of `answering` cannot answer.
    private let fallback: Answering?
    private let rewriting: Rewriting?
    private let retrievals = Mutex<[RetrievalScope: Retrieval]>([:])

    init(
        _ session: PipelineSession,
        index: SearchIndex,
        matrix: VectorMatrix?,
        leftOut: [LeftOut] = [],
        notice: String? = nil
    ) throws {
        self.index = index
        self.matrix = matrix
        self.notice = notice
        self.leftOut = leftOut
        parts = session.parts
        corpusName = session.corpusName
        generation = index.manifest.number
        chunks = index.manifest.liveCount
        documents = index.liveDocuments
        texts = PassageTexts(store: session.store, tables: index.tables, limit: session.textCache)
        answering = try session.answering(replicate: 0)
        fallback = try session.fallback()
        rewriting = try session.rewriting(replicate: 0)
    }

    /// Whether the pipeline has an answer stage.
    package var answers: Bool { answering != nil }
    /// Name of the engine that answers when the first cannot, nil without one.
    package var fallbackEngine: String? { fallback?.spec.engine }
    /// Whether a question may follow a conversation: the pipeline has a stage that rewrites it.
    package var rewrites: Bool { rewriting != nil }
    /// Passages put into a prompt; without an answer stage ten.
    package var context: Int { parts.spec.answer?.context ?? 10 }
    /// Passages that a search gives at most.
    package var depth: Int { parts.spec.retrieve.depth }

    /// The query of a question that follows a conversation: what is searched for, and what the prompt asks.
    ///
    /// - Parameters:
    ///   - question: Its text.
    ///   - history: The turns before it, oldest first; data, whoever is said to have spoken.
    ///   - reason: Nobody is asked then: the query is made of the previous turns, with this reason.
    /// - Returns: The query, nil for a question without history; tokens of a new reply; what it took.
    /// - Throws: "ask.history" for a pipeline without the stage, or turns that are no conversation; when the engine is gone.
    package func rewrite(
        _ question: String,
        after history: [Turn],
        engineIsGone reason: String? = nil
    ) async throws -> Rewritten {
        guard !history.isEmpty else { return Rewritten() }
        if let problem = Turn.problem(of: history) { throw AssayError("ask.history", problem) }
        guard let rewriting else {
            throw AssayError(
                "ask.history",
                "the pipeline '\(parts.spec.name)' takes single questions",
                remedy: "add rewrite: { by: previous } to its file"
            )
        }
        var watch = StageWatch()
        let outcome =
            if let reason { rewriting.withoutEngine(question, after: history, reason: reason) } else {
                try await rewriting.rewrite(question, after: history)
            }
        watch.lap("rewrite")
        return Rewritten(query: outcome.rewrite, usage: outcome.usage, stages: watch.stages)
    }

    /// Finds the passages for a question.
    ///
    /// - Parameters:
    ///   - question: Its text, 1 to 20,000 bytes.
    ///   - scope: Whose documents may be found.
    ///   - limit: Passages at most; nil takes those that the prompt gets.
    /// - Returns: Passages with their texts, best first, and what each step took.
    /// - Throws: "ask.question" for a question out of bounds; errors of the index and the embedder.
    package func retrieve(
        _ question: String,
        scope: RetrievalScope,
        limit: Int? = nil
    ) async throws -> (passages: [RetrievedChunk], stages: [StageTime]) {
        guard !question.isEmpty, question.utf8.count <= 20_000 else {
            throw AssayError("ask.question", "a question has 1 to 20,000 bytes, this one has \(question.utf8.count)")
        }
        var watch = StageWatch()
        var vector: [Float]?
        if let embedder = parts.embedder?.product {
            vector = try await withSpan("assay.embed") { span in
                span.attributes[TraceKey.model] = embedder.fingerprint.model
                span.attributes[TraceKey.dimensions] = embedder.fingerprint.dimension
                span.attributes[TraceKey.items] = 1
                return Array(try await embedder.embed([question], as: .query).row(0))
            }
            watch.lap("embed")
        }
        let retrieval = retrieval(for: scope)
        let count = limit ?? context
        let parent = ServiceContext.current ?? .topLevel
        let (found, trace) = try await offPool { [vector] in
            try OpenRetrieval.run(in: parent) { inner in
                Array(try retrieval.rank(question, vector: vector, context: inner).prefix(count))
            }
        }
        watch.lap("search")
        let passages = try await texts.withTexts(found, first: found.count)
        trace.finish(question, passages, gold: [], source: corpusName, depth: parts.spec.retrieve.depth)
        watch.lap("texts")
        return (passages, watch.stages)
    }

    /// Answers a question from passages that `retrieve` found.
    ///
    /// - Parameters:
    ///   - question: Its text.
    ///   - passages: Best first; those beyond the prompt's number are left out.
    ///   - byFallback: Asks the engine that stands in for the first.
    ///   - onDelta: Called with each piece of a new answer; a stored answer comes whole, without it.
    /// - Returns: The answer, or why this question has none; what it took.
    /// - Throws: When the engine is gone.
    package func answer(
        _ question: String,
        from passages: [RetrievedChunk],
        byFallback: Bool = false,
        onDelta: (@Sendable (String) -> Void)? = nil
    ) async throws -> Answered {
        let shown = Array(passages.prefix(context))
        var reply = PipelineSession.Reply(passages: answers ? shown : passages, notice: notice)
        guard let answering = byFallback ? fallback : answering else { return Answered(reply: reply) }
        var watch = StageWatch()
        let outcome = try await answering.answer(
            question,
            passages: shown.map(\.text),
            chunks: shown.map(\.id),
            onDelta: onDelta
        )
        watch.lap(outcome.reused ? "stored answer" : "generate")
        (reply.answer, reply.failure) = (outcome.answer, outcome.failure)
        return Answered(
            reply: reply,
            engine: answering.spec.engine,
            neutralised: outcome.neutralised,
            cost: outcome.reused ? 0 : answering.cost(of: outcome.answer?.usage),
            stages: watch.stages
        )
    }

    /// Finds the passages and answers.
    package func ask(_ question: String, scope: RetrievalScope) async throws -> PipelineSession.Reply {
        try await tracing(question, answer: \.answer?.text) {
            let found = try await retrieve(question, scope: scope)
            return try await answer(question, from: found.passages).reply
        }
    }

    /// Runs the stages of a question below its root span.
    ///
    /// - Parameters:
    ///   - question: Its text.
    ///   - answer: The text of the answer in what `body` gives.
    ///   - body: The stages.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    package func tracing<Result>(
        _ question: String,
        answer: (Result) -> String?,
        _ body: () async throws -> Result
    ) async throws -> Result {
        try await withSpan("assay.question", context: .current ?? .topLevel) { span in
            span.attributes[TraceKey.pipeline] = parts.spec.name
            span.attributes[TraceKey.input] = question
            let result = try await body()
            if let text = answer(result) { span.attributes[TraceKey.output] = text }
            return result
        }
    }

    /// The search of a scope; which chunks it may see is found once a generation.
    private func retrieval(for scope: RetrievalScope) -> Retrieval {
        if let known = retrievals.withLock({ $0[scope] }) { return known }
        let made = Retrieval(index: index, parts: parts, vectors: matrix, scope: scope)
        retrievals.withLock { $0[scope] = made }
        return made
    }
}

/// Takes the times between laps.
private struct StageWatch {
    private(set) var stages: [StageTime] = []
    private var last = ContinuousClock.now

    mutating func lap(_ stage: String) {
        let now = ContinuousClock.now
        stages.append(StageTime(stage: stage, milliseconds: (now - last) / .milliseconds(1)))
        last = now
    }
}

extension PipelineSession {
    /// Brings the index up to date and pins it; while another process builds the next generation, the published one.
    ///
    /// - Parameter data: Folder given by `--data`.
    /// - Returns: What answers questions.
    /// - Throws: Errors of corpus, index and embedder; "lock.held" when there is no generation yet and another process makes it.
    package func open(data: String?) async throws -> OpenedPipeline {
        do {
            return try await update(data: data)
        } catch let held as AssayError where held.code == "lock.held" {
            let notice = "\(held.message); the generation published last answers"
            guard let open = try await published(data: data, notice: notice) else { throw held }
            return open
        }
    }

    /// Brings the index up to date and pins it.
    ///
    /// - Throws: As `open`, and "lock.held" whenever another process builds this index.
    package func update(data: String?) async throws -> OpenedPipeline {
        // The locks end with this scope: the engine may take its time without keeping others out.
        let indexed = try await openIndex(data: data)
        return try OpenedPipeline(
            self,
            index: indexed.index,
            matrix: indexed.matrix,
            leftOut: indexed.corpus.leftOut
        )
    }

    /// The published generation, nil when there is none, or when its number is `known` already.
    package func published(
        data: String?,
        after known: Int? = nil,
        notice: String? = nil
    ) async throws -> OpenedPipeline? {
        let stage = try indexStage(data: data)
        if let known {
            let number = try await offPool { try stage.folder.current()?.number }
            if number == known { return nil }
        }
        guard let (index, matrix) = try await stage.published() else { return nil }
        return try OpenedPipeline(self, index: index, matrix: matrix, notice: notice)
    }
}
