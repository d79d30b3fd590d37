import AssayModel
import FoundationEssentials

#if canImport(Glibc)
import Glibc
#endif

/// A file that grows line by line: what is appended is kept whatever happens later.
final class LineFile {
    private let path: String
    private let file: CInt

    init(_ path: String) throws {
        self.path = path
        file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw AssayError("file.write", "cannot write \(path)") }
    }

    deinit { close(file) }

    func append(_ line: Data) throws {
        let bytes = Array(line) + [UInt8(ascii: "\n")]
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes[done...].withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw AssayError("file.write", "cannot write \(path)") }
            done += count
        }
    }
}
