import AssayModel
import Dispatch
import Glibc

/// Ctrl-C and SIGTERM end a command within a second: the task is cancelled, and what does not end by itself is ended.
///
/// Ending at once is safe at any time, as `kill -9` is: what is committed is kept, and supervised servers end with their parent.
enum Interrupt {
    /// What a task has to end in: an orderly end takes milliseconds, but one call into a library (a training, a huge file) cannot be
    /// interrupted.
    private static let grace = Duration.milliseconds(800)

    /// Runs `body` and cancels it at the first SIGINT or SIGTERM.
    static func cancelling<Result: Sendable>(
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let task = Task { try await body() }
        var sources: [any DispatchSourceSignal] = []
        for number in [SIGINT, SIGTERM] {
            _ = signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                if task.isCancelled { _exit(130) }
                note("stopping; a second signal stops at once")
                task.cancel()
                Task {
                    try? await Task.sleep(for: grace)
                    note("stopped; what is finished is kept: run the same command to go on")
                    _exit(130)
                }
            }
            source.resume()
            sources.append(source)
        }
        defer { for source in sources { source.cancel() } }
        return try await task.value
    }
}
