import AssayModel

#if canImport(Glibc)
import Glibc
#endif

/// Writes the sections of an index file one after the other and the header last.
struct IndexFileWriter: ~Copyable {
    private static let bufferBytes = 1 << 18

    private let path: String
    private let file: Int32
    private var position = IndexLayout.headerBytes
    private var buffer: [UInt8] = []
    private var checksum = XXHash64()

    /// - Throws: `AssayError` "index.write".
    init(_ path: String) throws {
        self.path = path
        file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else {
            throw AssayError("index.write", "cannot create the index file \(path): \(systemMessage(errno))")
        }
        buffer.reserveCapacity(Self.bufferBytes + 4_096)
        try writeThrough(
            unsafe [UInt8](repeating: 0, count: IndexLayout.headerBytes).withUnsafeBytes { unsafe Array($0) }
        )
    }

    deinit { close(file) }

    /// Fills with zeros up to the start of a section.
    mutating func seek(to start: Int) throws {
        precondition(start >= position, "sections overlap")
        while position < start {
            buffer.append(0)
            position += 1
        }
    }

    /// Adds the bytes of a number or of a record without padding.
    mutating func append<T: BitwiseCopyable>(_ value: T) throws {
        unsafe withUnsafeBytes(of: value) { unsafe buffer.append(contentsOf: $0) }
        position += MemoryLayout<T>.size
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    /// Adds a run of numbers.
    mutating func append<T: BitwiseCopyable>(contentsOf values: UnsafeBufferPointer<T>) throws {
        unsafe buffer.append(contentsOf: UnsafeRawBufferPointer(values))
        position += values.count * MemoryLayout<T>.size
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    /// Fills up to the file's end, writes the header, and waits until all is on the disk.
    mutating func finish(_ layout: IndexLayout) throws {
        try seek(to: layout.fileBytes)
        try flush()
        let header = layout.header(bodyChecksum: checksum.finalize())
        checksum = XXHash64()
        let written = unsafe header.withUnsafeBytes { unsafe pwrite(file, $0.baseAddress, $0.count, 0) }
        guard written == IndexLayout.headerBytes, fsync(file) == 0 else { throw failure() }
    }

    private mutating func flush() throws {
        unsafe buffer.withUnsafeBytes { unsafe checksum.update($0) }
        try writeThrough(buffer)
        buffer.removeAll(keepingCapacity: true)
    }

    private func writeThrough(_ bytes: [UInt8]) throws {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { all in
                guard let start = all.baseAddress else { return 0 }
                return unsafe write(file, start + done, all.count - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure() }
            done += count
        }
    }

    private func failure() -> AssayError {
        AssayError("index.write", "cannot write the index file \(path): \(systemMessage(errno))")
    }
}
