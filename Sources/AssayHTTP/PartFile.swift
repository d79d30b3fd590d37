import AssayModel

#if canImport(Glibc)
import Glibc
#endif

/// The file that a download grows in; one process at a time holds it.
final class PartFile: Sendable {
    private let path: String
    private let file: CInt

    /// Opens or makes the file and locks it.
    init(_ path: String) throws {
        self.path = path
        file = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard file >= 0 else {
            throw AssayError("download.file", "cannot write \(path): \(systemMessage(errno))")
        }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            close(file)
            throw AssayError("download.busy", "another download writes \(path)", remedy: "wait for it to finish")
        }
    }

    deinit { close(file) }

    /// Bytes that are there.
    var size: Int { max(0, Int(lseek(file, 0, SEEK_END))) }

    func truncate(to length: Int) throws {
        guard ftruncate(file, off_t(length)) == 0 else { throw failure("shorten") }
    }

    func write(_ bytes: [UInt8], at position: Int) throws {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes[done...].withUnsafeBytes {
                unsafe pwrite(file, $0.baseAddress, $0.count, off_t(position + done))
            }
            guard count > 0 else { throw failure("write") }
            done += count
        }
    }

    func digest() throws -> String {
        var digest = SHA256()
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var position = 0
        while true {
            let count = unsafe pread(file, &buffer, buffer.count, off_t(position))
            guard count >= 0 else { throw failure("read") }
            if count == 0 { break }
            digest.update(buffer[..<count])
            position += count
        }
        return SHA256.hexadecimal(digest.finalize())
    }

    /// Gives the file its final name, with its bytes safely on the disk.
    func move(to final: String) throws {
        guard fsync(file) == 0, unsafe rename(path, final) == 0 else { throw failure("finish") }
        let slash = final.lastIndex(of: "/")
        let folder = slash.map { $0 == final.startIndex ? "/" : String(final[..<$0]) } ?? "."
        let directory = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if directory >= 0 {
            fsync(directory)
            close(directory)
        }
    }

    private func failure(_ verb: String) -> AssayError {
        AssayError("download.file", "cannot \(verb) \(path): \(systemMessage(errno))")
    }
}
