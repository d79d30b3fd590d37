package import AssayModel
import Synchronization

/// Collects items and sends them in batches from a task of its own.
///
/// Laws: `take` never waits; memory is bounded by the queue; what does not fit, and what cannot be delivered, is counted; after `close` every item
/// is exported, rejected or dropped.
package final class BatchExporter<Item: Sendable>: Sendable {
    /// What became of the items.
    package struct Counts: Sendable, Equatable {
        package var exported = 0
        /// Refused by the receiver.
        package var rejected = 0
        /// Lost: the queue was full, or the receiver could not be reached.
        package var dropped = 0
        /// The first failure, for people.
        package var failure: String?
    }

    private struct State {
        var queue: [Item] = []
        var counts = Counts()
        var isClosed = false
    }

    private let batching: ExportSettings.Batching
    private let send: @Sendable ([Item]) async throws -> Int
    private let clock: WaitingClock
    private let state = Mutex(State())
    private let wake: AsyncStream<Void>.Continuation
    private let tasks = Mutex<(worker: Task<Void, Never>?, ticker: Task<Void, Never>?)>((nil, nil))

    /// Starts the exporter's task.
    ///
    /// - Parameters:
    ///   - batching: Sizes and times.
    ///   - clock: The clock of the schedule.
    ///   - send: Sends a batch; returns how many of its items the receiver refused.
    package init(
        _ batching: ExportSettings.Batching,
        clock: WaitingClock = .system,
        send: @escaping @Sendable ([Item]) async throws -> Int
    ) {
        self.batching = batching
        self.clock = clock
        self.send = send
        let (signals, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.wake = wake
        let worker = Task { [weak self] in
            for await _ in signals { await self?.drain() }
            await self?.drain()
        }
        let ticker = Task { [wake, clock, batching] in
            while (try? await clock.sleep(batching.delay)) != nil { wake.yield() }
        }
        tasks.withLock { $0 = (worker, ticker) }
    }

    deinit {
        wake.finish()
        tasks.withLock { $0.ticker?.cancel() }
    }

    /// Takes an item; drops it when the queue is full.
    package func take(_ item: Item) {
        let isFull = state.withLock { state in
            guard !state.isClosed, state.queue.count < batching.queue else {
                state.counts.dropped += 1
                return false
            }
            state.queue.append(item)
            return state.queue.count % batching.batch == 0
        }
        if isFull { wake.yield() }
    }

    /// What became of the items so far.
    package var counts: Counts { state.withLock { $0.counts } }

    /// Sends what is left within the export's limit of time; takes nothing any more.
    @discardableResult
    package func close() async -> Counts {
        state.withLock { $0.isClosed = true }
        wake.finish()
        let (worker, ticker) = tasks.withLock { $0 }
        ticker?.cancel()
        let limit = Task { [clock, batching] in
            if (try? await clock.sleep(batching.exportTimeout)) != nil { worker?.cancel() }
        }
        await worker?.value
        limit.cancel()
        return state.withLock { state in
            state.counts.dropped += state.queue.count
            state.queue = []
            return state.counts
        }
    }

    private func drain() async {
        while !Task.isCancelled {
            let batch = state.withLock { state in
                let batch = Array(state.queue.prefix(batching.batch))
                state.queue.removeFirst(batch.count)
                return batch
            }
            guard !batch.isEmpty else { return }
            do {
                let rejected = min(batch.count, max(0, try await send(batch)))
                state.withLock { state in
                    state.counts.exported += batch.count - rejected
                    state.counts.rejected += rejected
                }
            } catch {
                state.withLock { state in
                    state.counts.dropped += batch.count
                    if state.counts.failure == nil {
                        state.counts.failure =
                            (error as? AssayError)?.message ?? "the export was ended by its time limit"
                    }
                }
            }
        }
    }
}
