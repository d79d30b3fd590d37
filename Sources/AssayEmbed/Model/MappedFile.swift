import AssayModel

#if canImport(Glibc)
import Glibc
#endif

/// A file mapped into memory for reading.
///
/// The file must not be shortened while it is mapped; model files are written once and renamed into place.
@safe final class MappedFile: Sendable {
    let path: String
    let count: Int
    // Read-only memory that this object owns until `deinit`: safe to read from every thread.
    nonisolated(unsafe) private let address: UnsafeMutableRawPointer?

    /// Maps `path`; refuses what is not a plain file or has more than `limit` bytes.
    init(_ path: String, limit: Int) throws {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw AssayError("model.file", "cannot open \(path): \(systemMessage(errno))")
        }
        defer { close(file) }
        var status = stat()
        guard unsafe fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw AssayError("model.file", "\(path) is not a plain file")
        }
        let size = Int(status.st_size)
        guard size <= limit else {
            throw AssayError("model.file", "\(path) has \(size) bytes; at most \(limit) are allowed")
        }
        self.path = path
        count = size
        guard size > 0 else {
            unsafe address = nil
            return
        }
        let mapped = unsafe mmap(nil, size, PROT_READ, MAP_PRIVATE, file, 0)
        guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else {
            throw AssayError("model.file", "cannot map \(path): \(systemMessage(errno))")
        }
        unsafe address = unsafe mapped
    }

    deinit {
        if let address = unsafe address { unsafe munmap(address, count) }
    }

    /// All bytes; valid as long as this object.
    var bytes: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: address, count: count) }

    /// The whole file as text; bytes that are not UTF-8 are repaired.
    var text: String { unsafe String(decoding: bytes, as: UTF8.self) }

    /// A JSON file of a model folder, at most 1 MiB.
    static func json(_ path: String) throws -> JSONValue {
        let file = try MappedFile(path, limit: 1 << 20)
        do {
            return try JSONValue(parsing: file.text)
        } catch {
            throw AssayError("model.json", "\(path) is not JSON", remedy: "fetch the model again")
        }
    }

    /// The same, nil when there is no such file.
    static func jsonIfPresent(_ path: String) throws -> JSONValue? {
        unsafe access(path, F_OK) == 0 ? try json(path) : nil
    }
}
