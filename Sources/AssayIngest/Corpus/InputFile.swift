import AssayModel
import Glibc

/// An open regular file that is read from front to back.
///
/// Opening never waits (a pipe or device is refused), and the descriptor is closed when the value goes away.
package struct InputFile: ~Copyable {
    /// The path as it was given, for messages.
    package let path: String
    /// Size in bytes at the time of opening.
    package let size: Int
    private let descriptor: Int32

    /// Opens the regular file at `path`.
    ///
    /// - Parameter path: Path on this machine.
    /// - Throws: `AssayError` "corpus.vanished", "corpus.unreadable" or "corpus.not-a-file", with the path.
    package init(opening path: String) throws {
        let opened = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard opened >= 0 else { throw Self.failure(errno, path: path) }
        var status = stat()
        guard unsafe fstat(opened, &status) == 0 else {
            let code = errno
            close(opened)
            throw Self.failure(code, path: path)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(opened)
            throw AssayError("corpus.not-a-file", "this is not a regular file", at: Place(file: path))
        }
        self.path = path
        size = Int(status.st_size)
        descriptor = opened
    }

    deinit { close(descriptor) }

    /// Reads the next bytes into `buffer`.
    ///
    /// - Parameter buffer: Where the bytes go; at least one byte long.
    /// - Returns: The number of bytes read, 0 at the end of the file.
    /// - Throws: `AssayError` "corpus.unreadable".
    borrowing func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while true {
            let count = unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            if errno != EINTR { throw Self.failure(errno, path: path) }
        }
    }

    /// Reads the whole rest of the file.
    ///
    /// - Parameter limit: Most bytes to accept; the file may grow while it is read.
    /// - Returns: The bytes.
    /// - Throws: `AssayError` "corpus.too-large" or "corpus.unreadable".
    package borrowing func readAll(limit: Int) throws -> [UInt8] {
        // One byte more than expected shows whether the file has grown; then it is read on in pieces.
        var bytes = try readPiece(min(size, limit) + 1)
        var isGrowing = bytes.count > size
        while isGrowing, bytes.count <= limit {
            let piece = try readPiece(min(1 << 20, limit + 1 - bytes.count))
            bytes.append(contentsOf: piece)
            isGrowing = !piece.isEmpty
        }
        guard bytes.count <= limit else {
            throw AssayError("corpus.too-large", "the file is over the limit of \(limit) bytes", at: Place(file: path))
        }
        return bytes
    }

    /// The next `count` bytes, fewer only at the end of the file.
    borrowing func readPiece(_ count: Int) throws -> [UInt8] {
        unsafe try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let rest = unsafe UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...]
                )
                let more = try unsafe read(into: rest)
                if more == 0 { return }
                filled += more
            }
        }
    }

    /// The error for a failed call on `path`.
    static func failure(_ code: Int32, path: String) -> AssayError {
        switch code {
        case ENOENT, ENOTDIR:
            AssayError("corpus.vanished", "there is no such file any more", at: Place(file: path))
        case EACCES, EPERM:
            AssayError(
                "corpus.unreadable",
                "no permission to read the file",
                at: Place(file: path),
                remedy: "check its owner and mode"
            )
        case ELOOP:
            AssayError("corpus.symlink-loop", "the symbolic link leads to itself", at: Place(file: path))
        default:
            AssayError("corpus.unreadable", "cannot read the file: \(systemMessage(code))", at: Place(file: path))
        }
    }
}

/// What the system says about error number `code`.
func systemMessage(_ code: Int32) -> String {
    unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
}
