import AssayModel

#if canImport(Glibc)
import Glibc
#endif

/// An index file of `InvertedIndexBuilder`, mapped into memory: immutable, for any number of threads.
///
/// Opening checks header, sizes and document lengths; what a search reads is checked while it is read, so that a damaged file gives
/// "index.damaged" or wrong scores but never reads outside the file. Only `verify()` finds every damage. The file must not be
/// shortened while it is open.
@safe public final class InvertedIndexSegment: Sendable {
    /// Documents in the file, deleted ones included.
    public let documentCount: Int
    /// Sum of the lengths of all documents, in terms.
    public let totalLength: Int
    /// `LexicalOptions.analysisIdentity` of the builder.
    public let analysisIdentity: String
    /// The file, for messages.
    public let path: String

    let layout: IndexLayout
    /// Distinct document lengths, ascending.
    let distinctLengths: [Int]
    let bodyChecksum: UInt64
    // Immutable memory that this object owns until `deinit`: safe to read from every thread.
    nonisolated(unsafe) private let file: UnsafeRawBufferPointer
    /// Length code of each document, filled up to whole windows; all are below `distinctLengths.count`.
    nonisolated(unsafe) let codes: UnsafeMutablePointer<UInt16>

    /// Opens a file.
    ///
    /// - Parameter path: The file.
    /// - Throws: `AssayError` "index.missing" when it cannot be opened, "index.damaged" when it is not what it should be.
    public init(_ path: String) throws {
        self.path = path
        let mapped = try unsafe MappedFile.map(path)
        do {
            let opened = try unsafe Self.read(mapped)
            layout = opened.layout
            bodyChecksum = opened.checksum
            documentCount = layout.documents
            totalLength = layout.totalLength
            analysisIdentity = opened.identity
            distinctLengths = opened.lengths
            unsafe codes = try Self.codes(mapped, layout, opened.lengths)
            unsafe file = unsafe mapped
        } catch let damage {
            unsafe MappedFile.unmap(mapped)
            throw Self.error(path, damage)
        }
    }

    deinit {
        unsafe codes.deallocate()
        unsafe MappedFile.unmap(file)
    }

    /// The length of a document in terms.
    public func length(of ordinal: Int) -> Int {
        precondition(ordinal >= 0 && ordinal < documentCount, "ordinal out of range")
        return unsafe distinctLengths[Int(codes[ordinal])]
    }

    /// The error for damage found in this file.
    func error(_ damage: Damage) -> AssayError { Self.error(path, damage) }

    private static func error(_ path: String, _ damage: Damage) -> AssayError {
        AssayError(
            "index.damaged",
            "the keyword index \(path) is damaged: \(damage.text)",
            remedy: "build the index again"
        )
    }

    private static func read(
        _ file: UnsafeRawBufferPointer
    ) throws(Damage) -> (layout: IndexLayout, checksum: UInt64, identity: String, lengths: [Int]) {
        guard file.count >= IndexLayout.headerBytes else { throw Damage("it has \(file.count) bytes") }
        let header = (0..<IndexLayout.headerBytes / 8).map {
            unsafe file.load(fromByteOffset: $0 * 8, as: UInt64.self)
        }
        let (layout, checksum) = try IndexLayout.parse(header)
        guard file.count == layout.fileBytes else {
            throw Damage("it has \(file.count) bytes, its header says \(layout.fileBytes)")
        }
        let identity = unsafe String(
            decoding: file[layout.identityStart..<layout.identityStart + layout.identityBytes],
            as: UTF8.self
        )
        let lengths = (0..<layout.distinctLengths).map {
            unsafe Int(file.load(fromByteOffset: layout.lengthsStart + $0 * 4, as: UInt32.self))
        }
        guard zip(lengths, lengths.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw Damage("lengths are out of order")
        }
        return (layout, checksum, identity, lengths)
    }

    /// A checked copy of the length codes, so that no later change of the file can lead a search astray.
    private static func codes(
        _ file: UnsafeRawBufferPointer,
        _ layout: IndexLayout,
        _ lengths: [Int]
    ) throws(Damage) -> UnsafeMutablePointer<UInt16> {
        let padded = layout.windows * IndexLayout.window
        let codes = UnsafeMutablePointer<UInt16>.allocate(capacity: max(1, padded))
        unsafe codes.initialize(repeating: 0, count: padded)
        var largest = 0
        var total = 0
        for ordinal in 0..<layout.documents {
            let code = unsafe file.load(fromByteOffset: layout.codesStart + ordinal * 2, as: UInt16.self)
            unsafe codes[ordinal] = code
            largest = max(largest, Int(code))
            if Int(code) < lengths.count { total += lengths[Int(code)] }
        }
        guard layout.documents == 0 || largest < lengths.count, total == layout.totalLength else {
            unsafe codes.deallocate()
            throw Damage("document lengths don't add up")
        }
        return unsafe codes
    }
}

// MARK: sections

extension InvertedIndexSegment {
    /// Numbers from the start of a section; the caller keeps within its size.
    func section<T>(_ start: Int, of type: T.Type) -> UnsafePointer<T> {
        guard let base = unsafe file.baseAddress else { preconditionFailure("an index file is never empty") }
        return unsafe (base + start).assumingMemoryBound(to: T.self)
    }

    /// All bytes after the header.
    var body: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(rebasing: file[IndexLayout.headerBytes...]) }

    /// The bytes of a term.
    func bytes(ofTerm term: Int) throws(Damage) -> UnsafeBufferPointer<UInt8> {
        let offsets = unsafe section(layout.offsetsStart, of: UInt32.self)
        let start = Int(unsafe offsets[term])
        let end = Int(unsafe offsets[term + 1])
        guard start <= end, end <= layout.termBytes else { throw Damage("a term lies outside its table") }
        return unsafe UnsafeBufferPointer(start: section(layout.bytesStart, of: UInt8.self) + start, count: end - start)
    }

    /// The number of a term, nil when no document has it.
    func find(_ term: UnsafeBufferPointer<UInt8>) throws(Damage) -> Int? {
        let prefixes = unsafe section(layout.prefixesStart, of: UInt64.self)
        let prefix = unsafe TermPrefix.of(term)
        var low = 0
        var high = layout.terms
        while low < high {
            let middle = (low + high) / 2
            let found = unsafe prefixes[middle]
            let isBefore: Bool
            if found == prefix {
                isBefore = try unsafe bytes(ofTerm: middle).lexicographicallyPrecedes(term)
            } else {
                isBefore = found < prefix
            }
            if isBefore { low = middle + 1 } else { high = middle }
        }
        guard low < layout.terms, try unsafe bytes(ofTerm: low).elementsEqual(term) else { return nil }
        return low
    }

    /// The lists of a term.
    func lists(ofTerm term: Int) throws(Damage) -> TermLists {
        let records = unsafe section(layout.recordsStart, of: TermRecord.self)
        let (start, end) = unsafe (records[term], records[term + 1])
        guard start.postings <= end.postings, end.postings <= layout.postings, start.entries <= end.entries,
            end.entries <= layout.entries, start.largeCounts <= end.largeCounts, end.largeCounts <= layout.largeCounts,
            end.postings - start.postings <= layout.documents
        else { throw Damage("a list lies outside its table") }
        return unsafe TermLists(
            postings: UnsafeBufferPointer(
                start: section(layout.postingsStart, of: UInt16.self) + Int(start.postings),
                count: Int(end.postings - start.postings)
            ),
            entries: UnsafeBufferPointer(
                start: section(layout.entriesStart, of: WindowEntry.self) + Int(start.entries),
                count: Int(end.entries - start.entries)
            ),
            large: UnsafeBufferPointer(
                start: section(layout.largeStart, of: LargeCount.self) + Int(start.largeCounts),
                count: Int(end.largeCounts - start.largeCounts)
            )
        )
    }
}

/// The lists of one term in a segment.
@unsafe struct TermLists {
    var postings: UnsafeBufferPointer<UInt16>
    var entries: UnsafeBufferPointer<WindowEntry>
    var large: UnsafeBufferPointer<LargeCount>

    /// Where the postings of an entry start and end; entries are checked as they are read.
    @inline(__always)
    func range(of entry: Int) throws(Damage) -> Range<Int> {
        let start = entry == 0 ? 0 : Int(unsafe entries[entry &- 1].end)
        let end = Int(unsafe entries[entry].end)
        guard start < end, unsafe end <= postings.count else { throw Damage("a window lies outside its list") }
        return start..<end
    }
}

/// A whole file in memory.
enum MappedFile {
    static func map(_ path: String) throws -> UnsafeRawBufferPointer {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw AssayError("index.missing", "cannot open the keyword index \(path): \(systemMessage(errno))")
        }
        defer { close(file) }
        let size = Int(lseek(file, 0, SEEK_END))
        guard size > 0 else { throw AssayError("index.damaged", "the keyword index \(path) is empty") }
        guard let address = unsafe mmap(nil, size, PROT_READ, MAP_SHARED, file, 0), unsafe address != MAP_FAILED else {
            throw AssayError("index.missing", "cannot map the keyword index \(path): \(systemMessage(errno))")
        }
        return unsafe UnsafeRawBufferPointer(start: address, count: size)
    }

    static func unmap(_ file: UnsafeRawBufferPointer) {
        guard let address = file.baseAddress else { return }
        unsafe munmap(UnsafeMutableRawPointer(mutating: address), file.count)
    }
}
