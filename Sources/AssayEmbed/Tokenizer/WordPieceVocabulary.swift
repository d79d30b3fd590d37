import AssayModel

/// The tokens of a `vocab.txt`, found by their bytes.
struct WordPieceVocabulary: Sendable {
    /// Tokens that begin a word.
    let beginnings: TokenTable
    /// Tokens that continue one, without their `##`.
    let continuations: TokenTable
    /// Number of lines; ids are below it.
    let count: Int
    /// SHA-256 of the file.
    let digest: String
    /// Ids of the special tokens.
    let unknown: UInt32
    let start: UInt32
    let end: UInt32
    /// Special tokens that HuggingFace recognises when a text spells them out, with their bytes.
    let spelled: [(bytes: [UInt8], id: UInt32)]

    private static let tokenLimit = 4_000_000

    /// Reads one token a line; the last of equal lines counts.
    ///
    /// - Parameter path: The file, at most 64 MiB.
    /// - Throws: `AssayError` "model.vocabulary" when it is missing, too large or without the special tokens.
    init(_ path: String) throws {
        let file = try MappedFile(path, limit: 64 << 20)
        var lines: [[UInt8]] = unsafe file.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { unsafe Array($0) }
        if lines.last?.isEmpty == true { lines.removeLast() }
        guard lines.count <= Self.tokenLimit else {
            throw AssayError(
                "model.vocabulary",
                "\(path) has \(lines.count) tokens, at most \(Self.tokenLimit) are allowed"
            )
        }
        let mark = Array("##".utf8)
        var words: [(bytes: [UInt8], id: UInt32)] = []
        var parts: [(bytes: [UInt8], id: UInt32)] = []
        for (id, line) in lines.enumerated() {
            words.append((line, UInt32(id)))
            if line.starts(with: mark) { parts.append((Array(line.dropFirst(2)), UInt32(id))) }
        }
        beginnings = TokenTable(words)
        continuations = TokenTable(parts)
        count = lines.count
        digest = unsafe SHA256.hex(file.bytes)
        let table = beginnings
        func special(_ name: String) throws -> UInt32 {
            guard let id = table.id(of: Array(name.utf8)) else {
                throw AssayError("model.vocabulary", "\(path) has no token \(name)", remedy: "fetch the model again")
            }
            return id
        }
        unknown = try special("[UNK]")
        start = try special("[CLS]")
        end = try special("[SEP]")
        spelled = ["[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]"].compactMap { name in
            table.id(of: Array(name.utf8)).map { (Array(name.utf8), $0) }
        }
    }
}

/// An open-addressing hash table from byte strings to ids, made once.
///
/// The hash of every prefix of a word is a by-product of hashing the word, which is what longest-match-first needs.
struct TokenTable: Sendable {
    /// FNV-1a, 64 bits.
    static let seed: UInt64 = 0xcbf2_9ce4_8422_2325

    /// Bytes of the longest token.
    let longest: Int
    private let mask: Int
    // Tag (upper half of the hash) << 32 | index into `tokens` + 1; 0 is free.
    private let slots: [UInt64]
    private let ids: [UInt32]
    private let starts: [UInt32]
    private let bytes: [UInt8]

    /// Makes the table; the last of equal byte strings counts.
    init(_ tokens: [(bytes: [UInt8], id: UInt32)]) {
        var size = 16
        while size < tokens.count * 2 { size *= 2 }
        var slots = [UInt64](repeating: 0, count: size)
        var ids: [UInt32] = []
        var starts: [UInt32] = [0]
        var bytes: [UInt8] = []
        for token in tokens where !token.bytes.isEmpty {
            let hash = token.bytes.reduce(Self.seed) { Self.add($1, to: $0) }
            var slot = Self.slot(hash) & (size - 1)
            var known: Int?
            while slots[slot] != 0 {
                let index = Int(slots[slot] & 0xffff_ffff) - 1
                if bytes[Int(starts[index])..<Int(starts[index + 1])].elementsEqual(token.bytes) {
                    known = index
                    break
                }
                slot = (slot + 1) & (size - 1)
            }
            if let known {
                ids[known] = token.id
            } else {
                ids.append(token.id)
                bytes.append(contentsOf: token.bytes)
                starts.append(UInt32(bytes.count))
                slots[slot] = (hash >> 32) << 32 | UInt64(ids.count)
            }
        }
        self.slots = slots
        self.ids = ids
        self.starts = starts
        self.bytes = bytes
        mask = size - 1
        longest = tokens.map(\.bytes.count).max() ?? 0
    }

    /// The hash of a byte string from the hash of all but its last byte.
    @inline(__always)
    static func add(_ byte: UInt8, to hash: UInt64) -> UInt64 { (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }

    @inline(__always)
    private static func slot(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash ^ hash >> 29) }

    /// The id of `count` bytes at `word` whose hash is `hash`; nil when they are no token.
    @inline(__always)
    func id(of word: UnsafePointer<UInt8>, count: Int, hash: UInt64) -> UInt32? {
        let tag = hash >> 32
        var slot = Self.slot(hash) & mask
        while true {
            let found = slots[slot]
            if found == 0 { return nil }
            if found >> 32 == tag {
                let index = Int(found & 0xffff_ffff) - 1
                if unsafe isToken(index, word, count) { return ids[index] }
            }
            slot = (slot + 1) & mask
        }
    }

    /// The id of a byte string.
    func id(of word: [UInt8]) -> UInt32? {
        let hash = word.reduce(Self.seed) { Self.add($1, to: $0) }
        return unsafe word.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return nil }
            return unsafe id(of: base, count: buffer.count, hash: hash)
        }
    }

    @inline(__always)
    private func isToken(_ index: Int, _ word: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        let start = Int(starts[index])
        guard Int(starts[index + 1]) - start == count else { return false }
        for offset in 0..<count where unsafe word[offset] != bytes[start + offset] { return false }
        return true
    }
}
