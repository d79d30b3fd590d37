import AssayModel

/// The sizes of an index file, from which the place of every section follows.
///
/// The file is one header and nine sections in native (little-endian) byte order, each at a multiple of 64 bytes:
/// options identity · distinct lengths (UInt32) · length code of each document (UInt16) · first 8 bytes of each term, big-endian as
/// number (UInt64) · start of each term's bytes (UInt32, one more than terms) · bytes of the terms · `TermRecord` (one more than
/// terms) · `WindowEntry` · `LargeCount` · postings (UInt16).
///
/// Documents are taken in windows of 4096. A posting is `document in the window << 4 | occurrences`; 0 stands for more than 15
/// occurrences, which are among the large counts.
struct IndexLayout: Equatable {
    /// Documents of a window.
    static let window = 4_096
    /// Occurrences that a posting can hold.
    static let largestCount = 15
    static let magic: UInt64 = 0x3130_4b58_5945_5341  // "ASEYXK01" read as a little-endian number
    static let formatVersion: UInt64 = 1
    static let headerBytes = 128

    var identityBytes: Int
    var documents: Int
    var totalLength: Int
    var distinctLengths: Int
    var terms: Int
    var termBytes: Int
    var entries: Int
    var largeCounts: Int
    var postings: Int

    /// Numbers that any section may have, so that no sum below overflows.
    private static let limit = 1 << 40

    /// Why no file can have these sizes, nil when one can.
    var complaint: String? {
        let sizes = [
            identityBytes, documents, totalLength, distinctLengths, terms, termBytes, entries, largeCounts, postings,
        ]
        if sizes.contains(where: { $0 < 0 || $0 > Self.limit }) { return "a size is out of range" }
        if documents > Self.window << 16 { return "it claims \(documents) documents" }
        if distinctLengths > 1 << 16 || termBytes > Int(UInt32.max) { return "a table is too large" }
        if terms > Int(Int32.max) || entries > Int(UInt32.max) || largeCounts > Int(UInt32.max) {
            return "a table is too large"
        }
        if identityBytes > 1_024 { return "its options are too long" }
        return nil
    }

    var windows: Int { (documents + Self.window - 1) / Self.window }

    var identityStart: Int { Self.headerBytes }
    var lengthsStart: Int { Self.aligned(identityStart + identityBytes) }
    var codesStart: Int { Self.aligned(lengthsStart + distinctLengths * 4) }
    var prefixesStart: Int { Self.aligned(codesStart + documents * 2) }
    var offsetsStart: Int { Self.aligned(prefixesStart + terms * 8) }
    var bytesStart: Int { Self.aligned(offsetsStart + (terms + 1) * 4) }
    var recordsStart: Int { Self.aligned(bytesStart + termBytes) }
    var entriesStart: Int { Self.aligned(recordsStart + (terms + 1) * MemoryLayout<TermRecord>.stride) }
    var largeStart: Int { Self.aligned(entriesStart + entries * MemoryLayout<WindowEntry>.stride) }
    var postingsStart: Int { Self.aligned(largeStart + largeCounts * MemoryLayout<LargeCount>.stride) }
    var fileBytes: Int { Self.aligned(postingsStart + postings * 2) }

    static func aligned(_ position: Int) -> Int { (position + 63) & ~63 }

    /// The header: magic, version, sizes, checksum of the body, checksum of the header.
    func header(bodyChecksum: UInt64) -> [UInt64] {
        var words: [UInt64] = [Self.magic, Self.formatVersion]
        words += [
            identityBytes, documents, totalLength, distinctLengths, terms, termBytes, entries, largeCounts, postings,
        ].map { UInt64($0) }
        words.append(bodyChecksum)
        while words.count < Self.headerBytes / 8 - 1 { words.append(0) }
        words.append(Self.headerChecksum(words))
        return words
    }

    /// Reads what `header` gives.
    ///
    /// - Parameter words: The header.
    /// - Returns: The sizes and the checksum of the body.
    /// - Throws: A text that says what is wrong with it.
    static func parse(_ words: [UInt64]) throws(Damage) -> (layout: IndexLayout, bodyChecksum: UInt64) {
        guard words.count == headerBytes / 8, words[0] == magic else { throw Damage("it is not a keyword index") }
        guard words[1] == formatVersion else {
            throw Damage("it has format \(words[1]), this program reads format \(formatVersion)")
        }
        guard words[words.count - 1] == headerChecksum(Array(words.dropLast())) else {
            throw Damage("its header does not match its checksum")
        }
        let sizes = words[2...10].map { Int(truncatingIfNeeded: $0) }
        let layout = IndexLayout(
            identityBytes: sizes[0],
            documents: sizes[1],
            totalLength: sizes[2],
            distinctLengths: sizes[3],
            terms: sizes[4],
            termBytes: sizes[5],
            entries: sizes[6],
            largeCounts: sizes[7],
            postings: sizes[8]
        )
        if let complaint = layout.complaint { throw Damage(complaint) }
        return (layout, words[11])
    }

    private static func headerChecksum(_ words: [UInt64]) -> UInt64 {
        unsafe words.withUnsafeBytes { unsafe XXHash64.digest($0) }
    }
}

/// What is wrong with an index file.
struct Damage: Error {
    let text: String

    init(_ text: String) { self.text = text }
}

/// Where the lists of a term start; they end where those of the next term start.
struct TermRecord {
    var postings: UInt64
    var entries: UInt32
    var largeCounts: UInt32
}

/// The postings of a term in one window.
struct WindowEntry {
    /// Where they end, counted from the term's first posting.
    var end: UInt32
    var window: UInt16
    /// At least the largest number of occurrences; 255 stands for any number.
    var mostOccurrences: UInt8
    /// `LengthFloor` of the shortest document.
    var shortest: UInt8
}

/// More occurrences than a posting can hold.
struct LargeCount {
    var document: UInt32
    var occurrences: UInt32
}

/// Document lengths in a byte, rounded down: exact below 64, then 32 steps for each doubling.
enum LengthFloor {
    static func code(_ length: Int) -> UInt8 {
        if length < 64 { return UInt8(length) }
        let exponent = Int.bitWidth - length.leadingZeroBitCount - 6
        let code = 64 + (exponent - 1) * 32 + (length >> exponent) - 32
        return UInt8(min(code, 255))
    }

    /// The smallest length with this code.
    static func length(_ code: UInt8) -> Int {
        if code < 64 { return Int(code) }
        let exponent = (Int(code) - 64) / 32 + 1
        return ((Int(code) - 64) % 32 + 32) << exponent
    }
}
