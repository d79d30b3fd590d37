import AssayModel
import Dispatch
import FoundationEssentials
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// Threads of their own that encode texts, one for each core, apart from Swift's cooperative pool.
///
/// Batches take turns text by text, so that a question does not wait for a corpus.
package final class EncoderThreads: Sendable {
    /// Number of threads.
    package let count: Int
    private let queue: Queue

    private static let standardCount = Mutex<Int?>(nil)

    /// The threads that encoders share, made at first use.
    package static let shared = EncoderThreads(
        count: standardCount.withLock(\.self) ?? ProcessInfo.processInfo.activeProcessorCount
    )

    /// Sets the number of threads of `shared`; without effect after its first use.
    ///
    /// - Parameter count: From 1; nil means the number of cores.
    package static func setSharedCount(_ count: Int?) {
        standardCount.withLock { $0 = count }
    }

    /// Starts `count` threads; they end with this object.
    ///
    /// - Parameter count: From 1 to 1,024; other numbers are clamped.
    package init(count: Int) {
        self.count = min(max(1, count), 1_024)
        let queue = Queue()
        self.queue = queue
        for _ in 0..<self.count { Self.startThread { queue.work() } }
    }

    deinit { queue.stop(threads: count) }

    /// Calls `body` once for each number of `order`, on these threads; returns when all calls are done.
    ///
    /// The first error ends the batch: calls that have begun end first, the others never begin. So does cancellation.
    ///
    /// - Parameters:
    ///   - order: Numbers in the order in which to begin.
    ///   - body: The work.
    /// - Throws: What `body` throws, or `CancellationError`.
    func forEach(_ order: [Int], _ body: @escaping @Sendable (Int) throws -> Void) async throws {
        try Task.checkCancellation()
        if order.isEmpty { return }
        let batch = Batch(order, body)
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                batch.begin(continuation)
                queue.add(batch)
            }
        } onCancel: {
            batch.fail(CancellationError())
        }
    }

    private static func startThread(_ body: @escaping @Sendable () -> Void) {
        let box = unsafe Unmanaged.passRetained(ThreadBody(body)).toOpaque()
        var thread = pthread_t()
        let status = unsafe pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            },
            box
        )
        precondition(status == 0, "no thread for the encoder: \(systemMessage(status))")
        pthread_detach(thread)
    }
}

private final class ThreadBody: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

/// Batches that still have calls to begin.
private final class Queue: Sendable {
    private struct State {
        var batches: [Batch] = []
        var isStopped = false
    }

    private enum Step {
        case run(Batch, Int)
        case wait
        case stop
    }

    private let state = Mutex(State())
    // One signal for each call of each batch and one for each thread to end; a failed batch leaves some over.
    private let signals = DispatchSemaphore(value: 0)

    func add(_ batch: Batch) {
        state.withLock { $0.batches.append(batch) }
        for _ in 0..<batch.count { signals.signal() }
    }

    func stop(threads: Int) {
        state.withLock { $0.isStopped = true }
        for _ in 0..<threads { signals.signal() }
    }

    /// The body of a thread.
    func work() {
        while true {
            signals.wait()
            let step: Step = state.withLock { state in
                while !state.batches.isEmpty {
                    let batch = state.batches.removeFirst()
                    guard let number = batch.take() else { continue }
                    state.batches.append(batch)
                    return .run(batch, number)
                }
                return state.isStopped ? .stop : .wait
            }
            switch step {
            case .run(let batch, let number): batch.run(number)
            case .wait: continue
            case .stop: return
            }
        }
    }
}

/// One call of `forEach`.
private final class Batch: Sendable {
    private struct State {
        var next = 0
        var running = 0
        var error: (any Error)?
        var continuation: CheckedContinuation<Void, any Error>?
    }

    private let order: [Int]
    private let body: @Sendable (Int) throws -> Void
    private let state = Mutex(State())

    var count: Int { order.count }

    init(_ order: [Int], _ body: @escaping @Sendable (Int) throws -> Void) {
        self.order = order
        self.body = body
    }

    /// Keeps the continuation to resume; at once when the batch was cancelled before.
    func begin(_ continuation: CheckedContinuation<Void, any Error>) {
        settle { $0.continuation = continuation }
    }

    /// The next number to call `body` with; nil when there is none.
    func take() -> Int? {
        state.withLock { state in
            guard state.error == nil, state.next < order.count else { return nil }
            state.next += 1
            state.running += 1
            return order[state.next - 1]
        }
    }

    func run(_ number: Int) {
        let result = Result { try body(number) }
        settle { state in
            state.running -= 1
            if case .failure(let error) = result, state.error == nil { state.error = error }
        }
    }

    func fail(_ error: any Error) {
        settle { if $0.error == nil { $0.error = error } }
    }

    /// Changes the state, then resumes the caller if nothing is running or to begin any more.
    private func settle(_ change: (inout State) -> Void) {
        let (continuation, error) = state.withLock { state in
            change(&state)
            let isDone = state.running == 0 && (state.error != nil || state.next == order.count)
            guard isDone, let continuation = state.continuation else {
                return (CheckedContinuation<Void, any Error>?.none, (any Error)?.none)
            }
            state.continuation = nil
            return (continuation, state.error)
        }
        if let error { continuation?.resume(throwing: error) } else { continuation?.resume() }
    }
}
