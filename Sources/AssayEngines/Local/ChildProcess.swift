import AssayHTTP
import AssayModel
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// A child in a process group of its own, watched by a thread of its own until it has ended.
///
/// The thread that starts the child lives as long as the child: a child may ask the kernel to be killed with its parent, and to
/// the kernel the parent is the thread. The child's standard input is a pipe that ends when this process does, however it does.
final class ChildProcess: Sendable {
    private struct State {
        var pid: pid_t = 0
        /// Write end of the child's standard input.
        var lifeline: CInt = -1
        var exit: String?
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    let output: OutputRing
    private let state = Mutex(State())

    private init(output: OutputRing) { self.output = output }

    deinit { kill() }

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - arguments: Path of the program, then its arguments.
    ///   - environment: All of its environment.
    ///   - output: Takes what it writes to standard output and error.
    /// - Returns: The running child.
    /// - Throws: `AssayError` "engine.start" when the system cannot start it.
    static func start(_ arguments: [String], environment: [String: String], output: OutputRing) async throws -> ChildProcess {
        let child = ChildProcess(output: output)
        try await withCheckedThrowingContinuation { (started: CheckedContinuation<Void, any Error>) in
            do {
                // Weak while it runs: dropping the last reference must end the child.
                try startThread { [weak child] in
                    guard let pipe = child.flatMap({ Self.spawn($0, arguments, environment, started) }) else { return }
                    watch(child?.pid ?? 0, pipe, output)
                    child?.ended()
                }
            } catch {
                started.resume(throwing: error)
            }
        }
        return child
    }

    /// Process id, also that of its group; 0 after it has ended.
    var pid: pid_t { state.withLock { $0.pid } }
    /// How it ended, nil while it runs.
    var exit: String? { state.withLock { $0.exit } }

    /// Ends the child and all of its group at once; harmless after its end.
    func kill() {
        state.withLock { state in
            // The group exists as long as its leader has not been waited for, which happens under this lock.
            if state.pid > 0 { _ = Glibc.kill(-state.pid, SIGKILL) }
            if state.lifeline >= 0 { close(state.lifeline) }
            state.lifeline = -1
        }
    }

    /// Waits until the child has ended.
    func waitForEnd() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.exit != nil { return true }
                state.waiters.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }
}

// MARK: on the child's thread
extension ChildProcess {
    /// Starts the program and answers `started`; returns the read end of its output.
    private static func spawn(
        _ child: ChildProcess,
        _ arguments: [String],
        _ environment: [String: String],
        _ started: CheckedContinuation<Void, any Error>
    ) -> CInt? {
        do {
            let spawned = try SpawnRequest(arguments: arguments, environment: environment).run()
            child.state.withLock { state in
                state.pid = spawned.pid
                state.lifeline = spawned.input
            }
            started.resume()
            return spawned.output
        } catch {
            started.resume(throwing: error)
            return nil
        }
    }

    /// Reads the output until the child has ended.
    private static func watch(_ pid: pid_t, _ pipe: CInt, _ ring: OutputRing) {
        defer { close(pipe) }
        var buffer = [UInt8](repeating: 0, count: 16_384)
        var isOpen = true
        while true {
            if isOpen {
                var entry = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
                // Once a second: the child may have ended while something it started holds the pipe.
                if unsafe poll(&entry, 1, 1000) > 0 {
                    let count = unsafe read(pipe, &buffer, buffer.count)
                    if count > 0 {
                        ring.append(buffer[..<count])
                        continue
                    }
                    isOpen = count < 0 && (errno == EINTR || errno == EAGAIN)
                }
            }
            var info = unsafe siginfo_t()
            // Leaves the child a zombie, so that its id and group stay taken until `ended`.
            let options = isOpen ? WEXITED | WNOWAIT | WNOHANG : WEXITED | WNOWAIT
            let status = unsafe waitid(P_PID, id_t(pid), &info, CInt(options))
            if unsafe status == 0 && info.si_signo == SIGCHLD { return }
            if status < 0 && errno != EINTR { return }
        }
    }

    private func ended() {
        let waiters = state.withLock { state in
            var status: CInt = 0
            _ = Glibc.kill(-state.pid, SIGKILL)
            unsafe waitpid(state.pid, &status, 0)
            let signal = status & 0x7f
            state.exit = signal == 0 ? "exit status \(status >> 8 & 0xff)" : "signal \(signal)"
            state.pid = 0
            if state.lifeline >= 0 { close(state.lifeline) }
            state.lifeline = -1
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}
