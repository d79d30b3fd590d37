import AssayModel
import AssayPipeline
import Synchronization

/// The generation that answers now, and how the next one takes its place.
///
/// A request keeps the generation that it began with; a new one is swapped in between two requests, so none is dropped and none waits.
final class LivePipeline: Sendable {
    /// What became of a change of the documents.
    struct Change: Sendable, Equatable {
        /// Number of the first generation that has it.
        var generation: Int
        /// Why the document was left out, nil when it is in.
        var leftOut: String?
    }

    let session: PipelineSession
    private let data: String?
    private let current: Mutex<OpenedPipeline>
    private let work: SerialWork

    /// Opens the pipeline.
    ///
    /// - Throws: Errors of corpus, index and embedder.
    init(_ session: PipelineSession, data: String?) async throws {
        self.session = session
        self.data = data
        current = Mutex(try await session.open(data: data))
        work = SerialWork()
    }

    /// What answers now.
    var opened: OpenedPipeline { current.withLock { $0 } }

    /// Takes the documents of the folder into the next generation.
    ///
    /// Changes that come while one is being made are taken together by the next.
    ///
    /// - Parameter document: Id whose fate is wanted.
    /// - Returns: The generation.
    /// - Throws: Errors of the index; "lock.held" when another process has kept the index for ten seconds.
    func update(_ document: String) async throws -> Change {
        let made = try await work.run { [self] in
            let made = try await patiently { try await session.update(data: data) }
            current.withLock { $0 = made }
            return made
        }
        return Change(
            generation: made.generation,
            leftOut: made.leftOut.first { $0.file == document }?.reason
        )
    }

    /// Opens the newest published generation if it is not the one that answers, as when another process has built the index.
    ///
    /// - Returns: Whether there was a new one.
    /// - Throws: Errors of the index; the old generation goes on then.
    func refresh() async throws -> Bool {
        guard let newer = try await session.published(data: data, after: opened.generation) else { return false }
        return current.withLock { current in
            guard newer.generation > current.generation else { return false }
            current = newer
            return true
        }
    }

    private func patiently<Value>(_ body: () async throws -> Value) async throws -> Value {
        for _ in 0..<50 {
            do { return try await body() } catch let error as AssayError where error.code == "lock.held" {
                try await Task.sleep(for: .milliseconds(200))
            }
        }
        return try await body()
    }
}

/// Runs one piece of work at a time; whoever asks while one runs shares the next.
actor SerialWork {
    private var running: Task<OpenedPipeline, any Error>?
    private var next: Task<OpenedPipeline, any Error>?

    func run(_ body: @escaping @Sendable () async throws -> OpenedPipeline) async throws -> OpenedPipeline {
        if let next { return try await next.value }
        guard let running else { return try await start(body).value }
        let task = Task {
            _ = try? await running.value
            return try await self.promoted(body)
        }
        next = task
        return try await task.value
    }

    private func promoted(_ body: @escaping @Sendable () async throws -> OpenedPipeline) async throws -> OpenedPipeline
    {
        next = nil
        return try await start(body).value
    }

    private func start(_ body: @escaping @Sendable () async throws -> OpenedPipeline) -> Task<OpenedPipeline, any Error>
    {
        let task = Task {
            defer { finished() }
            return try await body()
        }
        running = task
        return task
    }

    private func finished() {
        running = nil
    }
}
