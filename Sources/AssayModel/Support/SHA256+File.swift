import Glibc

extension SHA256 {
    /// The digest of a file's bytes in lower-case hexadecimal, read in pieces of 1 MiB; blocks.
    ///
    /// - Parameter path: The file.
    /// - Returns: 64 hexadecimal digits.
    /// - Throws: `AssayError` "file.read" with the system's reason.
    public static func hex(file path: String) throws -> String {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw AssayError("file.read", "cannot open \(path): \(systemMessage(errno))") }
        defer { close(file) }
        var digest = SHA256()
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(file, $0.baseAddress, $0.count) }
            guard count >= 0 else { throw AssayError("file.read", "cannot read \(path): \(systemMessage(errno))") }
            if count == 0 { return hexadecimal(digest.finalize()) }
            digest.update(buffer[..<count])
        }
    }
}
