import AssayModel

#if canImport(Glibc)
import Glibc
#endif

/// Starts a detached thread for work that blocks for long: event loops and the supervision of a child process.
///
/// All signals are blocked on it, so that they reach the threads that wait for them and a broken pipe is an error value.
///
/// - Parameter body: The thread's work.
/// - Throws: `AssayError` "thread.start" when the system has no thread left.
package func startThread(_ body: @escaping @Sendable () -> Void) throws {
    let start = ThreadStart(body)
    let context = unsafe Unmanaged.passRetained(start)
    var thread = pthread_t()
    let status = unsafe pthread_create(
        &thread,
        nil,
        { pointer in
            guard let pointer = unsafe pointer else { return nil }
            let start = unsafe Unmanaged<ThreadStart>.fromOpaque(pointer).takeRetainedValue()
            var signals = sigset_t()
            unsafe sigfillset(&signals)
            unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
            start.body()
            return nil
        },
        context.toOpaque()
    )
    guard status == 0 else {
        unsafe context.release()
        throw AssayError("thread.start", "cannot start a thread: \(systemMessage(status))")
    }
    pthread_detach(thread)
}

private final class ThreadStart: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
    }
}
