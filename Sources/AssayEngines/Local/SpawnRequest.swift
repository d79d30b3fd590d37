import AssayModel

#if canImport(Glibc)
import Glibc
#endif

/// One call of `posix_spawn`: a process group of its own, clean signals, pipes for input and output, nothing else open.
struct SpawnRequest {
    var arguments: [String]
    var environment: [String: String]

    /// Starts the program.
    ///
    /// - Returns: Its id, the write end of its input and the read end of its output and error.
    /// - Throws: `AssayError` "engine.start".
    func run() throws -> (pid: pid_t, input: CInt, output: CInt) {
        let input = try Pipe()
        let output: Pipe
        do {
            output = try Pipe()
        } catch {
            input.closeBoth()
            throw error
        }
        var pid: pid_t = 0
        let status = spawn(&pid, input: input.readEnd, output: output.writeEnd)
        close(input.readEnd)
        close(output.writeEnd)
        guard status == 0 else {
            close(input.writeEnd)
            close(output.readEnd)
            throw AssayError("engine.start", "cannot start \(arguments[0]): \(systemMessage(status))")
        }
        return (pid, input.writeEnd, output.readEnd)
    }

    private func spawn(_ pid: inout pid_t, input: CInt, output: CInt) -> CInt {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, input, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 2)
        // Whatever was opened without close-on-exec stays out of the child; closing what is not open is no error here.
        for file in CInt(3)..<1024 { unsafe posix_spawn_file_actions_addclose(&actions, file) }

        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        unsafe sigemptyset(&none)
        unsafe sigfillset(&all)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &all)
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        unsafe posix_spawnattr_setflags(&attributes, Int16(flags))

        let variables = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return unsafe withCStrings(arguments) { argv in
            unsafe withCStrings(variables) { envp in
                unsafe posix_spawn(&pid, arguments[0], &actions, &attributes, argv, envp)
            }
        }
    }
}

private struct Pipe {
    let readEnd: CInt
    let writeEnd: CInt

    init() throws {
        var ends: [CInt] = [-1, -1]
        // Not atomic with close-on-exec, as pipe2 would be; children of this program close all that they are not given.
        guard unsafe pipe(&ends) == 0 else {
            throw AssayError("engine.start", "cannot make a pipe: \(systemMessage(errno))")
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (readEnd, writeEnd) = (ends[0], ends[1])
    }

    func closeBoth() {
        close(readEnd)
        close(writeEnd)
    }
}

/// Calls `body` with `texts` as a C array of strings that ends in NULL.
private func withCStrings<Result>(
    _ texts: [String],
    _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var pointers = unsafe texts.map { unsafe strdup($0) }
    unsafe pointers.append(nil)
    defer { for index in unsafe pointers.indices { unsafe free(pointers[index]) } }
    return unsafe pointers.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { preconditionFailure("the array holds at least its end") }
        return unsafe body(base)
    }
}
