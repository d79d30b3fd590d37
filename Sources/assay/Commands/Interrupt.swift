import AssayModel
import Dispatch
import Glibc

/// Ctrl-C and SIGTERM end a command within a second: the task is cancelled, and a second signal ends the process at once.
enum Interrupt {
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
            }
            source.resume()
            sources.append(source)
        }
        defer { for source in sources { source.cancel() } }
        return try await task.value
    }
}
