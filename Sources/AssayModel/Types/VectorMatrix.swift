#if canImport(Glibc)
import Glibc
#endif

/// Read-only rows of single-precision numbers, in memory or mapped from a file.
@safe public final class VectorMatrix: Sendable {
    /// Numbers in a row.
    public let dimension: Int
    /// Number of rows.
    public let count: Int
    // Immutable memory that this object owns until `deinit`: safe to read from every thread.
    nonisolated(unsafe) private let base: UnsafePointer<Float>
    nonisolated(unsafe) private let mapping: (address: UnsafeMutableRawPointer, length: Int)?

    /// Copies `values`, row after row; their number is a multiple of `dimension`.
    public init(_ values: [Float], dimension: Int) {
        precondition(dimension > 0 && values.count % dimension == 0, "values must fill whole rows")
        let copy = UnsafeMutablePointer<Float>.allocate(capacity: max(1, values.count))
        unsafe values.withUnsafeBufferPointer {
            if let source = $0.baseAddress { unsafe copy.initialize(from: source, count: values.count) }
        }
        unsafe base = unsafe UnsafePointer(copy)
        unsafe mapping = nil
        self.dimension = dimension
        count = values.count / dimension
    }

    /// Maps `count` rows of a file that starts with row 0 at byte `offset`.
    ///
    /// - Parameters:
    ///   - path: The file; native byte order.
    ///   - offset: Bytes before row 0, a multiple of 4.
    ///   - dimension: Numbers in a row.
    ///   - count: Rows to map; the file holds at least that many.
    /// - Throws: `AssayError` "vectors.map" when the file is missing or too short.
    public init(mapping path: String, offset: Int, dimension: Int, count: Int) throws {
        let length = offset + count * dimension * MemoryLayout<Float>.size
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw AssayError("vectors.map", "cannot open the vector file \(path): \(systemMessage(errno))")
        }
        defer { close(file) }
        let size = Int(lseek(file, 0, SEEK_END))
        guard size >= length else {
            throw AssayError("vectors.map", "the vector file \(path) has \(size) bytes, \(length) are needed")
        }
        guard length > 0, let address = unsafe mmap(nil, length, PROT_READ, MAP_SHARED, file, 0),
            unsafe address != MAP_FAILED
        else {
            throw AssayError("vectors.map", "cannot map the vector file \(path): \(systemMessage(errno))")
        }
        unsafe base = unsafe UnsafePointer((address + offset).assumingMemoryBound(to: Float.self))
        unsafe mapping = unsafe (address, length)
        self.dimension = dimension
        self.count = count
    }

    deinit {
        if let mapping = unsafe mapping {
            unsafe munmap(mapping.address, mapping.length)
        } else {
            unsafe base.deallocate()
        }
    }

    /// Calls `body` with all numbers, row after row; the buffer is valid only during the call.
    public func withUnsafeValues<Result>(_ body: (UnsafeBufferPointer<Float>) throws -> Result) rethrows -> Result {
        try unsafe body(UnsafeBufferPointer(start: base, count: count * dimension))
    }

    /// A copy of one row.
    public func row(_ index: Int) -> [Float] {
        precondition(index >= 0 && index < count, "row out of range")
        return unsafe Array(UnsafeBufferPointer(start: base + index * dimension, count: dimension))
    }
}

/// The system's text for an `errno` value.
public func systemMessage(_ code: Int32) -> String {
    guard let text = unsafe strerror(code) else { return "error \(code)" }
    return unsafe String(cString: text)
}
