import Glibc

/// A child process for tests.
///
/// Foundation's `Process` learns of a child's end through a socket that other children inherit: while tests start processes side by side,
/// it waits for the wrong ones. This one asks the system for its own child alone.
package struct ChildCommand: Sendable {
    /// Process id.
    package let processID: Int32

    /// Starts a command.
    ///
    /// - Parameters:
    ///   - arguments: Program, searched in PATH, and its arguments.
    ///   - folder: Where it runs.
    ///   - output: File that takes its standard output.
    ///   - errors: File that takes its standard error.
    ///   - environment: Variables as `NAME=value`, added to this process's.
    /// - Throws: `ChildCommandError` when it cannot be started.
    package init(
        _ arguments: [String],
        in folder: String,
        output: String,
        errors: String,
        environment: [String] = []
    ) throws {
        // `env` changes folder and variables, so that nothing of this process is changed.
        let all = ["env", "--chdir=\(folder)"] + environment + arguments
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        var pointers: [UnsafeMutablePointer<CChar>?] = unsafe all.map { unsafe strdup($0) }
        unsafe pointers.append(nil)
        defer { for index in unsafe pointers.indices { unsafe free(pointers[index]) } }
        var child: pid_t = 0
        let status = unsafe posix_spawnp(&child, "env", &actions, nil, pointers, environ)
        guard status == 0 else { throw ChildCommandError(status: status) }
        processID = child
    }

    /// Waits for the end; blocks.
    ///
    /// - Returns: The exit status, or the negative number of the signal that ended it.
    package func wait() -> Int32 {
        var status: Int32 = 0
        while unsafe waitpid(processID, &status, 0) < 0 && errno == EINTR {}
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : -(status & 0x7F)
    }

    /// Whether it still runs; does not take its status away.
    package var isRunning: Bool {
        var information = unsafe siginfo_t()
        let status = unsafe waitid(P_PID, id_t(processID), &information, WEXITED | WNOHANG | WNOWAIT)
        return unsafe status == 0 && information._sifields._sigchld.si_pid == 0
    }

    /// Sends a signal.
    package func send(_ signal: Int32) {
        kill(processID, signal)
    }
}

/// Why a child could not be started.
package struct ChildCommandError: Error {
    /// The system's error number.
    package let status: Int32
}
