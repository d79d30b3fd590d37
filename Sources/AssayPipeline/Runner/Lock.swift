import AssayModel
import AssayStore
import FoundationEssentials
import Glibc

/// An advisory lock on a file of the workspace; the system frees it when the process ends, however it ends.
final class Lock: Sendable {
    private let file: Int32

    /// Takes the lock at once or says who holds it.
    ///
    /// - Parameters:
    ///   - name: What is locked, for example `index-1a2b`.
    ///   - workspace: The workspace.
    ///   - doing: What for, for example `build the index`; said to others that want the lock.
    /// - Throws: `AssayError` "lock.held" naming the holder.
    init(_ name: String, in workspace: Workspace, doing: String) throws {
        let path = "\(workspace.locks)/\(name).lock"
        let file = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw AssayError("lock.file", "cannot open \(path): \(systemMessage(errno))") }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let holder = FileManager.default.contents(atPath: path).map {
                String(decoding: $0.prefix(200), as: UTF8.self)
            }
            close(file)
            throw AssayError(
                "lock.held",
                "cannot \(doing): \(holder ?? "another process") holds the lock \(name)",
                remedy: "wait for it to end, or end it"
            )
        }
        self.file = file
        let line = Array("process \(getpid()) (to \(doing))".utf8)
        ftruncate(file, 0)
        _ = unsafe line.withUnsafeBytes { unsafe pwrite(file, $0.baseAddress, $0.count, 0) }
    }

    deinit {
        ftruncate(file, 0)
        close(file)
    }
}
