package import AssayModel
import Glibc

/// Reads a file line by line in bounded memory.
///
/// A line ends at LF or CR LF; a byte order mark at the start is passed over.
package struct LineReader: ~Copyable {
    private let file: InputFile
    private let limit: Int
    private var buffer: [UInt8] = []
    private var start = 0
    private var isAtEnd = false
    /// Number of the line that `next` returned last, from 1.
    package private(set) var line = 0

    /// Opens a file.
    ///
    /// - Parameters:
    ///   - path: Path on this machine.
    ///   - limit: Most bytes of one line.
    /// - Throws: `AssayError` when the file cannot be opened.
    package init(opening path: String, limit: Int = 64 << 20) throws {
        file = try InputFile(opening: path)
        self.limit = limit
    }

    /// Where `next` stands.
    package var place: Place { Place(file: file.path, line: line) }

    /// The bytes of the next line without its end, nil after the last one.
    ///
    /// - Returns: The line.
    /// - Throws: `AssayError` when the file cannot be read or the line is too long.
    package mutating func next() throws -> ArraySlice<UInt8>? {
        var searched = start
        while true {
            if let end = newline(from: searched) {
                let found = start..<end
                start = end + 1
                return take(found)
            }
            if isAtEnd {
                guard start < buffer.count else { return nil }
                let rest = start..<buffer.count
                start = buffer.count
                return take(rest)
            }
            guard buffer.count - start <= limit else {
                line += 1
                throw AssayError("corpus.too-large", "the line is over the limit of \(limit) bytes", at: place)
            }
            if start > 0 { buffer.removeSubrange(..<start) }
            start = 0
            searched = buffer.count
            let piece = try file.readPiece(1 << 18)
            isAtEnd = piece.isEmpty
            buffer.append(contentsOf: piece)
        }
    }

    private mutating func take(_ range: Range<Int>) -> ArraySlice<UInt8> {
        line += 1
        var found = buffer[range]
        if found.last == 0x0D { found = found.dropLast() }
        if line == 1, found.starts(with: [0xEF, 0xBB, 0xBF]) { found = found.dropFirst(3) }
        return found
    }

    private func newline(from position: Int) -> Int? {
        unsafe buffer.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, position < bytes.count,
                let found = unsafe memchr(base + position, 0x0A, bytes.count - position)
            else { return nil }
            return unsafe UnsafeRawPointer(found) - base
        }
    }
}
