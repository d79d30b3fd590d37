import AssayIngest
package import AssayModel
import AssayStore
import FoundationEssentials
import Tracing

extension PipelineSession {
    /// An answered question.
    package struct Reply: Sendable, Codable, Equatable {
        /// The answer, nil when the pipeline has no answer stage or the engine refused.
        package var answer: Answer?
        /// Why there is no answer.
        package var failure: String?
        /// The passages of the context, best first; without an answer stage the best ten.
        package var passages: [RetrievedChunk]
        /// What the reader should know of how it came about, nil as a rule.
        package var notice: String?
    }

    /// Answers one question through the same runner as an evaluation.
    ///
    /// - Parameters:
    ///   - question: Its text, at most 20,000 bytes.
    ///   - data: Folder given by `--data`.
    /// - Returns: Answer and passages.
    /// - Throws: Errors of corpus, index and engine.
    package func ask(_ question: String, data: String?) async throws -> Reply {
        guard !question.isEmpty, question.utf8.count <= 20_000 else {
            throw AssayError("ask.question", "a question has 1 to 20,000 bytes, this one has \(question.utf8.count)")
        }
        return try await withSpan("assay.question", context: .current ?? .topLevel) { span in
            span.attributes[TraceKey.pipeline] = parts.spec.name
            span.attributes[TraceKey.input] = question
            let reply = try await answered(question, data: data)
            span.attributes[TraceKey.output] = reply.answer?.text
            return reply
        }
    }

    private func answered(_ question: String, data: String?) async throws -> Reply {
        let open = try await reading(question, data: data)
        let retrieval = Retrieval(index: open.index, parts: parts, vectors: open.matrix)
        let texts = PassageTexts(store: store, tables: open.index.tables)
        let context = parts.spec.answer?.context ?? 10
        let parent = ServiceContext.current ?? .topLevel
        var (passages, trace) = try await offPool {
            try OpenRetrieval.run(in: parent) { inner in
                Array(try retrieval.rank(question, vector: open.vector, context: inner).prefix(context))
            }
        }
        for index in passages.indices { passages[index].text = try await texts.text(passages[index]) }
        trace.finish(question, passages, gold: [], source: corpusName, depth: parts.spec.retrieve.depth)
        guard let answering = try answering(replicate: 0) else {
            return Reply(passages: passages, notice: open.notice)
        }
        let outcome = try await answering.answer(question, passages: passages.map(\.text), chunks: passages.map(\.id))
        return Reply(answer: outcome.answer, failure: outcome.failure, passages: passages, notice: open.notice)
    }

    /// What answers a question.
    private struct OpenIndex {
        var index: SearchIndex
        var matrix: VectorMatrix?
        var vector: [Float]?
        var notice: String?
    }

    /// The index and the question's vector: brought up to date, or the published generation while another process builds the next.
    private func reading(_ question: String, data: String?) async throws -> OpenIndex {
        do {
            // The locks end with this scope: the engine may take its time without keeping others out.
            let indexed = try await openIndex(data: data)
            let vector = try await queryVectors([question], indexed.vectors).first
            return OpenIndex(index: indexed.index, matrix: indexed.matrix, vector: vector)
        } catch let held as AssayError where held.code == "lock.held" {
            guard let (index, matrix) = try await indexStage(data: data).published() else { throw held }
            let vectors = try await parts.embedder?.product.embed([question], as: .query)
            let notice = "\(held.message); the generation published last answers"
            return OpenIndex(index: index, matrix: matrix, vector: vectors.map { Array($0.row(0)) }, notice: notice)
        }
    }

    /// Brings the index up to date and says what it holds.
    package func indexSummary(data: String?) async throws -> String {
        let indexed = try await openIndex(data: data)
        let manifest = indexed.index.manifest
        return "generation \(manifest.number): \(manifest.liveCount) chunks in \(manifest.segments.count) segments"
    }

    /// Verifies every file of the published generation.
    package func verifyIndex(data: String?) async throws -> String {
        let stage = try indexStage(data: data)
        return try await offPool {
            guard let manifest = try stage.folder.current() else {
                throw AssayError("index.missing", "there is no index yet", remedy: "build it with 'assay index build'")
            }
            try stage.folder.verify(manifest)
            return "generation \(manifest.number): all files match their checksums"
        }
    }

    /// How many of the files have been read already.
    func finishedFiles(_ files: [SourceFile], _ source: CorpusSource) async throws -> Int {
        var done = 0
        for file in files {
            let digest = try? await offPool { try SHA256.hex(file: file.path) }
            guard let digest else { continue }
            let key = ItemKey("read", digest, file.id, source.readerIdentity(for: file))
            if try await store.items("read", [key]).isEmpty == false { done += 1 }
        }
        return done
    }

    /// Stage times of the last finished run of this pipeline.
    func lastTimings() async throws -> [StageTiming]? {
        let line = try await store.runs().first {
            $0.pipeline == parts.spec.name && $0.status == RunStatus.success.rawValue
        }
        guard let line else { return nil }
        return try await store.run(line.id)?.timings.stages
    }
}
