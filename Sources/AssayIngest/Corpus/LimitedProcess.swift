import AssayModel
import Glibc
import Synchronization

/// Runs a program that reads untrusted input, with limits on time, processor time, memory and output.
///
/// The program leads a process group of its own, gets no descriptor but its three streams and nothing of this process's
/// environment, and is always killed and waited for. The call blocks; don't make it on the cooperative pool.
struct LimitedProcess {
    /// What the program may use.
    struct Limits {
        /// Wall time in seconds; the processor time is limited to the same.
        var seconds: Int
        /// Address space in mebibytes.
        var memory: Int
        /// Bytes on standard output.
        var output: Int
    }

    /// How a program ended.
    enum End: Equatable {
        case exit(Int32)
        case signal(Int32)
        case timeout
        case tooMuchOutput
    }

    /// What a program left.
    struct Result {
        var end: End
        var output: [UInt8]
        /// The first 64 KiB of standard error.
        var errors: [UInt8]
    }

    /// Path of the program.
    var program: String
    /// Its arguments without its name.
    var arguments: [String]
    /// What it may use.
    var limits: Limits

    /// Finds a program in the folders of `PATH`.
    ///
    /// - Parameter name: The file name.
    /// - Returns: Its path, nil when there is none that can be run.
    static func find(_ name: String) -> String? {
        let path = unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
        return path.split(separator: ":").map { "\($0)/\(name)" }
            .first { candidate in unsafe access(candidate, X_OK) == 0 }
    }

    /// Runs the program to its end.
    ///
    /// - Returns: How it ended and what it wrote.
    /// - Throws: `AssayError` "process.start" when it cannot be started.
    func run() throws -> Result {
        let (process, output, errors) = try Self.starting.withLock { _ in
            let output = try Pipe()
            let errors = try Pipe()
            let process = try spawn(output: output.writing, errors: errors.writing)
            output.closeWriting()
            errors.closeWriting()
            return (process, output, errors)
        }
        defer {
            output.close()
            errors.close()
        }
        var collector = Collector(limits: limits, output: output.reading, errors: errors.reading)
        let early = collector.collect()
        return Result(
            end: wait(process, early, until: collector.deadline),
            output: collector.output,
            errors: collector.errors
        )
    }

    /// Held from making the pipes to closing their far ends, or a program started meanwhile would keep them open.
    private static let starting = Mutex<Void>(())

    /// Starts the program through `sh`, whose `ulimit` sets what `posix_spawn` has no attribute for.
    private func spawn(output: Int32, errors: Int32) throws -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawnattr_init(&attributes)
        defer {
            unsafe posix_spawn_file_actions_destroy(&actions)
            unsafe posix_spawnattr_destroy(&attributes)
        }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, errors, 2)
        for descriptor in openDescriptors() where descriptor > 2 {
            unsafe posix_spawn_file_actions_addclose(&actions, descriptor)
        }
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe sigfillset(&signals)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        unsafe posix_spawnattr_setflags(&attributes, Int16(flags))
        let script = "ulimit -c 0; ulimit -t \(limits.seconds) && ulimit -v \(limits.memory * 1024) && exec \"$@\""
        var process: pid_t = 0
        let status = unsafe withCStrings(["sh", "-c", script, "sh", program] + arguments) { list in
            unsafe withCStrings(["PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8"]) { environment in
                unsafe posix_spawn(&process, "/bin/sh", &actions, &attributes, list, environment)
            }
        }
        guard status == 0 else {
            throw AssayError("process.start", "cannot start \(program): \(systemMessage(status))")
        }
        return process
    }

    /// Waits for the program, killing its group when it has passed a limit or the deadline.
    private func wait(_ process: pid_t, _ early: End?, until deadline: ContinuousClock.Instant) -> End {
        var end = early
        // Its streams are closed, so it is about to end; a program that lives on without them is stopped.
        while end == nil, !hasEnded(process) {
            if ContinuousClock.now >= deadline { end = .timeout } else { usleep(500) }
        }
        // What it may have started must not outlive it. The group's number is ours until the program is waited for.
        kill(-process, SIGKILL)
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        return end ?? (signal == 0 ? .exit(status >> 8 & 0xFF) : .signal(signal))
    }

    /// Whether the program has ended, without taking its number from it.
    private func hasEnded(_ process: pid_t) -> Bool {
        var info = unsafe siginfo_t()
        let status = unsafe waitid(P_PID, id_t(process), &info, WEXITED | WNOHANG | WNOWAIT)
        return unsafe status != 0 || info.si_signo != 0
    }
}

/// The descriptors of this process, of which none but the streams is the program's business.
private func openDescriptors() -> [Int32] {
    guard let folder = unsafe opendir("/proc/self/fd") else { return [] }
    defer { unsafe _ = closedir(folder) }
    var found: [Int32] = []
    while let entry = unsafe readdir(folder) {
        if let number = unsafe Int32(fileName(of: entry) ?? "") { found.append(number) }
    }
    return found
}

/// The name of a folder's entry, nil when it is not UTF-8.
func fileName(of entry: UnsafeMutablePointer<dirent>) -> String? {
    unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}

/// A pipe that programs started later do not get.
private struct Pipe {
    let reading: Int32
    let writing: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else {
            throw AssayError("process.start", "cannot make a pipe: \(systemMessage(errno))")
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        reading = ends[0]
        writing = ends[1]
    }

    func closeWriting() { Glibc.close(writing) }

    func close() { Glibc.close(reading) }
}

/// Reads two streams of a program at once until both end, a limit or the deadline.
private struct Collector {
    private(set) var output: [UInt8] = []
    private(set) var errors: [UInt8] = []
    let deadline: ContinuousClock.Instant
    private let limit: Int
    private var streams: [pollfd]
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)

    init(limits: LimitedProcess.Limits, output: Int32, errors: Int32) {
        deadline = .now + .seconds(limits.seconds)
        limit = limits.output
        streams = [
            pollfd(fd: output, events: Int16(POLLIN), revents: 0),
            pollfd(fd: errors, events: Int16(POLLIN), revents: 0),
        ]
    }

    /// Reads on; returns the limit that was passed, nil when both streams ended.
    mutating func collect() -> LimitedProcess.End? {
        while streams.contains(where: { $0.fd >= 0 }) {
            let left = deadline - .now
            guard left > .zero else { return .timeout }
            let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
            let ready = unsafe poll(&streams, nfds_t(streams.count), Int32(min(milliseconds + 1, 60_000)))
            if ready <= 0 { continue }
            for index in streams.indices where streams[index].fd >= 0 && streams[index].revents != 0 {
                let count = unsafe read(streams[index].fd, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                if count <= 0 {
                    streams[index].fd = -1
                } else if index == 0 {
                    output.append(contentsOf: buffer[..<count])
                    if output.count > limit { return .tooMuchOutput }
                } else if errors.count < 1 << 16 {
                    errors.append(contentsOf: buffer[..<count])
                }
            }
        }
        return nil
    }
}

/// Calls `body` with a null-terminated list of C strings.
private func withCStrings<Result>(
    _ strings: [String],
    _ body: ([UnsafeMutablePointer<CChar>?]) throws -> Result
) rethrows -> Result {
    var list = unsafe strings.map { unsafe strdup($0) }
    unsafe list.append(nil)
    defer { for index in unsafe list.indices { unsafe free(list[index]) } }
    return try unsafe body(list)
}
