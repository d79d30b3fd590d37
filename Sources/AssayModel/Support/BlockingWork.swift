import Dispatch

/// Runs a blocking call (SQLite, FAISS, file reading, BLAS) off the cooperative pool and waits for it without blocking.
///
/// Two cores mean a cooperative pool of two threads: one blocking C call there would halve it.
///
/// - Parameter body: The call; it runs to its end even when the task is cancelled.
/// - Returns: What `body` returns.
/// - Throws: What `body` throws.
public func offPool<Result>(_ body: sending @escaping () throws -> sending Result) async throws -> sending Result {
    let work = Handover(value: body)
    let result: Handover<Result> = try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async {
            continuation.resume(with: Swift.Result { Handover(value: try work.value()) })
        }
    }
    return result.value
}

/// Carries a value from one thread to another; the sender keeps no reference, as `sending` guarantees.
private struct Handover<Value>: @unchecked Sendable {
    // Rule: written once before it is handed over, read once after.
    let value: Value
}
