import Dispatch

/// Runs a blocking call (SQLite, FAISS, file reading, BLAS) off the cooperative pool and waits for it without blocking.
///
/// Two cores mean a cooperative pool of two threads: one blocking C call there would halve it.
///
/// - Parameter body: The call; it runs to its end even when the task is cancelled.
/// - Returns: What `body` returns.
/// - Throws: What `body` throws.
public func offPool<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async {
            continuation.resume(with: Swift.Result(catching: body))
        }
    }
}
