import AssayIngest
package import AssayModel
import AssayStore
import FoundationEssentials

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
        try await open(data: data).ask(question, scope: .everything)
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
