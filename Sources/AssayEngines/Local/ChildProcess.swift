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
/// Dropping the last reference kills the child.
final class ChildProcess: Sendable {
    let output: OutputRing
    private let status: ChildStatus

    private init(_ status: ChildStatus, output: OutputRing) {
        self.status = status
        self.output = output
    }

    deinit { kill() }

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - arguments: Path of the program, then its arguments.
    ///   - environment: All of its environment.
    ///   - output: Takes what it writes to standard output and error.
    /// - Returns: The running child.
    /// - Throws: `AssayError` "engine.start" when the system cannot start it.
    static func start(
        _ arguments: [String],
        environment: [String: String],
        output: OutputRing
    ) async throws -> ChildProcess {
        let status = ChildStatus()
        try await withCheckedThrowingContinuation { (started: CheckedContinuation<Void, any Error>) in
            do {
                try startThread {
                    do {
                        let spawned = try SpawnRequest(arguments: arguments, environment: environment).run()
                        status.began(spawned.pid, lifeline: spawned.input)
                        started.resume()
                        watch(spawned.pid, spawned.output, output)
                        status.ended()
                    } catch {
                        started.resume(throwing: error)
                    }
                }
            } catch {
                started.resume(throwing: error)
            }
        }
        return ChildProcess(status, output: output)
    }

    /// Process id, also that of its group; 0 after it has ended.
    var pid: pid_t { status.pid }
    /// How it ended, nil while it runs.
    var exit: String? { status.exit }
    /// Ends the child and all of its group at once; harmless after its end.
    func kill() { status.kill() }
    /// Ends the child's standard input, which is what happens when this process dies.
    func closeLifeline() { status.closeLifeline() }
    /// Waits until the child has ended.
    func waitForEnd() async { await status.waitForEnd() }

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
}

/// What a child's handle and its thread share.
private final class ChildStatus: Sendable {
    private struct State {
        var pid: pid_t = 0
        /// Write end of the child's standard input.
        var lifeline: CInt = -1
        var exit: String?
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    var pid: pid_t { state.withLock { $0.pid } }
    var exit: String? { state.withLock { $0.exit } }

    func began(_ pid: pid_t, lifeline: CInt) {
        state.withLock { state in
            state.pid = pid
            state.lifeline = lifeline
        }
    }

    func kill() {
        // The group exists as long as its leader has not been waited for, which happens under this lock.
        state.withLock { state in
            if state.pid > 0 { _ = Glibc.kill(-state.pid, SIGKILL) }
        }
        closeLifeline()
    }

    func closeLifeline() {
        state.withLock { state in
            if state.lifeline >= 0 { close(state.lifeline) }
            state.lifeline = -1
        }
    }

    func ended() {
        closeLifeline()
        let waiters = state.withLock { state in
            var status: CInt = 0
            _ = Glibc.kill(-state.pid, SIGKILL)
            unsafe waitpid(state.pid, &status, 0)
            let signal = status & 0x7f
            state.exit = signal == 0 ? "exit status \(status >> 8 & 0xff)" : "signal \(signal)"
            state.pid = 0
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

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
