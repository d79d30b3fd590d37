import AssayModel
import FoundationEssentials

#if canImport(Glibc)
import Glibc
#endif

/// SHA-256 of a model file, remembered beside its size and time: hashing 100 MB on every start is slow.
struct ModelFingerprint: Codable, Equatable {
    var size: Int
    /// Modification time in nanoseconds since 1970.
    var modified: Int
    /// Number of the file in its file system.
    var inode: Int
    var sha256: String

    /// The digest of the file at `path`.
    ///
    /// - Parameters:
    ///   - path: The model.
    ///   - cache: Where a digest is remembered, nil to compute it always. A cache that cannot be read or written is no error.
    /// - Returns: 64 hexadecimal digits.
    /// - Throws: `AssayError` "engine.model" when the model cannot be read.
    static func sha256(of path: String, cache: String?) throws -> String {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw AssayError(
                "engine.model",
                "the model \(path) cannot be opened: \(systemMessage(errno))",
                remedy: "fetch it, or correct its path"
            )
        }
        defer { close(file) }
        var info = stat()
        guard unsafe fstat(file, &info) == 0, info.st_mode & S_IFMT == S_IFREG else {
            throw AssayError("engine.model", "the model \(path) is not a file")
        }
        var found = ModelFingerprint(
            size: Int(info.st_size),
            modified: Int(info.st_mtim.tv_sec) * 1_000_000_000 + Int(info.st_mtim.tv_nsec),
            inode: Int(info.st_ino),
            sha256: ""
        )
        if let known = cache.flatMap(read), known.sha256.utf8.count == 64 {
            found.sha256 = known.sha256
            if known == found { return known.sha256 }
        }
        found.sha256 = try digest(file, path)
        if let cache, let text = try? canonicalJSON(found) {
            try? Data((text + "\n").utf8).write(to: URL(filePath: cache), options: .atomic)
        }
        return found.sha256
    }

    private static func read(_ path: String) -> ModelFingerprint? {
        guard let data = try? Data(contentsOf: URL(filePath: path)) else { return nil }
        return try? JSONDecoder().decode(ModelFingerprint.self, from: data)
    }

    private static func digest(_ file: CInt, _ path: String) throws -> String {
        var digest = SHA256()
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = unsafe Glibc.read(file, &buffer, buffer.count)
            guard count >= 0 else {
                throw AssayError("engine.model", "the model \(path) cannot be read: \(systemMessage(errno))")
            }
            if count == 0 { break }
            digest.update(buffer[..<count])
        }
        return SHA256.hexadecimal(digest.finalize())
    }
}
