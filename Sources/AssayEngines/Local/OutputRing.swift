import AssayModel
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// The last output of a child process, and a log file that stops at a size.
final class OutputRing: Sendable {
    /// Bytes kept in memory.
    static let capacity = 32 << 10
    /// Bytes that the log file may have.
    static let maxLogBytes = 16 << 20

    private struct State {
        var bytes: [UInt8] = []
        var logged = 0
    }

    private let state = Mutex(State())
    private let log: CInt

    /// Opens the log file anew; a file that cannot be written is left out.
    init(logPath: String?) {
        log = logPath.map { unsafe open($0, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600) } ?? -1
    }

    deinit {
        if log >= 0 { close(log) }
    }

    func append(_ bytes: ArraySlice<UInt8>) {
        state.withLock { state in
            state.bytes.append(contentsOf: bytes)
            if state.bytes.count > Self.capacity { state.bytes.removeFirst(state.bytes.count - Self.capacity) }
            guard log >= 0, state.logged < Self.maxLogBytes else { return }
            state.logged += bytes.count
            _ = unsafe bytes.withUnsafeBytes { unsafe write(log, $0.baseAddress, $0.count) }
        }
    }

    /// The last `count` lines that hold something, without control characters and of 200 characters at most.
    func lastLines(_ count: Int) -> [String] {
        let text = state.withLock { String(decoding: $0.bytes, as: UTF8.self) }
        let lines = text.split(whereSeparator: \.isNewline).map { line in
            String(
                String.UnicodeScalarView(line.unicodeScalars.prefix(200).filter { $0.value >= 32 && $0.value != 127 })
            )
        }
        return lines.filter { line in line.contains { !$0.isWhitespace } }.suffix(count)
    }
}
